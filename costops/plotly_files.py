"""Serves plotly.js out of the installed package, so that no copy of it lies in the repository."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import plotly
from django.contrib.staticfiles.finders import BaseFinder
from django.core.checks import CheckMessage
from django.core.checks import Error as CheckError
from django.core.files.storage import FileSystemStorage

SOURCE = Path(plotly.__file__).parent / "package_data"
FILE = "plotly.min.js"
PREFIX = "plotly"


class PlotlyFinder(BaseFinder):
    """Finds one file: static/plotly/plotly.min.js."""

    def __init__(self, app_names: Any = None, *args: Any, **kwargs: Any) -> None:
        self.storage = FileSystemStorage(location=SOURCE)
        self.storage.prefix = PREFIX  # type: ignore[attr-defined]

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        """Says at start when the package no longer brings the file."""
        if (SOURCE / FILE).is_file():
            return []
        return [CheckError(f"The installed plotly has no {FILE}; charts cannot be drawn.", id="costops.E001")]

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        """The file's place on disk; a list of one for `find_all`."""
        if path != f"{PREFIX}/{FILE}":
            return []
        place = str(SOURCE / FILE)
        return [place] if find_all else place

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, FileSystemStorage]]:
        """What collectstatic takes."""
        yield FILE, self.storage

"""Files of usage that come through a browser: small ones, read whole, and imported as the command imports any file."""

from __future__ import annotations

from collections.abc import Mapping as Terms
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from usage.domain.importing.mapping import MappingError, read_mapping
from usage.domain.importing.presets import PRESETS
from usage.domain.importing.rejects import Reject
from usage.domain.importing.run import Progress, Summary, import_file
from usage.domain.importing.source import SourceError
from usage.domain.importing.sources import format_of

MOST_BYTES: Final = 5 * 1024 * 1024
MOST_ROWS: Final = 20_000
SHOWN: Final = 20
FORMS: Final = ("csv", "jsonl")


class Upload(NamedTuple):
    """A file as it was chosen: its name and content, the known export that it is of, and what holds for every row."""

    name: str
    content: bytes
    preset: str
    constants: Terms[str, str]


class Looked(NamedTuple):
    """What became of a file, or would become, and the first of its lines that are no good."""

    summary: Summary
    rejects: list[Reject]


class NotTaken(ValueError):
    """The file cannot be imported so; the message says what to do."""


def bring(upload: Upload, zone: ZoneInfo, now: datetime, *, dry_run: bool) -> Looked:
    """Imports the file, or tells what that would do. The same file again adds nothing. Raises NotTaken.

    `zone` is that of times which name none, where the known export does not say another.
    """
    if len(upload.content) > MOST_BYTES:
        raise NotTaken(f"The file is larger than {MOST_BYTES // 1024**2} MB. Split it, or import it by the command.")
    form = _form(upload.name)
    preset = PRESETS.get(upload.preset)
    rejects: list[Reject] = []

    def on_reject(reject: Reject) -> None:
        if len(rejects) < SHOWN:
            rejects.append(reject)

    def on_progress(done: Progress) -> None:
        if dry_run and done.rows > MOST_ROWS:
            raise NotTaken(f"The file has more than {MOST_ROWS:,} rows. Split it, or import it by the command.")

    try:
        mapping = read_mapping(
            sets=[f"{name}={value}" for name, value in upload.constants.items() if value],
            preset=upload.preset or None,
            zone=ZoneInfo(preset.zone) if preset and preset.zone else zone,
        )
        with TemporaryDirectory() as folder:
            path = Path(folder) / f"upload.{form}"
            path.write_bytes(upload.content)
            summary = import_file(
                path, mapping, now, form=form, dry_run=dry_run, on_reject=on_reject, on_progress=on_progress
            )
    except (MappingError, SourceError) as error:
        raise NotTaken(str(error)) from None
    if not summary.rows:
        raise NotTaken("There are no rows in the file.")
    return Looked(summary, rejects)


def _form(name: str) -> str:
    wanted = "Choose a file of CSV (.csv) or JSON Lines (.jsonl). The command reads Parquet and .gz too."
    try:
        form = format_of(Path(name))
    except SourceError:
        raise NotTaken(wanted) from None
    if form not in FORMS or name.lower().endswith(".gz"):
        raise NotTaken(wanted)
    return form

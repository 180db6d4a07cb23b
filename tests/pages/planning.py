"""What the tests of plans share: someone at a browser who downloads the plan, brings one in, looks and applies."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from html import unescape
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from accounts.models import User
from budgets.models import PlanImport, PlanLine
from tests.factories import person
from tests.pages.reading import text_of


def written(rows: Iterable[Mapping[str, Any]], mark: str = ",") -> str:
    """Rows as CSV, with all columns that any of them has."""
    rows = [{name: str(cell) for name, cell in row.items()} for row in rows]
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, list(dict.fromkeys(name for row in rows for name in row)), delimiter=mark)
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


class Planner:
    """A person with the pages of plans."""

    def __init__(self, who: str | User = "finance") -> None:
        self.user = person(who) if isinstance(who, str) else who
        self.client = Client()
        self.client.force_login(self.user)
        self.address = ""

    def text(self, **query: str) -> str:
        """The plan as it is downloaded."""
        response = self.client.get("/budgets/plan.csv", query)
        assert response.status_code == 200
        return b"".join(response.streaming_content).decode("utf-8-sig")

    def rows(self, **query: str) -> list[dict[str, str]]:
        """The downloaded plan, row by row."""
        return list(csv.DictReader(io.StringIO(self.text(**query), newline="")))

    def send(self, content: str | bytes, name: str = "plan.csv") -> HttpResponse:
        """Brings in a file; the answer to that."""
        content = content.encode() if isinstance(content, str) else content
        return self.client.post("/budgets/import/", {"file": SimpleUploadedFile(name, content), "pasted": ""})

    def paste(self, text: str) -> HttpResponse:
        """Pastes cells; the answer to that."""
        return self.client.post("/budgets/import/", {"pasted": text})

    def show(self, content: str | bytes | Sequence[Mapping[str, Any]], pasted: bool = False) -> HttpResponse:
        """Brings in a plan; the page of what it would change."""
        text = content if isinstance(content, str | bytes) else written(content)
        answer = self.paste(text) if pasted and isinstance(text, str) else self.send(text)
        assert answer.status_code == 302, text_of(answer)
        self.address = answer["Location"]
        return self.client.get(self.address)

    def look(self, **query: Any) -> HttpResponse:
        """The page of the plan that was brought in last."""
        return self.client.get(self.address, query)

    def apply(self, reason: str = "") -> str:
        """Applies it; the words of the page after that."""
        answer = self.client.post(f"{self.address}apply/", {"reason": reason}, follow=True)
        assert answer.status_code == 200
        return text_of(answer)

    def do(self, content: str | bytes | Sequence[Mapping[str, Any]], reason: str = "") -> str:
        """Brings in a plan and applies it."""
        self.show(content)
        return self.apply(reason)

    @property
    def kept(self) -> PlanImport:
        """The plan that was brought in last."""
        return PlanImport.objects.get(pk=self.address.split("/")[-2])

    def lines(self) -> list[PlanLine]:
        """Its lines."""
        return list(self.kept.lines.order_by("line"))

    def kinds(self) -> list[list[str]]:
        """What each line was shown to do."""
        return [line.kinds for line in self.lines()]

    def problems(self) -> dict[int, list[list[str]]]:
        """What was told of lines that must be corrected: pairs of column and sentence."""
        return {line.line: line.problems for line in self.lines() if line.problems}


def words(page: HttpResponse) -> str:
    """The words of a page."""
    return unescape(text_of(page))

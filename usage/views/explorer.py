"""The explorer: usage ranked by one or two labels, its course, and a way from each row into what it is made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render

from usage.charts import Layer, amount_in_words, bars_of, layers_of, stacked
from usage.compared import Compared, compared
from usage.domain.ranking import Ranked, Ranking, all_ranked, course, ranking
from usage.domain.saved_views import saved_by
from usage.domain.selection import Selection
from usage.exploring import MEASURES, NONE, RANGES, Days, Question
from usage.rules import may_import
from usage.views.asked import Asked, answers, of_none, words_of
from usage.views.filtering import with_filter
from wire.calendar import MONTH, present
from wire.csv_files import csv_answer
from wire.looking import Look
from wire.queries import id_in
from wire.templatetags.moments import days_and_hour
from wire.templatetags.money import cents_in

A_PAGE = 50
LAST_PAGE = 1_000_000  # beyond any list, and within what the database counts
SHOWN = 5  # layers of the chart, beside all others
LONG_TABLE = 31
#: What one asks next of a part of usage: the first of these that it is not cut by yet, but for the department of a
#: team, which has one.
NEXT = ("department", "team", "project", "model", "user", "environment", "provider")
COLUMNS = (
    ("cost", "Cost"),
    ("change", "Change"),
    ("requests", "Requests"),
    ("tokens", "Tokens"),
    ("per_request", "Per request"),
    ("per_million", "Per M tokens"),
)


@dataclass(frozen=True)
class Row:
    """A group as its row shows it: the words of its labels, how much it is of all, and where its words lead."""

    group: Ranked
    names: list[tuple[str, bool]]
    share: Decimal | None
    into: str
    calls: str

    @property
    def width(self) -> str:
        """The share as the width of a small bar."""
        return f"{min(max(self.share or Decimal(0), Decimal(0)), Decimal(1)) * 100:.1f}%"


@dataclass(frozen=True)
class Column:
    """A heading that sorts: its name, where it leads, and how the rows stand by it."""

    name: str
    address: str
    sorted: str
    key: str


@answers
def explorer(request: HttpRequest, asked: Asked) -> HttpResponse:
    """GET /usage/. Everything that is asked stands in the address: see `usage.exploring`."""
    if "filter" in request.GET:
        return redirect(request.path + with_filter(asked, request.GET["filter"], request.GET.get("is", "")))
    question = asked.question
    before = question.before(asked.now)
    number = min(max(id_in(request.GET.get("page")) or 1, 1), LAST_PAGE)
    found = _ranking(asked, number)
    if not found.rows and found.count:
        number = Paginator(range(found.count), A_PAGE).num_pages
        found = _ranking(asked, number)
    page = Paginator(range(found.count), A_PAGE).get_page(number)
    costs = [found.total.cost, *(row.cost for row in found.rows)]
    return render(
        request,
        "usage/explorer.html",
        {
            "section": "usage",
            "asked": asked,
            "question": question,
            "days": days_in_words(question.days),
            "compared": _compared(*before) if before else None,
            "rows": [_row(asked, group, found) for group in found.rows],
            "total": found.total,
            "page": page,
            "columns": _columns(question),
            "by": [words_of(label) for label in question.group_by] or ["All"],
            "cents": cents_in(costs),
            **asking(request, asked),
            "saved": saved_by(request.user),
            "may_import": may_import(request.user),
            **of_none(request, asked, found=bool(found.rows)),
            **_chart(asked, found, first=number == 1),
        },
    )


@answers
def export(request: HttpRequest, asked: Asked) -> HttpResponseBase:
    """GET /usage/export.csv: every row of the question, however many, with exact sums."""
    question = asked.question
    before = question.before(asked.now)
    rows = all_ranked(
        asked.seen,
        question.selection(),
        question.group_by,
        before=before[0] if before else None,
        order=question.order,
        rising=question.rising,
    )
    header = [*question.group_by, "cost", "requests", "requests_without_price", "input_tokens", "output_tokens"]
    header += ["cost_per_request", "cost_per_million_tokens", *(["cost_before", "requests_before"] if before else [])]

    def lines() -> Iterator[list[Any]]:
        for row in rows:
            known = not row.all_unpriced
            each = [row.cost if known else None, row.requests, row.unpriced, row.input_tokens, row.output_tokens]
            each += [_rounded(row.per_request), _rounded(row.per_million)] if known else [None, None]
            yield [*row.labels, *each, *([row.cost_before, row.requests_before] if before else [])]

    days = question.days
    return csv_answer(f"usage-{days.first}-to-{days.last}", header, lines())


def days_in_words(days: Days) -> str:
    """Days as people say them: "Mar 1 – 19", "March 2026"."""
    if days.stretch is not None and (days.first, days.last) == (days.stretch.first, days.stretch.last):
        return days.stretch.label
    return days_and_hour(days.starts, days.ends)


def _compared(selection: Selection, days: Days) -> Compared:
    whole = selection.end == days.ends
    return compared(days.starts, selection.end or days.ends, days_in_words(days) if whole else "")


def asking(request: HttpRequest, asked: Asked) -> dict[str, Any]:
    """What the forms and links need that turn the question into another."""
    question = asked.question
    first = question.days.first
    return {
        "look": Look(question.days.stretch or present(MONTH, asked.now), asked.now),
        "elsewhere": question.days.stretch is None,
        "ranges": [
            (words, question.address(days=Days(first, question.days.last, name)), name == question.days.name)
            for name, words in RANGES.items()
        ],
        "options": [(label, words_of(label)) for label in asked.labels],
        "hidden": _fields(question),
        "address": question.address(),
        "with_comparison": question.address(compared=True),
        "without_comparison": question.address(compared=False),
        "no_filters": question.address(labels={}, narrowed={}),
    }


def _fields(question: Question) -> list[tuple[str, str]]:
    """The question as fields of a form."""
    query = QueryDict(question.address().removeprefix("?"))
    return [(name, value) for name, values in query.lists() for value in values]


def _ranking(asked: Asked, number: int) -> Ranking:
    question = asked.question
    before = question.before(asked.now)
    return ranking(
        asked.seen,
        question.selection(),
        question.group_by,
        before=before[0] if before else None,
        order=question.order,
        rising=question.rising,
        offset=(number - 1) * A_PAGE,
        limit=A_PAGE,
    )


def _row(asked: Asked, group: Ranked, found: Ranking) -> Row:
    question = asked.question
    labels = dict(question.labels)
    for label, value in zip(question.group_by, group.labels, strict=True):
        labels[label] = (value or "",)
    cut = {name for name, values in labels.items() if len(values) == 1}
    if "team" in cut and labels["team"] != (NONE,):
        cut.add("department")
    further = next((label for label in NEXT if label not in cut), "model")
    names = [
        (value or f"no {words_of(label).lower()}", value is None)
        for label, value in zip(question.group_by, group.labels, strict=True)
    ]
    return Row(
        group,
        names or [("all usage", False)],
        found.share(group),
        question.address(labels=labels, group_by=(further,)),
        question.address(labels=labels),
    )


def _columns(question: Question) -> list[Column]:
    found = []
    for key, name in COLUMNS:
        if key == "change" and not question.compared:
            continue
        chosen = question.order == key
        rising = question.rising if chosen else True
        # The first click shows the most, the second the least.
        address = question.address(order=key, rising=not rising)
        found.append(Column(name, address, ("ascending" if question.rising else "descending") if chosen else "", key))
    return found


def _chart(asked: Asked, found: Ranking, *, first: bool) -> dict[str, Any]:
    """The course of the first label's five largest values, and of all others together."""
    question = asked.question
    label = question.group_by[0] if question.group_by else None
    counted = question.measure != "cost"
    largest: list[str | None] = []
    if label is not None:
        order = question.measure
        same = len(question.group_by) == 1 and (question.order, question.rising) == (order, False) and first
        top = found if same else ranking(asked.seen, question.selection(), [label], order=order, limit=SHOWN)
        largest = [row.labels[0] for row in top.rows[:SHOWN] if getattr(row, order)]
    sums = course(asked.seen, question.selection(), label, largest, question.interval, question.measure)
    bars = bars_of(question.days.first, question.days.last, question.interval)
    if label is None:
        names, other = ["All usage"], "Other"
        sums = {(start, 0): amount for (start, _), amount in sums.items()}
    else:
        names = [value or f"no {words_of(label).lower()}" for value in largest]
        other = "Other"
    layers = layers_of(sums, bars, question.interval, names, other)
    links = [
        "" if question.interval == "hour" else question.address(days=Days(bar.first, bar.last, "dates")) for bar in bars
    ]
    return {
        "figure": stacked(bars, layers, counted=counted, links=links) if layers else None,
        "layers": [(layer, amount_in_words(layer.total, counted=counted)) for layer in layers],
        "table": _table(bars, layers, links, counted=counted) if layers else [],
        "long_table": len(bars) > LONG_TABLE,
        "measures": [(name, question.address(measure=key), key == question.measure) for key, name in MEASURES.items()],
        "measure": MEASURES[question.measure],
        "chart_label": f"{MEASURES[question.measure]} per {question.interval}",
    }


def _table(bars: Any, layers: list[Layer], links: list[str], *, counted: bool) -> list[tuple[str, str, list[str], str]]:
    cents = None if counted else cents_in(layer.total for layer in layers)
    rows = []
    for number, bar in enumerate(bars):
        sums = [layer.sums[number] for layer in layers]
        texts = [amount_in_words(amount, counted=counted, cents=cents) for amount in sums]
        total = amount_in_words(sum(sums, Decimal(0)), counted=counted, cents=cents)
        rows.append((bar.name, links[number], texts, total))
    return rows


def _rounded(amount: Decimal | None) -> Decimal | None:
    """An average to the ten decimals that costs have."""
    return None if amount is None else round(amount, 10)

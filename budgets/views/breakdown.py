"""What a budget's period was spent on, by one label at a time, and why it changed against the period before."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from budgets.domain.before import Before, before
from budgets.domain.charged import charged_to
from budgets.domain.course import last_day
from budgets.domain.status import Status
from budgets.domain.tree import schedule_of
from usage.compared import Compared, compared
from usage.domain.effects import Effects, effects
from usage.domain.ranking import Ranked, Ranking, by_one, ranking
from usage.domain.selection import Selection
from usage.domain.visibility import everything
from usage.exploring import Days, Question
from wire.days import day_of
from wire.templatetags.money import cents_in

LABELS = {"model": "Model", "team": "Team", "project": "Project", "user": "User"}
ROWS = 6
CULPRITS = 4


@dataclass(frozen=True)
class Row:
    """A part of the spend as its row shows it."""

    name: str
    absent: bool
    group: Ranked
    share: Decimal | None
    address: str

    @property
    def width(self) -> str:
        """The share as the width of a small bar."""
        return f"{min(self.share or Decimal(0), Decimal(1)) * 100:.1f}%"


def breakdown(request: HttpRequest, status: Status) -> dict[str, Any]:
    """The largest values of the label that the address asks for with `of`, and the effects behind the change.

    Whoever sees a budget sees all usage that it is charged for, whatever it came through.
    """
    label = request.GET.get("of", "")
    label = label if label in LABELS else "model"
    seen = everything().part(charged_to([status.budget.pk]))
    selection, past = Selection(status.period.starts, status.period.ends), before(status)
    other = Selection(past.period.starts, past.until) if past else None
    models = ranking(seen, selection, ["provider", "model"], before=other, limit=None) if other else None
    if models and label == "model":
        found = by_one(models, 1, ROWS)
    else:
        found = ranking(seen, selection, [label], before=other, limit=ROWS)
    question = Question(_days(status), (label,), narrowed={"budget": str(status.budget.pk)})
    rows = [
        Row(
            row.labels[0] or f"no {label}",
            row.labels[0] is None,
            row,
            found.share(row),
            reverse("usage:explorer")
            + question.address(labels={label: (row.labels[0] or "",)}, group_by=(_next(label),)),
        )
        for row in found.rows
    ]
    rest = found.total.cost - sum((row.cost for row in found.rows), Decimal(0))
    return {
        "of": label,
        "of_words": LABELS[label],
        "labels": list(LABELS.items()),
        "parts_of": rows,
        "rest_of": (found.count - len(rows), rest),
        "whole": found.total,
        "part_cents": cents_in([found.total.cost, *(row.group.cost for row in rows)]),
        "explore": reverse("usage:explorer") + question.address(),
        "compared": _compared(status, past) if past else None,
        "why": _why(models) if models else None,
    }


def _why(found: Ranking) -> dict[str, Any] | None:
    """The effects, each with the width of its bar, and the models that did the most."""
    parts = effects(found.rows)
    if parts is None or not found.total.cost_before:
        return None
    most = max(abs(parts.volume), abs(parts.mix), abs(parts.price), abs(parts.without_tokens), Decimal("0.01"))
    named = [
        ("Volume", "more or fewer tokens", parts.volume),
        ("Mix", "between dearer and cheaper models", parts.mix),
        ("Price", "what a token of the same model costs", parts.price),
    ]
    if parts.without_tokens:
        named.append(("Without tokens", "calls that report a cost alone", parts.without_tokens))
    return {
        "total": found.total,
        "cents": cents_in([found.total.cost, found.total.cost_before]),
        "parts": [(name, about, sum_, _bar(sum_, most)) for name, about, sum_ in named],
        "models": _culprits(parts),
    }


def _culprits(parts: Effects) -> list[Any]:
    return [effect for effect in parts.models[:CULPRITS] if effect.change]


def _bar(amount: Decimal, most: Decimal) -> dict[str, str]:
    """A bar to the right of the middle for more, to its left for less."""
    width = abs(amount) / most * 50
    return {"x": f"{50 - width if amount < 0 else 50:.2f}%", "width": f"{width:.2f}%"}


def _days(status: Status) -> Days:
    first = day_of(status.period.starts, settings.COSTOPS_ZONE)
    return Days(first, last_day(status.period), "dates")


def _next(label: str) -> str:
    return {"model": "team", "team": "project", "project": "model", "user": "model"}[label]


def _compared(status: Status, past: Before) -> Compared:
    name = schedule_of(status.budget).label(past.period) if past.is_whole else ""
    return compared(past.period.starts, past.until, name)

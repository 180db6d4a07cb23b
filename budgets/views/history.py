"""The history of a budget in words: who changed what, when and why, before and after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from itertools import groupby
from typing import Any, NamedTuple

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import User
from budgets.bars import whole_percent
from budgets.domain.history import holds_for_all_history
from budgets.domain.scopes import describe
from budgets.domain.sharing import Shift, shifts_of
from budgets.models import Budget, BudgetChange
from budgets.words import anchor_words
from wire.templatetags.moments import short_day
from wire.templatetags.money import agreed

TITLES = {
    "created": "Created",
    "amount": "Limit changed",
    "scope": "Scope changed",
    "moved": "Moved",
    "archived": "Archived",
    "restored": "Brought back",
    "shared": "Sharing changed",
    "edited": "Edited",
}
NAMES = {
    "name": "Name",
    "amount": "Limit",
    "period": "Period",
    "anchor": "Begins",
    "starts_on": "First day",
    "ends_on": "Last day",
    "scope": "For",
    "owner": "Owner",
    "rollover": "Carries over",
    "over_allocation": "Over-allocation",
    "amounts": "Planned limits",
    "parent": "Under",
    "thresholds": "Thresholds",
}
PARTS = ("restored", "amount", "scope", "moved", "edited")  # of what one save may change, in the order of reading
NONE = "none"
HIDDEN = "a budget that is not shared with you"
SHIFTS = 20
SHOWN, A_PAGE = 10, 50


class Line(NamedTuple):
    """One field of a change. `before` is empty where there was nothing before; `since` says from when on it holds, if
    that is not when it was made.
    """

    name: str
    before: str
    after: str
    since: str = ""


@dataclass(frozen=True)
class Change:
    """One change as the page shows it: who, when and why are those of `row`."""

    row: BudgetChange
    title: str
    lines: list[Line]


def history_of(request: HttpRequest, budget: Budget) -> dict[str, Any]:
    """The latest changes of a budget in words, what one save changed as one, or a page of all of them; names of budgets
    above are those that the reader may see.
    """
    user, unfolded = request.user, request.GET.get("all") == "history"
    saved_at = budget.changes.order_by("-at").values_list("at", flat=True).distinct()
    page = Paginator(saved_at, A_PAGE).get_page(request.GET.get("page")) if unfolded else None
    rows = list(budget.changes.filter(at__in=page.object_list if page else saved_at[: SHOWN + 1]))
    instants = sorted({row.at for row in rows}, reverse=True)
    if more := page is None and len(instants) > SHOWN:
        rows = [row for row in rows if row.at > instants[SHOWN]]
    parents = {pk for row in rows for pk in (row.before.get("parent"), row.after.get("parent")) if pk}
    names = dict(Budget.objects.visible_to(user).filter(pk__in=parents).values_list("pk", "name"))
    shifts = {row.pk: shifts_of(row.before, row.after) for row in rows if row.what == "shared"}
    addresses = {shift.user for found in shifts.values() for shift in found if shift.user}
    people = dict(User.objects.filter(email__in=addresses).exclude(name="").values_list("email", "name"))
    changes = [
        _sharing_change(row, shifts[row.pk], people) if row.what == "shared" else _change(row, names) for row in rows
    ]
    saves = [_as_one(list(parts)) for _, parts in groupby(changes, key=_save_of)]
    return {"history": saves, "history_page": page, "more_history": more}


def change_of(row: BudgetChange, budgets: QuerySet[Budget]) -> Change:
    """One change in words; names of budgets above are those that are among `budgets`."""
    people: dict[str, str] = {}
    if row.what == "shared":
        return _sharing_change(row, shifts_of(row.before, row.after), people)
    parents = {pk for pk in (row.before.get("parent"), row.after.get("parent")) if pk}
    return _change(row, dict(budgets.filter(pk__in=parents).values_list("pk", "name")))


def _save_of(change: Change) -> tuple[Any, ...]:
    """What the parts of one save have in common; what is no edit is a change of its own."""
    row = change.row
    return (row.at, row.by_id, row.reason) if row.what in PARTS else (row.pk,)


def _as_one(parts: Sequence[Change]) -> Change:
    """The parts of one save, which come latest first, under one title: "Limit and scope changed, moved"."""
    if len(parts) == 1:
        return parts[0]
    parts = sorted(parts, key=lambda part: PARTS.index(part.row.what))
    titles = ", ".join(dict.fromkeys(part.title for part in parts)).replace(" changed, Scope", " and scope")
    lines = [line for part in parts for line in part.lines]
    return Change(parts[0].row, titles.capitalize(), lines)


def _sharing_change(row: BudgetChange, shifts: Sequence[Shift], people: Mapping[str, str]) -> Change:
    """Who was given what, and from whom what was taken; names are those that people have now."""
    lines = []
    for shift in shifts:
        who = f"{people[shift.user]}, {shift.user}" if shift.user in people else shift.user or f"group {shift.group}"
        for verb, rights in (("Given to", shift.given), ("Taken from", shift.taken)):
            if rights:
                lines.append(Line(f"{verb} {who}", "", ", ".join(rights)))
    if len(lines) > SHIFTS:
        lines[SHIFTS:] = [Line("And", "", f"{len(lines) - SHIFTS} more like these")]
    return Change(row, TITLES["shared"], lines)


def _change(row: BudgetChange, names: dict[int, str]) -> Change:
    # What is the same as before was made to hold for the past too.
    again = row.before == row.after
    lines, since = [], _since(row)
    for field, title in NAMES.items():
        if field not in row.after or row.what in ("archived", "restored"):
            continue
        before = words_of(field, row.before[field], row.before, names) if field in row.before else ""
        after = words_of(field, row.after[field], row.after, names)
        plain = row.what == "created" and (field == "name" or _is_plain(field, row.after[field]))
        if (again or before != after) and not plain:
            lines.append(Line(title, "" if again else before, after, since))
    return Change(row, TITLES.get(row.what, row.what), lines)


def _since(row: BudgetChange) -> str:
    if holds_for_all_history(row):
        return "for all history"
    if row.what not in ("scope", "moved") or row.effective_from is None:
        return ""
    return f"from {short_day(timezone.localtime(row.effective_from).date())} on"


def _is_plain(field: str, value: Any) -> bool:
    """What a new budget has unless someone asked for something else."""
    return not value or (field == "over_allocation" and value == "show")


def words_of(field: str, value: Any, fields: Mapping[str, Any], names: Mapping[int, str]) -> str:
    """A field's value, as the history keeps it, in words; `fields` are those kept with it, `names` those of budgets."""
    if field == "parent":
        return names.get(value, HIDDEN) if value else "the top"
    if field == "scope":
        return describe(value)
    if field == "thresholds":
        return ", ".join(whole_percent(Decimal(item["threshold"])) for item in value) or NONE
    if field == "amounts":
        return ", ".join(f"{_day(day)}: {_money(amount)}" for day, amount in value.items()) or NONE
    if field == "amount":
        return _money(value)
    if field == "rollover":
        return "yes" if value else "no"
    if field == "over_allocation":
        return "is refused" if value == "refuse" else "is shown"
    if field in ("starts_on", "ends_on"):
        return _day(value) if value else "open"
    if field == "anchor" and value:
        return anchor_words(value, fields.get("period", ""))
    return str(value) if value not in (None, "") else NONE


def _day(text: str) -> str:
    return short_day(date.fromisoformat(text))


def _money(text: str) -> str:
    try:
        return agreed(Decimal(text))
    except InvalidOperation:
        return text

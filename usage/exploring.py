"""The explorer's question as its address says it: labels to group by, filters, days, comparison, order.

The address is all there is: it can be sent, saved under a name, and turned into that of another question by clicking.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.http import QueryDict

from usage.domain.ranking import ORDERS
from usage.domain.selection import DIMENSIONS, TAG, Selection
from usage.domain.visibility import Narrowing, Part, narrowings
from wire.calendar import KINDS, MONTH, Stretch, as_far, present, read
from wire.days import ONE_DAY, day_begins, day_of
from wire.fields import unknown_name
from wire.parsing import is_unstorable

MOST_GROUPS = 2
MOST_VALUES = 50
RANGES = {"7d": "7 days", "30d": "30 days", "90d": "90 days", "365d": "365 days"}
LENGTHS = {name: int(words.split()[0]) for name, words in RANGES.items()}
MEASURES = {"cost": "Cost", "requests": "Requests", "tokens": "Tokens"}
NONE = ""
PARAMETERS = (
    *("by", "period", "range", "from", "to", "compare", "sort", "measure", "page"),
    *("filter", "is", "after", "before"),
)
CHOICES = {"range": (*RANGES, *KINDS), "compare": ("none", "before"), "sort": tuple(ORDERS), "measure": tuple(MEASURES)}
#: Days from which on the chart is drawn by the week, the month or the year.
WEEKLY, MONTHLY, YEARLY = 120, 400, 4_000
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2999, 12, 31)


class Unanswerable(ValueError):
    """The address asks for what there is not; the message says what to write instead."""


@dataclass(frozen=True)
class Days:
    """The days that are looked at, both included, as the address names them: a range back from today, a stretch of the
    company's calendar, or two dates.
    """

    first: date
    last: date
    name: str
    stretch: Stretch | None = None

    @property
    def count(self) -> int:
        """How many days these are."""
        return (self.last - self.first).days + 1

    @property
    def starts(self) -> datetime:
        """Their first instant."""
        return day_begins(self.first, settings.COSTOPS_ZONE)

    @property
    def ends(self) -> datetime:
        """The first instant after them."""
        return day_begins(self.last + ONE_DAY, settings.COSTOPS_ZONE)


@dataclass(frozen=True)
class Question:
    """What is asked of usage. `narrowed` holds what is no label, as a budget's id, by the parameter's name."""

    days: Days
    group_by: tuple[str, ...] = ("model",)
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    narrowed: Mapping[str, str] = field(default_factory=dict)
    compared: bool = True
    order: str = "cost"
    rising: bool = False
    measure: str = "cost"

    def selection(self) -> Selection:
        """The usage that is asked for."""
        return Selection(self.days.starts, self.days.ends, self.labels)

    def before(self, now: datetime) -> tuple[Selection, Days] | None:
        """The usage to compare with and its days: those before, as far as these have come."""
        if not self.compared or self.days.starts > now:
            return None
        days = days_before(self.days, day_of(now, settings.COSTOPS_ZONE))
        under_way = now < self.days.ends
        ends = as_far(self.days.starts, days.starts, now, days.ends) if under_way else days.ends
        return Selection(days.starts, ends, self.labels), days

    def address(self, **changes: Any) -> str:
        """The query of the same question with other fields; "?" for the plainest of all."""
        other = replace(self, **changes)
        query = QueryDict(mutable=True)
        query.update(_of_days(other.days))
        query.setlist("by", [] if other.group_by == ("model",) else list(other.group_by) or [NONE])
        for name, value in other.narrowed.items():
            query[name] = value
        for label, values in other.labels.items():
            query.setlist(label, list(values))
        if not other.compared:
            query["compare"] = "none"
        if (other.order, other.rising) != ("cost", False):
            query["sort"] = f"{'' if other.rising else '-'}{other.order}"
        if other.measure != "cost":
            query["measure"] = other.measure
        for name in [name for name in query if not query.getlist(name)]:
            del query[name]
        return f"?{query.urlencode(safe=':')}"

    def only(self, label: str, value: str | None) -> dict[str, tuple[str, ...]]:
        """Its filters with one more: this value of this label alone."""
        return {**self.labels, label: (value or NONE,)}

    def without(self, label: str, value: str | None = None) -> dict[str, tuple[str, ...]]:
        """Its filters without a value of a label, or without the label."""
        left = tuple(kept for kept in self.labels.get(label, ()) if value is not None and kept != value)
        rest = {name: values for name, values in self.labels.items() if name != label}
        return {**rest, label: left} if left else rest

    def but_for(self, label: str) -> Question:
        """The question without its filters on a label."""
        return replace(self, labels=self.without(label))

    @property
    def interval(self) -> str:
        """How the chart cuts time."""
        if self.days.count > YEARLY:
            return "year"
        if self.days.count == 1:
            return "hour"
        return "month" if self.days.count > MONTHLY else "week" if self.days.count > WEEKLY else "day"


def read_question(query: QueryDict, tag_keys: Iterable[str], now: datetime) -> Question:
    """The question of an address. Raises Unanswerable; parameters that are none of the explorer's are left alone."""
    if any(is_unstorable(value) for name, values in query.lists() for value in (name, *values)):
        raise Unanswerable("A NUL character matches nothing. Leave it out.")
    kept = set(tag_keys)
    for name in query:
        _check_parameter(name)
    for name, known in CHOICES.items():
        if query.get(name) and str(query[name]).removeprefix("-" if name == "sort" else "") not in known:
            raise Unanswerable(f"{str(query[name])[:60]!r} is no {name}. Choose one of {', '.join(known)}.")
    group_by = tuple(dict.fromkeys(name for name in query.getlist("by") if name)) if "by" in query else ("model",)
    labels: dict[str, tuple[str, ...]] = {}
    for name in query:
        if name in DIMENSIONS or name.startswith(TAG):
            labels[name] = tuple(dict.fromkeys(query.getlist(name)))
    for name in (*group_by, *labels):
        _check_label(name, kept)
    if len(group_by) > MOST_GROUPS:
        raise Unanswerable(f"Group by one or {MOST_GROUPS} labels, not {len(group_by)}.")
    if any(len(values) > MOST_VALUES for values in labels.values()):
        raise Unanswerable(f"Choose up to {MOST_VALUES} values of a label.")
    sort = query.get("sort", "-cost")
    order = sort.removeprefix("-")
    return Question(
        days=_days(query, now),
        group_by=group_by,
        labels=labels,
        narrowed={name: str(query[name]) for name in narrowings() if query.get(name)},
        compared=query.get("compare") != "none",
        order=order if order in ORDERS else "cost",
        rising=not sort.startswith("-") if order in ORDERS else False,
        measure=str(query["measure"]) if query.get("measure") in MEASURES else "cost",
    )


def narrow(question: Question, user: Any) -> list[tuple[str, str, Part]] | None:
    """The parts of usage that the question is kept to, each with its parameter and name; None where one is unseen."""
    found = []
    ways: dict[str, Narrowing] = narrowings()
    for name, text in question.narrowed.items():
        part = ways[name](user, text)
        if part is None:
            return None
        found.append((name, *part))
    return found


def days_before(days: Days, today: date) -> Days:
    """The days before these, as many as of these have begun; of a stretch of the calendar those of the one before."""
    begun = min(days.count, max((today - days.first).days + 1, 1))
    first = days.stretch.moved(-1).first if days.stretch else days.first - timedelta(days=days.count)
    last = first + timedelta(days=begun - 1)
    if days.stretch:
        last = days.first - ONE_DAY if begun == days.count else min(last, days.first - ONE_DAY)
    return Days(first, last, "")


def _check_parameter(name: str) -> None:
    known = [*PARAMETERS, *narrowings(), *DIMENSIONS]
    if name not in known and not name.startswith(TAG):
        raise Unanswerable(f"{name[:60]!r}: {unknown_name(name, [*known, 'tag:KEY'], 'filter')}")


def _check_label(name: str, tag_keys: set[str]) -> None:
    if name in DIMENSIONS or (name.startswith(TAG) and name.removeprefix(TAG) in tag_keys):
        return
    if name.startswith(TAG):
        raise Unanswerable(
            f"The tag {name.removeprefix(TAG)[:60]!r} is not kept by the day. Name it in a budget’s scope first."
        )
    raise Unanswerable(f"{name[:60]!r} is no label. Choose one of {', '.join(DIMENSIONS)} or tag:KEY.")


def _days(query: QueryDict, now: datetime) -> Days:
    today = day_of(now, settings.COSTOPS_ZONE)
    name = query.get("range", "")
    if name in KINDS:
        stretch = present(name, now)
        return Days(stretch.first, stretch.last, name, stretch)
    if name in RANGES:
        return Days(today - timedelta(days=LENGTHS[name] - 1), today, name)
    if query.get("from") or query.get("to"):
        first = _date(query, "from", today) if query.get("from") else None
        last = _date(query, "to", today) if query.get("to") else max(first or today, today)
        first = first or last.replace(day=1)
        if last < first:
            raise Unanswerable(f"The last day, {last}, is before the first, {first}. Choose {first} or a later one.")
        return Days(first, last, "dates")
    chosen = read(query.get("period", "")) or present(MONTH, now)
    return Days(chosen.first, chosen.last, "period", chosen)


def _date(query: QueryDict, name: str, example: date) -> date:
    text = query.get(name, "")
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Unanswerable(f"{text[:40]!r} is no date. Write one such as {example}.") from None
    if not FIRST_DAY <= day <= LAST_DAY:
        raise Unanswerable(f"Choose days from {FIRST_DAY} to {LAST_DAY}.")
    return day


def _of_days(days: Days) -> dict[str, str]:
    if days.name in RANGES or days.name in KINDS:
        return {"range": days.name}
    if days.stretch is not None:
        return {"period": days.stretch.written}
    return {"from": days.first.isoformat(), "to": days.last.isoformat()}

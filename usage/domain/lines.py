"""The rows that a selection of usage is summed from: one for each day that counts whole, one for each other hour.

A day counts whole where it lies inside the selection and whoever looks sees all of it or nothing, label set by label
set; what is left of the selection is read by the hour. So a year costs a 24th, and no sum is another one for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.core.exceptions import EmptyResultSet
from django.db.models import F, Model, Q, QuerySet
from django.db.models.functions import TruncDate

from usage.domain.selection import TAG, Selection
from usage.domain.visibility import Seen
from wire.days import ONE_DAY, day_begins, day_of

SUMS = ("cost", "requests", "unpriced", "input_tokens", "cached_input_tokens", "output_tokens")


class Sql(NamedTuple):
    """A part of a statement with its values."""

    text: str
    values: tuple[Any, ...] = ()


class Between(NamedTuple):
    """Time from `start` on and before `end`; None is open."""

    start: datetime | None
    end: datetime | None


def by_day(seen: Seen, selection: Selection) -> Sql:
    """A query of rows (attribution_id, at, the sums); `at` is a day of the company's calendar. None is there twice."""
    zone = settings.COSTOPS_ZONE
    first, last, rest = _whole_days(selection)
    apart = {day_of(turn, zone) for turn in seen.turns}
    inside = sorted(day for day in apart if (first is None or day >= first) and (last is None or day < last))
    rest += [Between(day_begins(day, zone), day_begins(end, zone)) for day, end in _runs(inside)]
    days = selection.labelled(seen.days)
    if first is not None:
        days = days.filter(day__gte=first)
    if last is not None:
        days = days.filter(day__lt=last)
    if inside:
        days = days.exclude(day__in=inside)
    rows = [_compiled(days.annotate(at=F("day")))]
    if rest:
        hours = _within(selection.labelled(seen.hours), rest)
        rows.append(_compiled(hours.annotate(at=TruncDate("hour", tzinfo=zone))))
    return _together(rows, "date")


def by_hour(seen: Seen, selection: Selection) -> Sql:
    """The same by the hour; `at` is when it begins."""
    hours = _within(selection.labelled(seen.hours), [Between(selection.start, selection.end)])
    return _together([_compiled(hours.annotate(at=F("hour")))], "timestamptz")


def _whole_days(selection: Selection) -> tuple[date | None, date | None, list[Between]]:
    """The days that lie whole inside the selection, from the first on and before the last, and what is left of it."""
    zone, (start, end) = settings.COSTOPS_ZONE, (selection.start, selection.end)
    first = last = None
    if start is not None:
        first = day_of(start, zone)
        first += ONE_DAY if day_begins(first, zone) < start else timedelta(0)
    if end is not None:
        last = day_of(end, zone)
    if first is not None and last is not None and first > last:
        return first, first, [Between(start, end)]
    rest = []
    if start is not None and first is not None and start < day_begins(first, zone):
        rest.append(Between(start, day_begins(first, zone)))
    if end is not None and last is not None and day_begins(last, zone) < end:
        rest.append(Between(day_begins(last, zone), end))
    return first, last, rest


def _runs(days: Sequence[date]) -> list[tuple[date, date]]:
    """Sorted days as runs without a gap, each by its first day and the day after its last."""
    runs: list[tuple[date, date]] = []
    for day in days:
        if runs and runs[-1][1] == day:
            runs[-1] = (runs[-1][0], day + ONE_DAY)
        else:
            runs.append((day, day + ONE_DAY))
    return runs


def _within(hours: QuerySet[Any], spans: Sequence[Between]) -> QuerySet[Any]:
    within = Q(pk__in=[])
    for start, end in spans:
        one = Q()
        if start is not None:
            one &= Q(hour__gte=start)
        if end is not None:
            one &= Q(hour__lt=end)
        if not one:
            return hours
        within |= one
    return hours.filter(within)


def _compiled(rows: QuerySet[Model]) -> Sql | None:
    """The query as SQL; None where Django knows that it finds nothing."""
    try:
        text, values = rows.order_by().values_list("attribution_id", "at", *SUMS).query.sql_with_params()
    except EmptyResultSet:
        return None
    return Sql(text, tuple(values))


def _together(rows: Sequence[Sql | None], kind: str) -> Sql:
    found = [row for row in rows if row is not None]
    if not found:
        types = ", ".join([f"NULL::{kind}", "0::numeric", *["0::bigint"] * (len(SUMS) - 1)])
        return Sql(f"SELECT 0::bigint, {types} WHERE false")
    return Sql(" UNION ALL ".join(row.text for row in found), tuple(value for row in found for value in row.values))


def label_sql(label: str) -> Sql:
    """A dimension or a tag of the attribution `a`."""
    if label.startswith(TAG):
        return Sql("jsonb_extract_path_text(a.tags, %s)", (label.removeprefix(TAG),))
    return Sql("a.username" if label == "user" else f"a.{label}")


def named(rows: Sql, name: str) -> Sql:
    """The rows as a part of a WITH, by this name."""
    return Sql(f"{name} (attribution_id, at, {', '.join(SUMS)}) AS ({rows.text})", rows.values)

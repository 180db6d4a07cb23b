"""Sums of usage by label and by time, read from hourly usage alone, each event in exactly one row."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import Case, CharField, DateTimeField, F, Func, IntegerField, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce

from usage.domain.selection import Selection, label_of
from usage.models import HourlyUsage

INTERVALS = ("hour", "day", "week", "month")
SUMS = ("cost", "requests", "unpriced", "input_tokens", "cached_input_tokens", "output_tokens")


class Total(NamedTuple):
    """The sum of one group. `start` is when its interval begins, None where time is not cut; labels may be None."""

    start: datetime | None
    labels: tuple[str | None, ...]
    cost: Decimal
    requests: int
    unpriced: int
    input_tokens: int
    cached_input_tokens: int
    output_tokens: int


class Place(NamedTuple):
    """Where a group stands in the order of groups: the key of a page's edge."""

    start: datetime | None
    labels: tuple[str | None, ...]


def summary(
    hours: QuerySet[HourlyUsage],
    selection: Selection,
    group_by: Sequence[str] = (),
    interval: str | None = None,
    *,
    after: Place | None = None,
    backwards: bool = False,
    limit: int | None = None,
) -> list[Total]:
    """The selected usage of `hours` summed per group, and per interval of the company's clock (weeks begin on Monday).

    Groups are ordered by time, then by labels, those without the label last. `after` and `backwards` take up to
    `limit` groups on one side of a group, the nearest first. Without grouping there is one row, also when it is empty.
    """
    rows = selection.of(hours, "hour").order_by()
    names = [f"label{number}" for number in range(len(group_by))]
    keys: dict[str, Any] = {name: label_of(label) for name, label in zip(names, group_by, strict=True)}
    if interval is not None:
        keys = {"start": _start_of(interval), **keys}
    if not keys:
        sums = rows.aggregate(**{f"sum_{name}": Sum(name) for name in SUMS})
        return [Total(None, (), sums["sum_cost"] or Decimal(0), *(sums[f"sum_{name}"] or 0 for name in SUMS[1:]))]
    order = [] if interval is None else ["start"]
    rows = rows.alias(**keys)
    for name in names:
        absent = Case(When(**{f"{name}__isnull": True}, then=1), default=0, output_field=IntegerField())
        rows = rows.alias(
            **{f"no_{name}": absent, f"{name}_text": Coalesce(F(name), Value(""), output_field=CharField())}
        )
        order += [f"no_{name}", f"{name}_text"]
    if after is not None:
        rows = rows.filter(_beyond(order, _place_values(after, interval is not None), "lt" if backwards else "gt"))
    groups: QuerySet[Any, Any] = (
        rows.values(**{name: F(name) for name in [*keys, *order] if name != "start"}, **_only_start(keys))
        .annotate(**{f"sum_{name}": Sum(name) for name in SUMS})
        .order_by(*(f"-{name}" if backwards else name for name in order))
    )
    return [
        Total(group.get("start"), tuple(group[name] for name in names), *(group[f"sum_{name}"] for name in SUMS))
        for group in (groups if limit is None else groups[:limit])
    ]


def _only_start(keys: dict[str, Any]) -> dict[str, Any]:
    return {"start": F("start")} if "start" in keys else {}


def _start_of(interval: str) -> F | Func:
    if interval == "hour":
        return F("hour")
    zone = settings.COSTOPS_ZONE.key
    return Func(Value(interval), F("hour"), Value(zone), function="date_trunc", output_field=DateTimeField())


def _place_values(place: Place, has_start: bool) -> list[Any]:
    values: list[Any] = [place.start] if has_start else []
    for label in place.labels:
        values += [int(label is None), label or ""]
    return values


def _beyond(order: Sequence[str], values: Sequence[Any], side: str) -> Q:
    """The rows whose key, part by part, lies on one side of these values."""
    condition = Q()
    for name, value in reversed(list(zip(order, values, strict=True))):
        here = Q(**{f"{name}__{side}": value})
        condition = here | (Q(**{name: value}) & condition) if condition else here
    return condition

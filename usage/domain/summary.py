"""Sums of usage by label and by time, read from rollups alone, each event in exactly one row."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection

from usage.domain.lines import SUMS, Sql, by_day, by_hour, label_sql, named
from usage.domain.selection import Selection
from usage.domain.visibility import Seen

INTERVALS = ("hour", "day", "week", "month")
ADDED = ", ".join(f"coalesce(sum({name}), 0) AS {name}" for name in SUMS)


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
    seen: Seen,
    selection: Selection,
    group_by: Sequence[str] = (),
    interval: str | None = None,
    *,
    after: Place | None = None,
    backwards: bool = False,
    limit: int | None = None,
) -> list[Total]:
    """The selected usage of what is seen, summed per group, and per interval of the company's clock (weeks begin on
    Monday).

    Groups are ordered by time, then by labels, those without the label last. `after` and `backwards` take up to
    `limit` groups on one side of a group, the nearest first. Without grouping there is one row, also when it is empty.
    """
    rows = by_hour(seen, selection) if interval == "hour" else by_day(seen, selection)
    line = named(rows, "line")
    if not group_by and interval is None:
        whole = f"WITH {line.text} SELECT {ADDED} FROM line"
        return [_total((), found) for found in fetched(Sql(whole, line.values))]
    keys = [(f"label{number}", label_sql(label)) for number, label in enumerate(group_by)]
    order = [part for name, _ in keys for part in (f"({name} IS NULL)", f"coalesce({name}, '')")]
    labels = "".join(f", {sql.text} AS {name}" for name, sql in keys)
    values = tuple(value for _, sql in keys for value in sql.values)
    if interval is not None:
        order = ["start", *order]
    grouped = Sql(
        f"""WITH {line.text}, kept AS (
            SELECT attribution_id, {start_sql(interval)} AS start, {ADDED} FROM line GROUP BY 1, 2
        ), labelled AS (
            SELECT kept.*{labels} FROM kept JOIN usage_attribution a ON a.id = kept.attribution_id
        )
        SELECT {", ".join(["start", *(name for name, _ in keys)])}, {ADDED} FROM labelled
        """,
        (*line.values, *zone_of(interval), *values),
    )
    beyond = Sql("")
    if after is not None:
        place = _place_values(after, interval is not None)
        beyond = Sql(
            f"WHERE ({', '.join(order)}) {'<' if backwards else '>'} ({', '.join(['%s'] * len(place))})", place
        )
    columns = ", ".join(str(number) for number in range(1, len(keys) + 2))
    ordered = ", ".join(f"{part} DESC" if backwards else part for part in order)
    tail = f"{beyond.text} GROUP BY {columns} ORDER BY {ordered} {'' if limit is None else 'LIMIT %s'}"
    more = () if limit is None else (limit,)
    found = fetched(Sql(grouped.text + tail, (*grouped.values, *beyond.values, *more)))
    return [_total(row[: len(keys) + 1], row[len(keys) + 1 :]) for row in found]


def start_sql(interval: str | None) -> str:
    """When the interval of a line begins: SQL that takes what `zone_of` gives."""
    if interval is None:
        return "NULL::timestamptz"
    return "at" if interval == "hour" else f"date_trunc('{interval}', at::timestamp) AT TIME ZONE %s"


def zone_of(interval: str | None) -> tuple[str, ...]:
    return () if interval in (None, "hour") else (settings.COSTOPS_ZONE.key,)


def fetched(statement: Sql) -> list[tuple[Any, ...]]:
    """The rows that a statement finds."""
    with connection.cursor() as cursor:
        cursor.execute(statement.text, statement.values)
        return cursor.fetchall()


def _total(key: Sequence[Any], sums: Sequence[Any]) -> Total:
    start, *labels = key or (None,)
    cost, *counts = sums
    return Total(start, tuple(labels), cost, *(int(count) for count in counts))


def _place_values(place: Place, has_start: bool) -> tuple[Any, ...]:
    values: list[Any] = [place.start] if has_start else []
    for label in place.labels:
        values += [label is None, label or ""]
    return tuple(values)

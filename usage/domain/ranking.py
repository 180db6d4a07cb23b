"""Usage ranked by label, beside what it was in a time before: the rows of the explorer, of movers and of exports."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from usage.domain.lines import SUMS, Sql, by_day, by_hour, label_sql
from usage.domain.selection import Selection
from usage.domain.summary import ADDED, fetched, start_sql, zone_of
from usage.domain.visibility import Seen

MILLION = 1_000_000
CHUNK = 2_000
#: The cost of a row, NULL where it is all unpriced: see `is_all_unpriced`.
KNOWN = "CASE WHEN cost <> 0 OR requests = 0 OR unpriced < requests THEN cost END"
#: What rows can be sorted by, as SQL over the columns of a row; NULL, which stands last, where it means nothing.
ORDERS = {
    "cost": KNOWN,
    "requests": "requests",
    "unpriced": "unpriced",
    "input": "input_tokens",
    "output": "output_tokens",
    "tokens": "input_tokens + output_tokens",
    "per_request": f"{KNOWN} / nullif(requests, 0)",
    "per_million": f"{KNOWN} / nullif(input_tokens + output_tokens, 0)",
    "before": "cost_before",
    "change": f"{KNOWN} - cost_before",
    "moved": f"abs({KNOWN} - cost_before)",
    "name": "",
}
MEASURED = {"cost": "cost", "requests": "requests", "tokens": "input_tokens + output_tokens"}


def is_all_unpriced(cost: Decimal, requests: int, unpriced: int) -> bool:
    """Whether nobody knows yet what any of these requests cost: then they have neither a share nor a change."""
    return not cost and 0 < requests == unpriced


@dataclass(frozen=True)
class Ranked:
    """A group of usage: its labels, None where usage has none, and its sums; `before` are those of the time before.

    Money in the company's currency.
    """

    labels: tuple[str | None, ...]
    cost: Decimal
    requests: int
    unpriced: int
    input_tokens: int
    cached_input_tokens: int
    output_tokens: int
    cost_before: Decimal
    requests_before: int
    tokens_before: int

    @property
    def tokens(self) -> int:
        """All that went in and came out."""
        return self.input_tokens + self.output_tokens

    @property
    def all_unpriced(self) -> bool:
        """Whether nobody knows yet what any of it cost."""
        return is_all_unpriced(self.cost, self.requests, self.unpriced)

    @property
    def per_request(self) -> Decimal | None:
        """The cost of one request, on average."""
        return self.cost / self.requests if self.requests else None

    @property
    def per_million(self) -> Decimal | None:
        """The cost of a million tokens, on average."""
        return self.cost * MILLION / self.tokens if self.tokens else None

    @property
    def change(self) -> Decimal:
        """What it cost more than in the time before."""
        return self.cost - self.cost_before

    @property
    def growth(self) -> Decimal | None:
        """The change as a share of the time before; None where nothing was spent then."""
        return self.change / self.cost_before if self.cost_before else None


_SUMMED = tuple(field.name for field in fields(Ranked) if field.name != "labels")


@dataclass(frozen=True)
class Ranking:
    """One page of groups, how many there are, and the sum of all of them."""

    rows: list[Ranked]
    count: int
    total: Ranked

    def share(self, row: Ranked) -> Decimal | None:
        """The row's cost as a share of all; None where nobody knows it."""
        return row.cost / self.total.cost if self.total.cost and not row.all_unpriced else None


def ranking(
    seen: Seen,
    selection: Selection,
    group_by: Sequence[str],
    *,
    before: Selection | None = None,
    order: str = "cost",
    rising: bool = False,
    offset: int = 0,
    limit: int | None = 50,
) -> Ranking:
    """The selected usage in groups of these labels, in one statement. `before` is the selection to compare with.

    `limit` None takes all. `order` is one of ORDERS; groups that are equal in it follow one another by name, those
    without a label last.
    """
    whole = _ranked(seen, selection, before, group_by)
    ordered = _order(group_by, order, rising)
    page = f"""
        SELECT (SELECT count(*) FROM ranked WHERE NOT in_all), * FROM ranked WHERE in_all
        UNION ALL (SELECT 0, * FROM ranked WHERE NOT in_all ORDER BY {ordered} LIMIT %s OFFSET %s)
    """
    found = fetched(Sql(whole.text + page, (*whole.values, limit, offset)))
    (count, *columns), *rows = found
    total = _row(columns, len(group_by))
    if not group_by:
        return Ranking([total], 1, total) if total.requests or total.requests_before else Ranking([], 0, total)
    return Ranking([_row(row[1:], len(group_by)) for row in rows], count, total)


def by_one(found: Ranking, place: int, limit: int) -> Ranking:
    """The first groups of one label alone, by cost, from a ranking by several that has all of its rows."""
    groups: dict[str | None, list[Ranked]] = {}
    for row in found.rows:
        groups.setdefault(row.labels[place], []).append(row)
    rows = [_added(label, parts) for label, parts in groups.items()]
    rows.sort(key=lambda row: (row.all_unpriced, -row.cost, row.labels[0] is None, row.labels[0] or ""))
    return Ranking(rows[:limit], len(rows), replace(found.total, labels=(None,)))


def tops(
    seen: Seen,
    selection: Selection,
    label: str,
    wanted: Sequence[tuple[str, bool, int]],
    *,
    before: Selection | None = None,
) -> tuple[Ranked, list[list[Ranked]]]:
    """The sum of the selected usage, and for each wanted (order, rising, how many) its first groups of the label.

    All in one statement, which gives no more rows than are wanted, however many values the label has.
    """
    whole = _ranked(seen, selection, before, [label])
    text, values = f"{whole.text} SELECT -1, * FROM ranked WHERE in_all", list(whole.values)
    for place, (order, rising, limit) in enumerate(wanted):
        ordered = _order([label], order, rising)
        text += f" UNION ALL (SELECT {place}, * FROM ranked WHERE NOT in_all ORDER BY {ordered} LIMIT %s)"
        values.append(limit)
    (_, *columns), *rows = fetched(Sql(text, tuple(values)))
    found: list[list[Ranked]] = [[] for _ in wanted]
    for place, *row in rows:
        found[place].append(_row(row, 1))
    return _row(columns, 1), found


def all_ranked(
    seen: Seen,
    selection: Selection,
    group_by: Sequence[str],
    *,
    before: Selection | None = None,
    order: str = "cost",
    rising: bool = False,
) -> Iterator[Ranked]:
    """Every group, however many there are, read from the server a few thousand at a time, inside a transaction."""
    whole = _ranked(seen, selection, before, group_by)
    rows = "NOT in_all" if group_by else "requests + requests_before > 0"
    text = f"{whole.text} SELECT * FROM ranked WHERE {rows} ORDER BY {_order(group_by, order, rising)}"
    with connection.chunked_cursor() as cursor:
        cursor.execute(text, whole.values)
        while rows := cursor.fetchmany(CHUNK):
            yield from (_row(row, len(group_by)) for row in rows)


def course(
    seen: Seen,
    selection: Selection,
    label: str | None,
    shown: Sequence[str | None],
    interval: str,
    measure: str = "cost",
) -> dict[tuple[datetime, int], Decimal]:
    """The cost per interval of the company's clock and per value of `label`, by the place of the value in `shown`.

    What has another value is summed under len(shown); without a label all of it is under 0. `measure` is one of
    MEASURED: what is summed in place of the cost.
    """
    lines = by_hour(seen, selection) if interval == "hour" else by_day(seen, selection)
    values: list[Any] = []
    place = "0"
    if label is not None:
        key = label_sql(label)
        cases = ""
        for number, value in enumerate(shown):
            cases += f" WHEN {key.text} IS NOT DISTINCT FROM %s THEN {number}"
            values += [*key.values, value]
        place = f"CASE{cases} ELSE {len(shown)} END" if shown else "0"
    statement = f"""
        WITH placed AS MATERIALIZED (SELECT a.id, {place} AS place FROM usage_attribution a),
        line (attribution_id, at, {", ".join(SUMS)}) AS ({lines.text}),
        kept AS (
            SELECT at, place, sum({MEASURED[measure]}) AS height
            FROM line JOIN placed ON placed.id = line.attribution_id GROUP BY 1, 2
        )
        SELECT {start_sql(interval)}, place, sum(height) FROM kept GROUP BY 1, 2
    """
    found = fetched(Sql(statement, (*values, *lines.values, *zone_of(interval))))
    return {(start, place): cost for start, place, cost in found}


def _ranked(seen: Seen, selection: Selection, before: Selection | None, group_by: Sequence[str]) -> Sql:
    """A WITH that has all groups and, marked `in_all`, their sum as `ranked`."""
    lines = by_day(seen, selection)
    past = by_day(seen, before) if before is not None else Sql("")
    names = [f"label{number}" for number in range(len(group_by))]
    keys = [label_sql(label) for label in group_by]
    labelled = "".join(f", {key.text} AS {name}" for key, name in zip(keys, names, strict=True))
    columns = ", ".join(SUMS)
    # A label set is summed before its labels are looked at: they are thousands, its days far more.
    either = f"SELECT attribution_id, false AS past, {ADDED} FROM line GROUP BY 1"
    if past.text:
        either += f" UNION ALL SELECT attribution_id, true, {ADDED} FROM past GROUP BY 1"
    sums = [f"coalesce(sum({name}) FILTER (WHERE NOT past), 0) AS {name}" for name in SUMS]
    sums += [f"coalesce(sum({name}) FILTER (WHERE past), 0) AS {name}_before" for name in ("cost", "requests")]
    sums.append("coalesce(sum(input_tokens + output_tokens) FILTER (WHERE past), 0) AS tokens_before")
    sets = f"GROUPING SETS (({', '.join(names)}), ())" if names else "()"
    in_all = f"GROUPING({names[0]}) = 1" if names else "true"
    text = f"""
        WITH line (attribution_id, at, {columns}) AS ({lines.text})
            {f", past (attribution_id, at, {columns}) AS ({past.text})" if past.text else ""},
        kept AS ({either}),
        labelled AS (SELECT kept.*{labelled} FROM kept JOIN usage_attribution a ON a.id = kept.attribution_id),
        ranked AS MATERIALIZED (
            SELECT {", ".join([f"{in_all} AS in_all", *names, *sums])} FROM labelled GROUP BY {sets}
        )
    """
    return Sql(text, (*lines.values, *past.values, *(value for key in keys for value in key.values)))


def _order(group_by: Sequence[str], order: str, rising: bool) -> str:
    by_name = [f"label{number}" for number in range(len(group_by))]
    if not ORDERS[order]:
        return ", ".join(f"{name} {'ASC' if rising else 'DESC'} NULLS LAST" for name in by_name) or "1"
    return ", ".join([f"{ORDERS[order]} {'ASC' if rising else 'DESC'} NULLS LAST", *by_name])


def _added(label: str | None, parts: Sequence[Ranked]) -> Ranked:
    sums = {name: sum(getattr(part, name) for part in parts) for name in _SUMMED}
    return Ranked(labels=(label,), **sums)


def _row(columns: Sequence[Any], labels: int) -> Ranked:
    names, sums = columns[1 : labels + 1], columns[labels + 1 :]
    cost, requests, unpriced, entered, cached, left, cost_before, requests_before, tokens_before = sums
    now = (cost, int(requests), int(unpriced), int(entered), int(cached), int(left))
    return Ranked(tuple(names), *now, cost_before, int(requests_before), int(tokens_before))

"""Names in usage, found by a part of them: those of usage that somebody may see, and of no other."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Q

from usage.domain.lines import Sql, by_day, label_sql, named
from usage.domain.selection import Selection
from usage.domain.summary import fetched
from usage.domain.visibility import Seen


def names_like(seen: Seen, text: str, labels: Sequence[str], most: int) -> dict[str, list[str]]:
    """For each of these labels up to `most` names that hold the text, in any case, by name. One statement.

    The label sets are looked through once for all labels, and whether one is seen is asked only where the text fits.
    """
    fits = Q()
    for label in labels:
        fits |= Q(**{f"{label}__icontains": text})
    try:
        rows, values = seen.label_sets.filter(fits).order_by().values_list(*labels).query.sql_with_params()
    except EmptyResultSet:
        return {label: [] for label in labels}
    columns = [f"label{number}" for number in range(len(labels))]
    each = [
        f"(SELECT DISTINCT {number}, {column} FROM found WHERE UPPER({column}) LIKE UPPER(%s) ORDER BY 2 LIMIT %s)"  # noqa: S608
        for number, column in enumerate(columns)
    ]
    statement = f"WITH found ({', '.join(columns)}) AS MATERIALIZED ({rows}) {' UNION ALL '.join(each)}"
    pattern = f"%{connection.ops.prep_for_like_query(text)}%"
    found: dict[str, list[Any]] = {label: [] for label in labels}
    for number, name in fetched(Sql(statement, (*values, *(pattern, most) * len(labels)))):
        found[labels[number]].append(name)
    return found


def values_like(seen: Seen, selection: Selection, label: str, text: str, most: int) -> list[tuple[str, Decimal]]:
    """Up to `most` values of one label that hold the text, in any case, with their cost, the costliest first."""
    line, key = named(by_day(seen, selection), "line"), label_sql(label)
    statement = f"""
        WITH {line.text}, kept AS (SELECT attribution_id, sum(cost) AS cost FROM line GROUP BY 1), labelled AS (
            SELECT kept.cost, {key.text} AS value FROM kept JOIN usage_attribution a ON a.id = kept.attribution_id
        )
        SELECT value, sum(cost) FROM labelled WHERE strpos(lower(value), lower(%s)) > 0
        GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT %s
    """  # noqa: S608 - SQL of our own
    return [(value, cost) for value, cost in fetched(Sql(statement, (*line.values, *key.values, text, most)))]

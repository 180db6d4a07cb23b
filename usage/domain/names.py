"""Names in usage, found by a part of them: those of usage that somebody may see, and of no other."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from django.db.models import Exists, OuterRef

from usage.domain.lines import Sql, by_day, label_sql, named
from usage.domain.selection import Selection
from usage.domain.summary import fetched
from usage.domain.visibility import Seen
from usage.models import Attribution


def names_like(seen: Seen, text: str, labels: Iterable[str], most: int) -> dict[str, list[str]]:
    """For each of these labels up to `most` names that hold the text, in any case, by name."""
    used = Exists(seen.hours.order_by().filter(attribution_id=OuterRef("pk")))
    found = {}
    for label in labels:
        names = Attribution.objects.filter(used, **{f"{label}__icontains": text}).order_by(label)
        found[label] = list(names.values_list(label, flat=True).distinct()[:most])
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

"""Amends events that are in the ledger already: another price, another attribution. Every rollup follows.

This is the one way in which what was posted ever changes: a repricing or a new attribution, each a marked correction.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from django.conf import settings
from django.db.backends.utils import CursorWrapper

from usage.domain import books
from usage.domain.rollups import ROLL_UP

AMEND = f"""
WITH change AS MATERIALIZED (
    SELECT * FROM unnest(%s::uuid[], %s::timestamptz[], %s::bigint[], %s::numeric[], %s::text[], %s::text[], %s::text[])
        AS c(id, occurred_at, attribution_id, cost, cost_source, price_basis, tags)
), held AS MATERIALIZED (
    SELECT e.* FROM usage_event e JOIN change c USING (id, occurred_at) ORDER BY e.id, e.occurred_at FOR UPDATE OF e
), amended AS (
    UPDATE usage_event e SET attribution_id = c.attribution_id, cost = c.cost, cost_source = c.cost_source,
        price_basis = c.price_basis, tags = c.tags::jsonb
    FROM change c JOIN held h USING (id, occurred_at)
    WHERE e.id = c.id AND e.occurred_at = c.occurred_at
    RETURNING e.id, e.occurred_at, e.attribution_id, e.cost, e.cost_source
), sides AS (
    SELECT date_trunc('hour', occurred_at, %s) AS hour, attribution_id, -cost AS cost, -1 AS requests,
        -(cost_source = 'unpriced')::int AS unpriced, -input_tokens AS input_tokens,
        -cached_input_tokens AS cached_input_tokens, -output_tokens AS output_tokens
    FROM held
    UNION ALL
    SELECT date_trunc('hour', h.occurred_at, %s), a.attribution_id, a.cost, 1, (a.cost_source = 'unpriced')::int,
        h.input_tokens, h.cached_input_tokens, h.output_tokens
    FROM held h JOIN amended a USING (id, occurred_at)
), line AS MATERIALIZED (
    SELECT hour, attribution_id, sum(cost) AS cost, sum(requests) AS requests, sum(unpriced) AS unpriced,
        sum(input_tokens) AS input_tokens, sum(cached_input_tokens) AS cached_input_tokens,
        sum(output_tokens) AS output_tokens
    FROM sides GROUP BY 1, 2
), {ROLL_UP}
SELECT hour, attribution_id, cost, requests, unpriced FROM line ORDER BY hour, attribution_id
"""  # noqa: S608 - SQL of our own


class Amendment(NamedTuple):
    """What an event shall say from now on. `tags` are those outside the attribution, as JSON text, or None."""

    id: uuid.UUID
    occurred_at: datetime
    attribution_id: int
    cost: Decimal
    cost_source: str
    price_basis: str
    tags: str | None


def amend(
    cursor: CursorWrapper, amendments: Sequence[Amendment], now: datetime, *, repricing: int | None = None
) -> Decimal:
    """Amends events, hourly usage and the books together; returns by how much the cost changed.

    `repricing` is the job that the books mark where it changes a sum. Runs inside a transaction that holds the ledger's
    lock, shared; doing it again changes nothing.
    """
    if not amendments:
        return Decimal(0)
    zone = settings.COSTOPS_ZONE.key
    cursor.execute(AMEND, [*(list(column) for column in zip(*amendments, strict=True)), zone, zone, zone])
    lines = [
        books.Line(hour, attribution_id, cost, int(requests), int(unpriced))
        for hour, attribution_id, cost, requests, unpriced in cursor.fetchall()
        if cost or requests or unpriced
    ]
    if lines:
        for book in books.registered():
            book.post(cursor, lines, now, repricing=repricing)
    return sum((line.cost for line in lines), Decimal(0))

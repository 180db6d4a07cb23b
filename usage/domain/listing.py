"""Single events, newest first, a page at a time."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import NamedTuple

from django.db.models import Q, QuerySet

from usage.domain.selection import Selection
from usage.models import UsageEvent


class EventPlace(NamedTuple):
    """Where an event stands in the order of events."""

    occurred_at: datetime
    id: uuid.UUID


def events(
    rows: QuerySet[UsageEvent],
    selection: Selection,
    *,
    after: EventPlace | None = None,
    backwards: bool = False,
    limit: int,
) -> list[UsageEvent]:
    """Up to `limit` selected events of `rows` with their attribution: the newest, or those next to the place `after`.

    Older ones first come nearest to it; `backwards` goes to newer ones instead.
    """
    rows = selection.of(rows, "occurred_at").select_related("attribution")
    if after is not None:
        side, bound = ("gt", "gte") if backwards else ("lt", "lte")
        beyond = Q(**{f"occurred_at__{side}": after.occurred_at}) | Q(**{f"id__{side}": after.id})
        rows = rows.filter(beyond, **{f"occurred_at__{bound}": after.occurred_at})
    order = ("occurred_at", "id") if backwards else ("-occurred_at", "-id")
    return list(rows.order_by(*order)[:limit])

"""Single events, newest first, a page at a time."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db.models import Q, QuerySet, Sum

from usage.domain.ranking import ranking
from usage.domain.selection import Selection
from usage.domain.visibility import Seen
from usage.models import HourlyUsage, UsageEvent
from wire.days import hour_of

HOUR = timedelta(hours=1)


class EventPlace(NamedTuple):
    """Where an event stands in the order of events."""

    occurred_at: datetime
    id: uuid.UUID


def events(
    seen: Seen,
    selection: Selection,
    *,
    after: EventPlace | None = None,
    backwards: bool = False,
    limit: int,
) -> list[UsageEvent]:
    """Up to `limit` selected events with their attribution: the newest, or those next to the place `after`.

    Older ones first come nearest to it; `backwards` goes to newer ones instead. Hourly usage tells how far back the
    page reaches, so that a label last used a year ago is not looked for in every event since.
    """
    rows = selection.of(seen.events, "occurred_at").select_related("attribution")
    if after is not None:
        side, bound = ("gt", "gte") if backwards else ("lt", "lte")
        beyond = Q(**{f"occurred_at__{side}": after.occurred_at}) | Q(**{f"id__{side}": after.id})
        rows = rows.filter(beyond, **{f"occurred_at__{bound}": after.occurred_at})
    rows = rows.order_by(*(("occurred_at", "id") if backwards else ("-occurred_at", "-id")))
    reach, is_all = _reach(seen.hours, selection, after, backwards, limit)
    if reach is None:
        return []
    within = {"occurred_at__lt": reach} if backwards else {"occurred_at__gte": reach}
    found = list(rows.filter(**within)[:limit])
    return found if is_all or len(found) == limit else list(rows[:limit])


def newer_than(seen: Seen, selection: Selection, place: EventPlace) -> int:
    """How many selected events are newer than the one at a place: those of later hours and days by their sums, those of
    its own hour one by one.
    """
    next_hour = hour_of(place.occurred_at, settings.COSTOPS_ZONE) + HOUR
    later = ranking(seen, replace(selection, start=max(next_hour, selection.start or next_hour)), []).total.requests
    newer = Q(occurred_at__gt=place.occurred_at) | Q(id__gt=place.id)
    beside = selection.of(seen.events.order_by(), "occurred_at").filter(
        newer, occurred_at__gte=place.occurred_at, occurred_at__lt=next_hour
    )
    return later + beside.count()


def _reach(
    hours: QuerySet[HourlyUsage], selection: Selection, after: EventPlace | None, backwards: bool, limit: int
) -> tuple[datetime | None, bool]:
    """The instant up to which there are `limit` events beyond the edge, and whether those are all that there are.

    The hour in which the edge lies is looked at, but not counted.
    """
    edge = after.occurred_at if after else selection.end
    start = selection.start - HOUR if selection.start else None
    hours = replace(selection, start=start, end=None).of(hours, "hour")
    if edge is not None:
        hours = hours.filter(**({"hour__gt": edge} if backwards else {"hour__lte": edge - HOUR}))
    counts = hours.order_by("hour" if backwards else "-hour").values("hour").annotate(calls=Sum("requests"))
    reach = None if edge is None else edge + HOUR if backwards else edge - HOUR
    total = 0
    for hour, calls in counts.values_list("hour", "calls").iterator(chunk_size=500):
        total, reach = total + calls, hour + HOUR if backwards else hour
        if total >= limit:
            return reach, False
    return reach, True

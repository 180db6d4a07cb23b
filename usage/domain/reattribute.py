"""Attributes events again when a tag key becomes part of attributions: those of the open period move to finer rows."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import partial

import msgspec
from django.db import connection, transaction
from django.db.models import Q

from usage.domain.amend import Amendment, amend
from usage.domain.anew import Place
from usage.domain.attribution import Labels, ids_of
from usage.domain.calls import OLDEST
from usage.domain.lock import hold_amending, hold_shared
from usage.models import AttributionTag, UsageEvent
from wire.transactions import tried_again

CHUNK = 2_000


def attribute_due(now: datetime) -> int:
    """Does the work of all tag keys that wait for it; returns how many events moved. The work waits as rows.

    A key whose earlier history was asked for meanwhile goes on waiting.
    """
    moved = 0
    for tag in AttributionTag.objects.filter(attributed_at=None):
        moved += reattribute([tag.key], tag.attribute_from, now)
        done = AttributionTag.objects.filter(pk=tag.pk, attribute_from=tag.attribute_from, attributed_at=None)
        done.update(attributed_at=now)
    return moved


def reattribute(keys: Collection[str], start: datetime | None, now: datetime) -> int:
    """Moves the events since `start` that carry one of these tags outside their attribution. Returns how many moved.

    Works in small transactions, each behind the last event of the one before; stopped and run again, it goes on with
    what is left.
    """
    moved, more = 0, True
    place: Place | None = None
    while more:
        done, place = tried_again(partial(_move, keys, start or OLDEST, place, now), "Attribution")
        moved, more = moved + done, done == CHUNK
    return moved


def _move(keys: Collection[str], start: datetime, behind: Place | None, now: datetime) -> tuple[int, Place | None]:
    """Moves one chunk of events, in the order of time; how many, and the last. Nobody waits while it looks for them."""
    with transaction.atomic(), connection.cursor() as cursor:
        hold_amending(cursor)
        events = _read(keys, start, behind)
        if not events:
            return 0, behind
        wanted = {event.pk: _finer(event, keys) for event in events}
        hold_shared(cursor)
        ids = ids_of(cursor, {labels for labels, _ in wanted.values()}, now)
        amendments = []
        for event in events:
            labels, outside = wanted[event.pk]
            tags = msgspec.json.encode(outside).decode() if outside else None
            same = (event.cost, event.cost_source, event.price_basis)
            amendments.append(Amendment(event.pk, event.occurred_at, ids[labels], *same, tags))
        amend(cursor, amendments, now)
    return len(events), Place(events[-1].occurred_at, events[-1].pk)


def _read(keys: Collection[str], start: datetime, behind: Place | None) -> list[UsageEvent]:
    later = Q(occurred_at__gte=start)
    if behind is not None:
        later = Q(occurred_at__gte=behind.occurred_at) & (Q(occurred_at__gt=behind.occurred_at) | Q(id__gt=behind.id))
    events = UsageEvent.objects.filter(later, tags__has_any_keys=list(keys)).select_related("attribution")
    return list(events.order_by("occurred_at", "id")[:CHUNK])


def _finer(event: UsageEvent, keys: Collection[str]) -> tuple[Labels, dict[str, str]]:
    tags: dict[str, str] = event.tags or {}
    inside = {**event.attribution.tags, **{key: tags[key] for key in tags if key in keys}}
    old = event.attribution
    labels = Labels(
        *(old.project, old.environment, old.department, old.team, old.user, old.provider, old.model),
        tuple(sorted(inside.items())),
    )
    return labels, {key: value for key, value in tags.items() if key not in keys}

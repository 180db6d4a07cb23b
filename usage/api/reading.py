"""GET usage/summary/ and usage/events/: what was spent, as sums and call by call."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.domain.scopes import USAGE_READ
from usage.api.documents import (
    EVENT_PARAMETERS,
    SUMMARY_PARAMETERS,
    TAG_NOTE,
    UsageEventSerializer,
    UsageTotalSerializer,
)
from usage.domain.ground import load_tag_keys
from usage.domain.listing import EventPlace, events
from usage.domain.selection import DIMENSIONS, TAG, Selection
from usage.domain.summary import INTERVALS, Place, Total, summary
from usage.domain.visibility import Seen, narrowings
from usage.models import UsageEvent
from usage.rules import seen_by
from wire.fields import unknown_name
from wire.money import exact
from wire.openapi import page_of
from wire.pagination import BAD_CURSOR, PARAMETERS, Keyset
from wire.queries import Query
from wire.times import TimeError, instant, rfc3339
from wire.transactions import one_snapshot

HOUR = timedelta(hours=1)
COUNTS = (
    *("input_tokens", "output_tokens", "cached_input_tokens", "cache_write_tokens", "cache_write_1h_tokens"),
    *("reasoning_tokens", "audio_input_tokens", "audio_output_tokens", "web_searches"),
)
MAX_GROUPS = 8


def _is_tag(name: str) -> bool:
    return len(name) > len(TAG) and name.startswith(TAG)


def _query(request: Request, *names: str) -> Query:
    return Query(request.query_params, [*names, "start", "end", *narrowings(), *DIMENSIONS, *PARAMETERS], _is_tag)


def _seen(request: Request, query: Query) -> Seen:
    """What the caller sees, kept to what the query asks for beside labels: a budget's part of it."""
    seen = seen_by(request.user)
    for name, narrowing in narrowings().items():
        if (text := query.text(name)) is None:
            continue
        found = narrowing(request.user, text)
        if found is None:
            query.refuse(name, f"You see no {name} {text[:40]!r}. Write the id of one, or leave it out.")
        else:
            seen = seen.part(found[1])
    return seen


def _labels(request: Request, query: Query) -> dict[str, tuple[str, ...]]:
    named = [name for name in request.query_params if name in DIMENSIONS or _is_tag(name)]
    return {name: values for name in named if (values := query.values(name))}


def _refuse_backwards(query: Query, start: datetime | None, end: datetime | None) -> None:
    if start is not None and end is not None and end <= start:
        query.refuse("end", f"The end must be later than the start, {rfc3339(start)}.")


def _refuse_loose_tags(query: Query, labels: list[str], parameter: str | None = None) -> None:
    """Tags that are no part of attributions have no sums: an answer without them would be wrong, so there is none."""
    tags = [label for label in labels if _is_tag(label)]
    if not tags:
        return
    kept = load_tag_keys()
    for label in tags:
        if label.removeprefix(TAG) not in kept:
            message = f"{label} is not kept by the hour. Name it in a budget's scope or COSTOPS_ATTRIBUTION_TAGS."
            query.refuse(parameter or label, message)


class UsageSummary(APIView):
    """Sums of usage."""

    needs = {"GET": USAGE_READ}

    @extend_schema(
        operation_id="usage_summary",
        summary="Sum usage",
        description="Sums what the caller may see, by label and by time. Each event counts once, so rows add up to "
        "the total. Sums are kept by the hour of the company's clock." + TAG_NOTE,
        parameters=SUMMARY_PARAMETERS,
        responses=page_of(UsageTotalSerializer, "UsageTotal"),
        tags=["usage"],
    )
    @one_snapshot()
    def get(self, request: Request) -> Response:
        """One row a group."""
        query = _query(request, "group_by", "interval")
        now = timezone.now()
        start = query.instant("start") or _month_of(now)
        end = query.instant("end")
        for name, moment in (("start", start), ("end", end)):
            if moment is not None and not _on_an_hour(moment) and not (name == "end" and moment > _hour_of(now)):
                query.refuse(
                    name, f"Usage is summed by the hour. Write {rfc3339(_hour_of(moment))}, or another full one."
                )
        _refuse_backwards(query, start, end)
        interval = query.choice("interval", INTERVALS)
        group_by = self._groups(query)
        labels = _labels(request, query)
        _refuse_loose_tags(query, list(labels))
        seen = _seen(request, query)
        query.checked()
        page = Keyset(request, len(group_by) + (interval is not None))
        totals = summary(
            seen,
            Selection(start, end, labels),
            group_by,
            interval,
            after=_place(page.position, interval is not None),
            backwards=page.backwards,
            limit=page.size + 1,
        )
        return Response(page.answer(totals, _key_of, lambda total: _total(total, group_by)))

    def _groups(self, query: Query) -> list[str]:
        groups = [name for name in query.values("group_by") if name]
        for name in groups:
            if name not in DIMENSIONS and not _is_tag(name):
                query.refuse("group_by", f"{name[:100]!r}: {unknown_name(name, [*DIMENSIONS, 'tag:KEY'], 'label')}")
        if len(groups) > MAX_GROUPS:
            query.refuse("group_by", f"At most {MAX_GROUPS} labels.")
        _refuse_loose_tags(query, groups, "group_by")
        return groups


def _hour_of(moment: datetime) -> datetime:
    local = moment.astimezone(settings.COSTOPS_ZONE)
    into = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    return moment - into


def _on_an_hour(moment: datetime) -> bool:
    return _hour_of(moment) == moment


def _month_of(now: datetime) -> datetime:
    return now.astimezone(settings.COSTOPS_ZONE).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _place(position: list[str | None] | None, has_start: bool) -> Place | None:
    if position is None:
        return None
    start, labels = (position[0], position[1:]) if has_start else (None, position)
    return Place(_moment(start) if has_start else None, tuple(labels))


def _moment(text: str | None) -> datetime:
    try:
        return instant(text or "", settings.COSTOPS_ZONE)
    except TimeError:
        raise ValidationError(BAD_CURSOR) from None


def _key_of(total: Total) -> list[str | None]:
    return [*([rfc3339(total.start)] if total.start else []), *total.labels]


def _total(total: Total, group_by: list[str]) -> dict[str, Any]:
    start = {"start": rfc3339(total.start)} if total.start else {}
    sums = {name: getattr(total, name) for name in Total._fields[3:]}
    return {**start, **dict(zip(group_by, total.labels, strict=True)), "cost": exact(total.cost), **sums}


class UsageEvents(APIView):
    """Single calls."""

    needs = {"GET": USAGE_READ}

    @extend_schema(
        operation_id="usage_events",
        summary="List events",
        description="Single calls that the caller may see, newest first." + TAG_NOTE,
        parameters=EVENT_PARAMETERS,
        responses=page_of(UsageEventSerializer, "UsageEvent"),
        tags=["usage"],
    )
    @one_snapshot()
    def get(self, request: Request) -> Response:
        """One row a call."""
        query = _query(request)
        labels = _labels(request, query)
        _refuse_loose_tags(query, list(labels))
        selection = Selection(query.instant("start"), query.instant("end"), labels)
        _refuse_backwards(query, selection.start, selection.end)
        seen = _seen(request, query)
        query.checked()
        page = Keyset(request, 2)
        found = events(
            seen,
            selection,
            after=_event_place(page.position),
            backwards=page.backwards,
            limit=page.size + 1,
        )
        return Response(page.answer(found, lambda event: [rfc3339(event.occurred_at), str(event.id)], _event))


def _event_place(position: list[str | None] | None) -> EventPlace | None:
    if position is None:
        return None
    try:
        return EventPlace(_moment(position[0]), uuid.UUID(position[1] or ""))
    except ValueError:
        raise ValidationError(BAD_CURSOR) from None


def _event(event: UsageEvent) -> dict[str, Any]:
    labels = event.attribution
    return {
        "id": str(event.id),
        "occurred_at": rfc3339(event.occurred_at),
        "received_at": rfc3339(event.received_at),
        **{name: getattr(labels, name) for name in DIMENSIONS},
        "tags": {**labels.tags, **(event.tags or {})},
        **{name: getattr(event, name) for name in COUNTS},
        "service_tier": event.service_tier,
        "cost": exact(event.cost),
        "cost_source": event.cost_source,
        "price_basis": event.price_basis,
        "reservation_id": event.reservation_id,
        "metadata": event.metadata,
    }

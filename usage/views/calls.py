"""Single calls: what the explorer's rows are made of, newest first, page by page, and all of them as CSV."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any, NamedTuple

from django.conf import settings
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render

from usage.domain.listing import EventPlace, events, newer_than
from usage.domain.ranking import ranking
from usage.domain.selection import DIMENSIONS
from usage.exploring import FIRST_DAY, LAST_DAY, NONE
from usage.models import UsageEvent
from usage.models.event import CostSource
from usage.views.asked import Asked, answers, of_none, words_of
from usage.views.explorer import asking, days_in_words
from usage.views.filtering import with_filter
from usage.words import cost_words
from wire.csv_files import csv_answer
from wire.days import day_of
from wire.times import instant

A_PAGE = 50
CHUNK = 2_000
COUNTS = (
    *("input_tokens", "cached_input_tokens", "cache_write_tokens", "cache_write_1h_tokens", "audio_input_tokens"),
    *("output_tokens", "reasoning_tokens", "audio_output_tokens", "web_searches"),
)


class Part(NamedTuple):
    """A label of a call in words, and the address of the calls that have it too; empty where all on the page do."""

    name: str
    address: str


@answers
def calls(request: HttpRequest, asked: Asked) -> HttpResponseBase:
    """GET /usage/calls/: the question's filters and days; `after` and `before` name the call at the page's edge.

    `filter` and `is` add a filter, as in the explorer.
    """
    if "filter" in request.GET:
        return redirect(request.path + with_filter(asked, request.GET["filter"], request.GET.get("is", "")))
    backwards = "before" in request.GET
    edge = _place(request.GET.get("before" if backwards else "after"))
    selection = asked.question.selection()
    found = events(asked.seen, selection, after=edge, backwards=backwards, limit=A_PAGE + 1)
    more, shown = len(found) > A_PAGE, found[:A_PAGE]
    if backwards:
        shown.reverse()
    whole = ranking(asked.seen, selection, []).total
    before = newer_than(asked.seen, selection, _place_of(shown[0])) if shown and edge else 0
    return render(
        request,
        "usage/calls.html",
        {
            "section": "usage",
            "asked": asked,
            "question": asked.question,
            "days": days_in_words(asked.question.days),
            **asking(request, asked),
            "calls": [(call, cost_words(call, call.attribution.model), _parts(asked, call)) for call in shown],
            "total": whole,
            "first": before + 1,
            "last": before + len(shown),
            **of_none(request, asked, found=bool(shown)),
            "older": _written(shown[-1]) if shown and (more or backwards) else "",
            "newer": _written(shown[0]) if shown and (more if backwards else edge is not None) else "",
        },
    )


@answers
def export(request: HttpRequest, asked: Asked) -> HttpResponseBase:
    """GET /usage/calls.csv: every call of the question."""
    header = ["id", "occurred_at", *DIMENSIONS, "tags", *COUNTS, "service_tier", "cost", "cost_source", "price_basis"]
    days = asked.question.days
    return csv_answer(f"calls-{days.first}-to-{days.last}", header, _lines(asked))


def _lines(asked: Asked) -> Iterator[list[Any]]:
    place, selection = None, asked.question.selection()
    while True:
        found = events(asked.seen, selection, after=place, limit=CHUNK)
        for call in found:
            labels = call.attribution
            tags = "; ".join(f"{key}={value}" for key, value in sorted({**labels.tags, **(call.tags or {})}.items()))
            counts = [getattr(call, name) for name in COUNTS]
            cells = [str(call.id), call.occurred_at, *(getattr(labels, name) for name in DIMENSIONS), tags, *counts]
            cost = None if call.cost_source == CostSource.UNPRICED else call.cost
            yield [*cells, call.service_tier, cost, call.cost_source, call.price_basis]
        if len(found) < CHUNK:
            return
        place = _place_of(found[-1])


def _parts(asked: Asked, call: UsageEvent) -> dict[str, Part]:
    """What a call says of each label."""
    question, parts = asked.question, {}
    for label in DIMENSIONS:
        value = getattr(call.attribution, label)
        chosen = question.labels.get(label) == (value or NONE,)
        address = "" if chosen else question.address(labels=question.only(label, value))
        parts[label] = Part(value or f"no {words_of(label).lower()}", address)
    return parts


def _place_of(call: UsageEvent) -> EventPlace:
    return EventPlace(call.occurred_at, call.pk)


def _written(call: UsageEvent) -> str:
    return f"{call.occurred_at.isoformat()}_{call.pk}"


def _place(text: str | None) -> EventPlace | None:
    if not text:
        return None
    moment, _, pk = text.rpartition("_")
    try:
        place = EventPlace(instant(moment, settings.COSTOPS_ZONE), uuid.UUID(pk))
        day = day_of(place.occurred_at, settings.COSTOPS_ZONE)
    except (ValueError, OverflowError):
        raise Http404 from None
    if not FIRST_DAY <= day <= LAST_DAY:
        raise Http404
    return place

"""Past events priced anew: which ones a price concerns, and what each would cost by a price book.

Nothing is written here. A repricing and its preview read events by the same steps, so that a preview tells what then
happens. Events are found through hourly usage: the ledger of events is never searched as a whole.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.conf import settings
from django.db import connection

from usage.domain import arrays
from usage.domain.pricing import PriceBook
from usage.models import Attribution
from usage.models.event import CostSource

ZERO = Decimal(0)
LONGEST_WINDOW = timedelta(days=31)
CHUNK = 2_000
PREVIEW_CHUNK = 10_000
#: How many events a preview that someone waits for looks through: a second or two of work.
PREVIEW_MOST = 100_000
Name = tuple[str | None, str | None]  # provider and model, as called

#: What a price may change. A cost that somebody else told, or that came with an import, is theirs.
PRICED_HERE = (CostSource.PRICED.value, CostSource.UNPRICED.value)


@dataclass(frozen=True)
class Span:
    """Calls from `start` on and before `end` that a pattern may speak of, `provider` "" being any."""

    start: datetime
    end: datetime
    provider: str = ""
    model_pattern: str = "*"
    only_unpriced: bool = False

    @property
    def sources(self) -> list[str]:
        """The sources of cost that it is about."""
        return [CostSource.UNPRICED.value] if self.only_unpriced else list(PRICED_HERE)


class Event(NamedTuple):
    """What pricing needs to know of an event, and what an amendment has to keep. `tags` is JSON text."""

    id: uuid.UUID
    occurred_at: datetime
    attribution_id: int
    cost: Decimal
    cost_source: str
    price_basis: str
    tags: str | None
    input_tokens: int
    cached_input_tokens: int
    cache_write_tokens: int
    cache_write_1h_tokens: int
    audio_input_tokens: int
    output_tokens: int
    reasoning_tokens: int
    audio_output_tokens: int
    web_searches: int
    service_tier: str


class Place(NamedTuple):
    """How far one got among events in the order of time."""

    occurred_at: datetime
    id: uuid.UUID


class Window(NamedTuple):
    """A stretch of time that holds about one chunk of events."""

    start: datetime
    end: datetime
    requests: int


class Cost(NamedTuple):
    """A cost, where it is from and which price it is."""

    cost: Decimal
    source: str
    basis: str


READ = f"""
SELECT {", ".join("tags::text" if name == "tags" else name for name in Event._fields)} FROM usage_event
WHERE occurred_at >= %s AND occurred_at < %s AND (%s OR (occurred_at, id) > (%s, %s))
    AND attribution_id = ANY(%s::bigint[]) AND cost_source = ANY(%s)
ORDER BY occurred_at, id LIMIT %s
"""  # noqa: S608 - column names of our own

HOURS = """
SELECT hour, sum(CASE WHEN %(unpriced)s THEN unpriced ELSE requests END) FROM usage_hourly
WHERE hour >= date_trunc('hour', %(start)s::timestamptz, %(zone)s) AND hour < %(end)s
    AND attribution_id = ANY(%(ids)s::bigint[]) AND (unpriced > 0 OR NOT %(unpriced)s)
GROUP BY hour ORDER BY hour
"""


def concerned(span: Span, book: PriceBook) -> dict[int, Name]:
    """The attributions whose calls the span's pattern may speak of, with provider and model as called."""
    names = Attribution.objects.exclude(model=None).order_by()
    fitting = {
        name
        for name in names.values_list("provider", "model").distinct()
        if book.may_concern(span.provider or None, span.model_pattern, *name)
    }
    rows = names.values_list("pk", "provider", "model")
    return {pk: (provider, model) for pk, provider, model in rows if (provider, model) in fitting}


def hours(span: Span, ids: Collection[int]) -> list[tuple[datetime, int]]:
    """The hours in which these attributions have usage that the span is about, with the number of requests.

    Whole hours at the edges, and for a span of all sources also requests whose cost was told by somebody else.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            HOURS,
            {
                "unpriced": span.only_unpriced,
                "start": span.start,
                "end": span.end,
                "zone": settings.COSTOPS_ZONE.key,
                "ids": arrays.plain(sorted(ids)),
            },
        )
        return [(hour, int(requests)) for hour, requests in cursor.fetchall()]


def windows(span: Span, planned: Sequence[tuple[datetime, int]], size: int = CHUNK) -> Iterator[Window]:
    """The span cut so that each window holds about `size` requests or is a month long; without gaps between hours."""
    start, requests = None, 0
    for number, (hour, count) in enumerate(planned):
        start = max(hour, span.start) if start is None else start
        requests += count
        end = planned[number + 1][0] if number + 1 < len(planned) else span.end
        if requests >= size or end - start >= LONGEST_WINDOW or end == span.end:
            if start < end:
                yield Window(start, end, requests)
            start, requests = None, 0


def read(window: Window, span: Span, ids: Collection[int], after: Place | None, limit: int) -> list[Event]:
    """Up to `limit` events of the window behind the place `after`, in the order of time."""
    edges = [window.start, window.end, after is None, *(after or (None, None))]
    with connection.cursor() as cursor:
        cursor.execute(READ, [*edges, arrays.plain(sorted(ids)), span.sources, limit])
        return [Event(*row) for row in cursor.fetchall()]


def price_anew(event: Event, name: Name, book: PriceBook) -> Cost:
    """What the event costs by the book.

    What the book does not know stays as it is: a list price was right in its time, though the list has forgotten the
    model since. Only a price that came from a contract or an alias goes with it.
    """
    priced = book.price(*name, event.occurred_at, event)
    if priced.cost is not None:
        return Cost(priced.cost, CostSource.PRICED.value, priced.basis)
    if event.cost_source == CostSource.PRICED and event.price_basis.startswith(("alias:", "override:")):
        return Cost(ZERO, CostSource.UNPRICED.value, "")
    return cost_of(event)


def cost_of(event: Event) -> Cost:
    """What the event costs as it stands."""
    return Cost(event.cost, event.cost_source, event.price_basis)


@dataclass
class Change:
    """What a repricing does to some events: how many it looks at and changes, and their cost before and after.

    Unpriced events count 0 in `cost_before` and `cost_after`.
    """

    events: int = 0
    changed: int = 0
    unpriced_before: int = 0
    unpriced_after: int = 0
    cost_before: Decimal = ZERO
    cost_after: Decimal = ZERO

    @property
    def cost_change(self) -> Decimal:
        """How much more it is than before."""
        return self.cost_after - self.cost_before

    def count(self, before: Cost, after: Cost) -> None:
        """Adds one event."""
        self.events += 1
        self.changed += before != after
        self.unpriced_before += before.source == CostSource.UNPRICED
        self.unpriced_after += after.source == CostSource.UNPRICED
        self.cost_before += before.cost
        self.cost_after += after.cost


@dataclass
class Preview:
    """What a repricing of the span would do, in all and by name as called.

    `until` is the instant of the first event that was not looked at, None when all were. `expected` is the number of
    requests in its hours.
    """

    span: Span
    expected: int = 0
    total: Change = field(default_factory=Change)
    by_name: dict[Name, Change] = field(default_factory=dict)
    until: datetime | None = None


def preview(span: Span, book: PriceBook, most: int | None = None) -> Preview:
    """Prices the span's events by the book without writing anything. Looks at the first `most` events alone."""
    found = Preview(span)
    if span.start >= span.end:
        return found
    names = concerned(span, book)
    planned = hours(span, names)
    found.expected = sum(count for _, count in planned)
    for window in windows(span, planned, PREVIEW_CHUNK):
        _look_at(window, found, names, book, most)
        if found.until is not None:
            break
    return found


def _look_at(window: Window, found: Preview, names: Mapping[int, Name], book: PriceBook, most: int | None) -> None:
    place = None
    while True:
        events = read(window, found.span, names, place, PREVIEW_CHUNK)
        for event in events:
            if found.total.events == most:
                found.until = event.occurred_at
                return
            name = names[event.attribution_id]
            before, after = cost_of(event), price_anew(event, name, book)
            found.total.count(before, after)
            found.by_name.setdefault(name, Change()).count(before, after)
        if len(events) < PREVIEW_CHUNK:
            return
        place = Place(events[-1].occurred_at, events[-1].id)

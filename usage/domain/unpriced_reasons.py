"""Why calls have no price though their name has one: the service tier or a kind that nobody has a rate for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q, QuerySet

from usage.domain.anew import Name
from usage.domain.price_list import InUse
from usage.domain.pricing import PriceBook
from usage.domain.pricing.tokens import Counts
from usage.models import HourlyUsage, UsageEvent
from usage.models.event import CostSource

HOUR: Final = timedelta(hours=1)


def why_unpriced(
    hours: QuerySet[HourlyUsage], events: QuerySet[UsageEvent], names: Iterable[InUse], book: PriceBook
) -> dict[Name, str | None]:
    """What calls without a price lack, by name: "no rate for batch calls"; None where one has a price by now.

    Names whose calls all have a price are left out. Looks at the newest call of each name and tier in the last hour
    that has such calls, which `hours` tell.
    """
    last = {(name.provider, name.model): name.unpriced_last for name in names if name.unpriced_last}
    if not last:
        return {}
    labels = ("attribution__provider", "attribution__model")
    waiting = hours.order_by().filter(unpriced__gt=0, hour__in=set(last.values()))
    places: dict[datetime, list[int]] = {}
    for provider, model, hour, attribution in waiting.values_list(*labels, "hour", "attribution_id"):
        if last.get((provider, model)) == hour:
            places.setdefault(hour, []).append(attribution)
    spans = Q(pk__in=[])
    for hour, attributions in places.items():
        spans |= Q(attribution_id__in=attributions, occurred_at__gte=hour, occurred_at__lt=hour + HOUR)
    apart = (*labels, "service_tier")
    newest = events.filter(spans, cost_source=CostSource.UNPRICED).order_by(*apart, "-occurred_at").distinct(*apart)
    found: dict[Name, str | None] = {}
    for event in newest.select_related("attribution"):
        name = (event.attribution.provider, event.attribution.model)
        lack = _lack(event, *name, book)
        found[name] = lack and found.get(name, lack)
    return found


def _lack(event: UsageEvent, provider: str | None, model: str | None, book: PriceBook) -> str | None:
    at, tier = event.occurred_at, event.service_tier
    priced = book.price(provider, model, at, event)
    if priced.cost is not None:
        return None
    if priced.basis:
        return "dearer than any call can be"
    card = book.card(provider, model, at, tier)
    if card is None and tier != "default" and book.card(provider, model, at):
        return f"no rate for {tier} calls"
    if card is None:
        return "no price for the time of its calls"
    for words, (kind, count) in _used(event).items():
        rate = card.rates.get(kind)
        if count and (rate is None or rate.at(event.input_tokens) is None):
            return f"no rate for {words}"
    return "no rate for all that its calls used"


def _used(event: Counts) -> dict[str, tuple[str, int]]:
    """What a call used, in words, with the kind of rate that it needs; reasoning may be output."""
    parts = (
        event.cached_input_tokens + event.cache_write_tokens + event.cache_write_1h_tokens + event.audio_input_tokens
    )
    return {
        "input": ("input", event.input_tokens - parts),
        "output": ("output", event.output_tokens - event.audio_output_tokens),
        "cached input": ("cached_input", event.cached_input_tokens),
        "cache writes": ("cache_write", event.cache_write_tokens),
        "cache writes of 1 h": ("cache_write_1h", event.cache_write_1h_tokens),
        "audio input": ("audio_input", event.audio_input_tokens),
        "audio output": ("audio_output", event.audio_output_tokens),
        "web searches": ("web_search", event.web_searches),
    }

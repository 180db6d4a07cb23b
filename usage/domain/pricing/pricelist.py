"""What a known model costs at an instant in a service tier, before any contract: genai-prices and our own table joined.

The order at an instant: a ``Span`` of our table; else the entry of genai-prices for that day and hour; then kinds that
the entry lacks, from our ``Supplement``s. A tier other than default takes, in this order: the list's own variant in
force; the variant that the list dates later, if the tier is ``CARRIED`` and the model's price did not change in
between; a ``TierRule``. Otherwise the tier of that model has no known price.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import lru_cache
from importlib.metadata import version
from typing import Final, NamedTuple

from genai_prices.types import (
    ModelInfo,
    ModelPrice,
    PriceVariant,
    StartDateConstraint,
    TieredPrices,
    TimeOfDateConstraint,
)

from usage.domain.pricing import rates as table
from usage.domain.pricing import tier_rates
from usage.domain.pricing.catalogue import find
from usage.domain.pricing.meter import UNKNOWN, Rate, Rates
from usage.domain.pricing.spelling import Spelled
from usage.domain.pricing.tokens import TOKEN_KINDS

_LIST: Final = f"genai-prices {version('genai-prices')}"

_KINDS: Final = {
    "input_mtok": "input",
    "cache_read_mtok": "cached_input",
    "cache_write_mtok": "cache_write",
    "cache_write_5m_mtok": "cache_write",
    "cache_write_1h_mtok": "cache_write_1h",
    "input_audio_mtok": "audio_input",
    "cache_audio_read_mtok": "cached_audio_input",
    "output_mtok": "output",
    "output_reasoning_mtok": "reasoning",
    "output_audio_mtok": "audio_output",
    "web_searches_kcount": "web_search",
}
#: What one event cannot count: images and video in the output, and what is billed by the second, page or character.
_PICTURES = ("output_image_mtok", "output_video_mtok")
#: What each call is charged for beside its tokens.
_BESIDE = {"requests_kcount", "output_citation_mtok"}
_CONTEXT: Final = {
    "batch": ("processing", "batch"),
    "flex": ("service_tier", "flex"),
    "priority": ("service_tier", "priority"),
}


class Price(NamedTuple):
    """The rates of a tier at an instant, whose figures they are in words and in short, and since which day, where
    known."""

    rates: Rates
    source: str
    since: date | None
    table: str = "genai-prices"


@dataclass(frozen=True, slots=True)
class Offer:
    """A model that somebody has a price for: who charges, the name that is known, whose list it is on."""

    provider: str
    name: str
    owner: str
    model: ModelInfo | None

    def basis(self, price: Price) -> str:
        """Short provenance: table, who charges and the entry, e.g. ``genai-prices:openai/gpt-4o``; in brackets whose
        list it is, where a cloud sells another's model."""
        entry = f"ft:{self.name.split(':')[1]}" if self.name.startswith("ft:") else self.name
        if self.model is not None and price.table != "rates":
            entry = self.model.id if self.owner == self.provider else f"{self.model.id} ({self.owner})"
        return f"{price.table}:{self.provider}/{entry}"

    def names(self) -> tuple[str, ...]:
        """Every name under which a contract may speak of it."""
        return (self.name, *((self.model.id,) if self.model else ()))

    def edges(self, tier: str) -> set[datetime]:
        """Instants at which the price may change for good (time of day apart)."""
        found = {moment for span in self._spans() for moment in (span.since, span.until) if moment is not None}
        found |= {extra.since for extra in self._supplements() if extra.since is not None}
        found |= {moment for step in self._steps() for moment in (step.since, step.until) if moment is not None}
        found |= {rule.since for rule in self._rules(tier)}
        constraints = [c.constraint for c in self._conditions()] + [v.constraint for v in self._variants(tier)]
        found |= {_midnight(c.start_date) for c in constraints if isinstance(c, StartDateConstraint)}
        return found

    def cuts(self, tier: str) -> set[int]:
        """Seconds of the UTC day at which the price may change."""
        found = {hour * 3600 for span in self._spans() for window in span.hours for hour in window}
        constraints = [c.constraint for c in self._conditions()] + [v.constraint for v in self._variants(tier)]
        for constraint in constraints:
            if isinstance(constraint, TimeOfDateConstraint):
                found |= {_second(constraint.start_time), _second(constraint.end_time)}
        return found

    def price(self, at: datetime, tier: str) -> Price | None:
        """The price at an instant (aware), or None when nobody knows it. Raises nothing."""
        at = at.astimezone(UTC)
        standard = self._standard(at)
        if standard is None or tier == "default":
            return standard
        if tier not in _CONTEXT:
            return None
        if self.provider == "openrouter":
            return self._batch_route(at) if tier == "batch" else None
        return self._variant(standard, at, tier) or self._by_rule(standard, at, tier)

    def _spans(self) -> Iterator[table.Span]:
        return (span for span in table.SPANS if span.provider == self.owner and table.fits(span.models, self.name))

    def _supplements(self) -> Iterator[table.Supplement]:
        return (s for s in table.SUPPLEMENTS if s.provider == self.owner and table.fits(s.models, self.name))

    def _steps(self) -> Iterator[table.LongContext]:
        return (s for s in table.LONG_CONTEXTS if s.provider == self.owner and table.fits(s.models, self.name))

    def _rules(self, tier: str) -> Iterator[tier_rates.TierRule]:
        return (
            rule
            for rule in tier_rates.TIER_RULES
            if (rule.provider, rule.tier) == (self.provider, tier)
            and any(table.fits(rule.models, n) for n in self.names())
        )

    def _conditions(self) -> list[_Condition]:
        if self.model is None:
            return []
        if isinstance(self.model.prices, ModelPrice):
            return [_Condition(None, self.model.prices)]
        return [_Condition(c.constraint, c.prices) for c in self.model.prices]

    def _variants(self, tier: str) -> list[PriceVariant]:
        if self.model is None or tier not in _CONTEXT or self.owner != self.provider:
            return []
        key, value = _CONTEXT[tier]
        return [variant for variant in self.model.price_variants or () if variant.when == {key: value}]

    def _standard(self, at: datetime) -> Price | None:
        held = [span for span in self._spans() if span.holds(at)]
        if held:
            since = held[-1].since
            return Price(self._charged(dict(held[-1].rates)), held[-1].source, since.date() if since else None, "rates")
        conditions = self._conditions()
        if not conditions:
            return None
        active = next(
            (c for c in reversed(conditions) if c.constraint is None or c.constraint.active(at)), conditions[0]
        )
        found = _listed(active.prices)
        if self.owner == "openai" and table.fits(table.IMAGE_PRICED, self.name):
            found |= {"input": UNKNOWN, "output": UNKNOWN}
        if not found:
            return None
        for extra in self._supplements():
            if extra.since is None or extra.since <= at:
                found = {**extra.rates, **_multiples(extra, found), **found}
        for step in self._steps():
            if step.holds(at):
                found = {kind: _stepped(kind, rate, step) for kind, rate in found.items()}
        since_date = active.constraint.start_date if isinstance(active.constraint, StartDateConstraint) else None
        of = "" if self.owner == self.provider else f", list of {self.owner}"
        return Price(self._charged(found), f"{_LIST}{of}", since_date)

    def _charged(self, found: dict[str, Rate]) -> dict[str, Rate]:
        """A reseller takes over the prices of tokens; its tools have prices of their own."""
        if self.owner == self.provider:
            return found
        return {kind: rate for kind, rate in found.items() if kind in TOKEN_KINDS}

    def _variant(self, standard: Price, at: datetime, tier: str) -> Price | None:
        if any(span.holds(at) for span in self._spans()):
            return None
        active = [v for v in self._variants(tier) if v.constraint is None or v.constraint.active(at)]
        if not active and (self.provider, tier) in tier_rates.CARRIED:
            dated = [v for v in self._variants(tier) if isinstance(v.constraint, StartDateConstraint)]
            first = min(dated, key=_start, default=None)
            if first is not None and self._standard(_midnight(_start(first))) == standard:
                active = [first]
        if not active:
            return None
        found = dict(standard.rates)
        for variant in reversed(active):
            for kind, rate in _listed(variant.prices).items():
                steps = standard.rates[kind].steps if kind in standard.rates else ()
                # A tier published without long-context prices says nothing of prompts beyond the first step.
                found[kind] = (
                    rate if rate.steps or not steps else Rate(rate.base, tuple((start, None) for start, _ in steps))
                )
        return Price(found, f"{_LIST}, {tier}", standard.since)

    def _by_rule(self, standard: Price, at: datetime, tier: str) -> Price | None:
        rule = next((rule for rule in self._rules(tier) if rule.since <= at), None)
        if rule is None:
            return None
        kept = {kind: rate for kind, rate in standard.rates.items() if kind not in TOKEN_KINDS}
        scaled = {kind: standard.rates[kind].times(f) for kind, f in rule.factors.items() if kind in standard.rates}
        return Price(kept | scaled, rule.source, standard.since, "rates")

    def _batch_route(self, at: datetime) -> Price | None:
        if self.name.endswith(":batch"):
            return self._standard(at)
        routed = offer(Spelled("openrouter", (f"{self.name}:batch",)))
        return routed.price(at, "default") if routed else None


class _Condition(NamedTuple):
    constraint: StartDateConstraint | TimeOfDateConstraint | None
    prices: ModelPrice


@lru_cache(maxsize=8192)
def offer(spelled: Spelled) -> Offer | None:
    """The offer behind the first of these names that a list or our own table knows; None when nobody knows it."""
    own = None
    if spelled.provider is not None:
        for name in spelled.names:
            if any(s.provider == spelled.provider and table.fits(s.models, name) for s in table.SPANS):
                own = Offer(spelled.provider, name, spelled.provider, None)
                break
    found = find(spelled)
    if found is None:
        return own
    if own is not None and own.name.startswith("ft:"):
        return own
    return Offer(found.provider, found.name, found.owner, found.model)


def _listed(prices: ModelPrice) -> dict[str, Rate]:
    """The rates of one entry. What an event cannot count and is yet charged becomes UNKNOWN, never 0."""
    found: dict[str, Rate] = {}
    charged = {key: value for key, value in vars(prices).items() if value is not None and not key.startswith("_")}
    for key, value in charged.items():
        if (kind := _KINDS.get(key)) is not None:
            found[kind] = _rate(value)
    if any(key in charged and charged[key] != charged.get("output_mtok") for key in _PICTURES):
        found["output"] = UNKNOWN
    only_uncounted = charged.keys() - {"web_searches_kcount"} and "input" not in found and "output" not in found
    by_session = "audio_hours" in charged and "input_audio_hours" not in charged
    if charged.keys() & _BESIDE or by_session or only_uncounted:
        found["request"] = UNKNOWN
    return found


def _rate(value: Decimal | TieredPrices) -> Rate:
    if isinstance(value, TieredPrices):
        return Rate(value.base, tuple((tier.start, tier.price) for tier in sorted(value.tiers, key=lambda t: t.start)))
    return Rate(value)


def _multiples(extra: table.Supplement, found: Rates) -> dict[str, Rate]:
    return {kind: found[of].times(factor) for kind, (of, factor) in extra.times.items() if of in found}


def _stepped(kind: str, rate: Rate, step: table.LongContext) -> Rate:
    if rate.steps or kind not in TOKEN_KINDS:
        return rate
    factor = step.factors.get(kind)
    return Rate(rate.base, ((step.start, rate.times(factor).base if factor is not None else None),))


def _start(variant: PriceVariant) -> date:
    return variant.constraint.start_date if isinstance(variant.constraint, StartDateConstraint) else date.max


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _second(moment: time) -> int:
    if moment.tzinfo is not None:
        moment = datetime.combine(date(1970, 1, 2), moment).astimezone(UTC).time()
    return moment.hour * 3600 + moment.minute * 60 + moment.second

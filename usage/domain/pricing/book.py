"""The price book: what a call costs, out of list prices, contract prices and aliases, remembered for speed.

Everything that can change a price is an edge on the line of time (dated prices, aliases, contracts) or a cut in the day
(hours with a price of their own). Between two of them the price of a (provider, model, service tier) is one and the
same, so it is worked out once per such cell and then looked up.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from typing import NamedTuple

from usage.domain.pricing.contracts import Alias, Override, matches
from usage.domain.pricing.meter import COST_STEP, LARGEST_COST, Meter, Rate, RateCard, Rates
from usage.domain.pricing.pricelist import Offer, Price, offer
from usage.domain.pricing.spelling import Spelled, provider_id, spell
from usage.domain.pricing.tokens import Counts

REMEMBERED = 16_384
AS_IT_IS = Decimal(1)
LONGEST_BASIS = 160


class Priced(NamedTuple):
    """What a call costs, to ten decimals, and which price that is.

    Unpriced, the cost is None and the basis ""; or the price by which the call would cost more than any does.
    """

    cost: Decimal | None
    basis: str


UNPRICED = Priced(None, "")


class _Quote(NamedTuple):
    meter: Meter
    basis: str
    rates: Rates
    source: str
    since: datetime | None
    price: Price | None
    offer: Offer | None


class PriceBook:
    """Prices calls. Immutable: when contracts or aliases change, make a new one. Safe to share between threads.

    Which alias or contract counts, when several fit at an instant: one that names a provider beats one for any; then
    the longer literal pattern; then the later ``effective_from``; then the higher id. Contracts do not add up.
    A contract fits a call by its provider and name as called, or by those it is priced as. An alias beats the lists.
    Prices are in USD; costs are in the currency of which one USD is ``per_usd``, and their basis then says so.
    The day from which a contract holds is told by the clock of ``zone``.
    """

    def __init__(
        self,
        overrides: Sequence[Override] = (),
        aliases: Sequence[Alias] = (),
        per_usd: Decimal = AS_IT_IS,
        zone: tzinfo = UTC,
    ) -> None:
        self._zone = zone
        self._per_usd = per_usd
        self._converted = per_usd != AS_IT_IS
        self._overrides = sorted(overrides, key=Override.rank, reverse=True)
        self._aliases = sorted(aliases, key=Alias.rank, reverse=True)
        self._entries: dict[tuple[str | None, str | None, str], _Entry] = {}

    def price(self, provider: str | None, model: str | None, at: datetime, tokens: Counts) -> Priced:
        """The cost of a call at its instant (aware). Unpriced when nobody knows the model, its tier, or the rate of a
        kind that was used, when the counts are impossible, and when it came to more than ``LARGEST_COST``; never priced
        in part. Raises ValueError if ``at`` is naive."""
        tier = tokens.service_tier
        entry = self._entries.get((provider, model, tier))
        if entry is None:
            entry = self._enter(provider, model, tier)
        quote = entry.quote(at)
        if quote is None:
            return UNPRICED
        cost = quote.meter.cost(tokens)
        if cost is None:
            return UNPRICED
        basis = quote.basis
        if self._converted:
            cost, basis = (cost * self._per_usd).quantize(COST_STEP), f"{basis} at {self._per_usd:f}"
        return Priced(cost if cost <= LARGEST_COST else None, basis)

    def card(
        self, provider: str | None, model: str | None, at: datetime, service_tier: str = "default"
    ) -> RateCard | None:
        """The rates behind ``price`` at an instant (aware), or None when nobody knows any."""
        entry = self._entries.get((provider, model, service_tier)) or self._enter(provider, model, service_tier)
        quote = entry.quote(at)
        if quote is None:
            return None
        found, since = quote.offer, quote.since
        return RateCard(
            provider=found.provider if found else provider_id(provider) or "",
            model=found.name if found else (model or ""),
            service_tier=service_tier,
            rates=quote.rates,
            basis=quote.basis,
            source=quote.source,
            since=since.astimezone(self._zone).date() if since else quote.price.since if quote.price else None,
            notes=_notes(quote.rates),
        )

    def may_concern(self, charging: str | None, pattern: str, provider: str | None, model: str | None) -> bool:
        """Whether a contract or alias of this pattern, for one who charges (None: any), may speak of a call at some
        time: by its name as called, or by one that it is priced as."""
        entry = self._entries.get((provider, model, "default")) or self._enter(provider, model, "default")
        return entry.known_by(charging, pattern)

    def aliases_of(self, provider: str | None, model: str | None) -> list[int]:
        """The ids of the aliases that fit a call by its name at some time."""
        return (self._entries.get((provider, model, "default")) or self._enter(provider, model, "default")).alias_ids()

    def _enter(self, provider: str | None, model: str | None, tier: str) -> _Entry:
        if len(self._entries) >= REMEMBERED:
            self._entries.clear()
        entry = _Entry(provider, model, tier, self._overrides, self._aliases)
        self._entries[provider, model, tier] = entry
        return entry


class _Entry:
    """The prices of one (provider, model, service tier) over time."""

    __slots__ = (
        *("_aliases", "_called", "_cells", "_charging", "_cuts", "_edges", "_known", "_overrides", "_spelled"),
        *("_targets", "_tier"),
    )

    def __init__(
        self,
        provider: str | None,
        model: str | None,
        tier: str,
        overrides: Sequence[Override],
        aliases: Sequence[Alias],
    ) -> None:
        self._tier = tier
        self._called = provider_id(provider)
        self._spelled = spell(provider, model) if model else Spelled(self._called, ())
        names = (model, *self._spelled.names) if model else ()
        self._aliases = [alias for alias in aliases if alias.fits((self._called, self._spelled.provider), names)]
        self._targets = {alias.id: _target(alias, self._called) for alias in self._aliases}
        offers = [found for found in (offer(self._spelled), *self._targets.values()) if found is not None]
        self._known = (
            *names,
            *(alias.priced_model for alias in self._aliases),
            *(n for o in offers for n in o.names()),
        )
        self._charging = (self._called, self._spelled.provider, *(o.provider for o in offers))
        self._overrides = [override for override in overrides if override.fits(self._charging, self._known)]
        edges = {moment for o in offers for moment in o.edges(tier)}
        edges |= {moment for alias in self._aliases for moment in alias.edges()}
        edges |= {moment for override in self._overrides for moment in override.edges()}
        self._edges = sorted(edges)
        self._cuts = sorted({cut for o in offers for cut in o.cuts(tier)})
        self._cells: dict[int, _Quote | None] = {}

    def known_by(self, charging: str | None, pattern: str) -> bool:
        """Whether a pattern fits one of the names, and who charges is one of those who may."""
        return (charging is None or provider_id(charging) in self._charging) and matches(pattern, self._known)

    def alias_ids(self) -> list[int]:
        """The ids of the aliases that fit, the one that counts first."""
        return [alias.id for alias in self._aliases]

    def quote(self, at: datetime) -> _Quote | None:
        """The price in force at an instant. Within a cell it is the same at every instant, so any may work it out."""
        if at.tzinfo is None:
            raise ValueError("a price is asked for at an instant with a time zone")
        cell = bisect_right(self._edges, at) if self._edges else 0
        if self._cuts:
            utc = at.astimezone(UTC)
            second = utc.hour * 3600 + utc.minute * 60 + utc.second
            cell = (cell * 7 + utc.weekday()) * (len(self._cuts) + 1) + bisect_right(self._cuts, second)
        try:
            return self._cells[cell]
        except KeyError:
            quote = self._cells[cell] = self._work_out(at)
            return quote

    def _work_out(self, at: datetime) -> _Quote | None:
        if not self._spelled.names:
            return None
        alias = next((alias for alias in self._aliases if alias.in_force(at)), None)
        found = self._targets[alias.id] if alias else offer(self._spelled)
        price = found.price(at, self._tier) if found else None
        override = self._contract(at, alias, found)
        via = f"alias:{alias.id}>" if alias else ""
        if override is not None:
            agreed = _agreed(override, price.rates if price else None)
            if agreed is None:
                return None
            source = f"contract price {override.id}" + (f" on {price.source}" if price else "")
            return _Quote(
                Meter(agreed), f"{via}override:{override.id}", agreed, source, override.effective_from, price, found
            )
        if price is None or found is None:
            return None
        basis = found.basis(price)
        basis = (via + basis.removeprefix("genai-prices:") if alias else basis)[:LONGEST_BASIS]
        if self._tier != "default":
            basis = f"{basis} {self._tier}"
        return _Quote(Meter(price.rates), basis, price.rates, price.source, None, price, found)

    def _contract(self, at: datetime, alias: Alias | None, found: Offer | None) -> Override | None:
        names = [*self._spelled.names]
        providers = {self._called, self._spelled.provider}
        if alias is not None:
            names.append(alias.priced_model)
        if found is not None:
            names.extend(found.names())
            providers.add(found.provider)
        return next((o for o in self._overrides if o.in_force(at) and o.fits(providers, names)), None)


def _target(alias: Alias, called: str | None) -> Offer | None:
    """What an alias prices as: with its provider, else the call's own, else what the name alone says."""
    if alias.priced_provider:
        return offer(spell(alias.priced_provider, alias.priced_model))
    return offer(spell(called, alias.priced_model)) or offer(spell(None, alias.priced_model))


def _agreed(override: Override, listed: Rates | None) -> Rates | None:
    """The list with the contract applied; None when the contract is a percentage of a price that nobody knows."""
    rates: dict[str, Rate] = dict(listed or {})
    if override.percent_off is not None:
        share = 1 - override.percent_off.scaleb(-2)
        rates = {kind: rate.times(share) for kind, rate in rates.items()}
    for kind, price in (override.rates or {}).items():
        rates[kind] = Rate(price)
    if "cached_input" in (override.rates or {}):
        rates.pop("cached_audio_input", None)
    return rates or None


def _notes(rates: Rates) -> tuple[str, ...]:
    unknown = sorted(kind for kind, rate in rates.items() if rate.base is None)
    notes = []
    if unknown:
        notes.append(f"Charged, but at a price that usage data cannot tell: {', '.join(unknown)}.")
    if any(rate.steps for rate in rates.values()):
        notes.append("A prompt beyond a step pays the price of the step for the whole call.")
    return tuple(notes)

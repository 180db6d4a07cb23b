"""From rates to money: what a set of counts costs, exactly, and the card that shows the rates.

Arithmetic runs in whole numbers of the smallest unit that the rates need, so nothing is rounded on the way. At the very
end the cost is brought to ten decimals (``numeric(20,10)``), half to even (ROUND_HALF_EVEN).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import MAX_EMAX, MIN_EMIN, ROUND_HALF_EVEN, Context, Decimal
from typing import Final, NamedTuple

from usage.domain.pricing.tokens import UNITS, Counts

COST_STEP: Final = Decimal("0.0000000001")
#: The most that one call costs, in the company's currency. The ledger holds ten times as much (``numeric(20,10)``).
LARGEST_COST: Final = Decimal(1_000_000_000)

_EXACT = Context(prec=500, rounding=ROUND_HALF_EVEN, Emin=MIN_EMIN, Emax=MAX_EMAX)


class Rate(NamedTuple):
    """USD for one unit (a million tokens, a thousand searches); None where it is charged but nobody knows how much.

    ``steps`` are long-context prices in rising order, ``(start, price)``: a call with more than ``start`` input tokens
    pays ``price`` for ALL its tokens of the kind, as every vendor with such steps publishes it.
    """

    base: Decimal | None
    steps: tuple[tuple[int, Decimal | None], ...] = ()

    def at(self, input_tokens: int) -> Decimal | None:
        """The price for a call with so many input tokens."""
        price = self.base
        for start, stepped in self.steps:
            if input_tokens > start:
                price = stepped
        return price

    def times(self, factor: Decimal) -> Rate:
        """The rate with every price multiplied, without rounding."""
        return Rate(_times(self.base, factor), tuple((start, _times(price, factor)) for start, price in self.steps))


UNKNOWN: Final = Rate(None)
FREE: Final = Rate(Decimal(0))

Rates = Mapping[str, Rate]


def _times(price: Decimal | None, factor: Decimal) -> Decimal | None:
    return None if price is None else _EXACT.multiply(price, factor)


@dataclass(frozen=True, slots=True)
class RateCard:
    """What a model costs at an instant: for the prices page and the API.

    ``rates`` by kind in USD (see ``UNITS``); ``basis`` is what an event priced with it keeps; ``source`` says in words
    where the figures come from; ``since`` is the day they began, where known.
    """

    provider: str
    model: str
    service_tier: str
    rates: Rates
    basis: str
    source: str
    since: date | None = None
    notes: tuple[str, ...] = field(default=())


class Meter:
    """Rates compiled for speed: ``cost`` takes about a microsecond."""

    __slots__ = ("_bands", "_cached_audio_differs", "_needs_request", "_scale", "_starts")

    def __init__(self, rates: Rates) -> None:
        self._starts = sorted({start for rate in rates.values() for start, _ in rate.steps})
        prices = [
            {kind: rates[kind].at(start + 1) if kind in rates else None for kind in UNITS}
            for start in [-1, *self._starts]
        ]
        self._scale = max(
            10, *(_decimals(price) + 6 for band in prices for price in band.values() if price is not None), 0
        )
        self._bands = [
            tuple(None if price is None else self._whole(price, UNITS[kind]) for kind, price in band.items())
            for band in prices
        ]
        self._needs_request = "request" in rates
        cached_audio = rates.get("cached_audio_input")
        self._cached_audio_differs = cached_audio is not None and cached_audio != rates.get("cached_input")

    def _whole(self, price: Decimal, units: int) -> int:
        return int(_EXACT.scaleb(price, self._scale)) // units

    def cost(self, counts: Counts) -> Decimal | None:
        """USD for these counts to ten decimals, or None when a count has no known rate or the counts are impossible:
        below 0, or parts larger than their whole."""
        whole_in = counts.input_tokens
        cached = counts.cached_input_tokens
        written = counts.cache_write_tokens
        written_1h = counts.cache_write_1h_tokens
        audio_in = counts.audio_input_tokens
        reasoned = counts.reasoning_tokens
        audio_out = counts.audio_output_tokens
        searches = counts.web_searches
        plain_in = whole_in - cached - written - written_1h - audio_in
        plain_out = counts.output_tokens - reasoned - audio_out
        # Or-ed together, whole numbers are negative as soon as one of them is.
        if (plain_in | cached | written | written_1h | audio_in | plain_out | reasoned | audio_out | searches) < 0:
            return None
        band = self._bands[0]
        for number, start in enumerate(self._starts, 1):
            if whole_in > start:
                band = self._bands[number]
        r_in, r_cached, r_write, r_write_1h, r_audio_in, _, r_out, r_reasoned, r_audio_out, r_search, r_request = band
        if r_reasoned is None:
            plain_out += reasoned
            reasoned = 0
        total = 0
        if plain_in:
            if r_in is None:
                return None
            total = plain_in * r_in
        if plain_out:
            if r_out is None:
                return None
            total += plain_out * r_out
        if cached:
            if r_cached is None or (audio_in and self._cached_audio_differs):
                return None
            total += cached * r_cached
        if written or written_1h or audio_in or audio_out or reasoned or searches:
            for count, rate in zip(
                (written, written_1h, audio_in, reasoned, audio_out, searches),
                (r_write, r_write_1h, r_audio_in, r_reasoned, r_audio_out, r_search),
                strict=True,
            ):
                if count:
                    if rate is None:
                        return None
                    total += count * rate
        if self._needs_request:
            if r_request is None:
                return None
            total += r_request
        return Decimal(total).scaleb(-self._scale, _EXACT).quantize(COST_STEP, ROUND_HALF_EVEN, _EXACT)


def _decimals(price: Decimal) -> int:
    exponent = price.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0

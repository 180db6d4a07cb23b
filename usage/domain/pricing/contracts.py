"""What people agreed on beside the public lists: dated contract prices and dated model aliases."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from usage.domain.pricing.spelling import provider_id
from usage.domain.pricing.tokens import CONTRACT_KINDS


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    """The glob as a regular expression that never goes back behind a part that it found, as fnmatch writes it: however
    many wildcards, it takes time in proportion to the name."""
    first, *others = (
        "".join("." if char == "?" else re.escape(char) for char in part)
        for part in re.split(r"\*+", pattern.strip().lower())
    )
    if not others:
        return re.compile(first, re.DOTALL)
    *inner, last = others
    return re.compile(first + "".join(f"(?>.*?{part})" for part in inner) + f".*{last}", re.DOTALL)


def matches(pattern: str, names: Iterable[str]) -> bool:
    """Whether a glob (``*`` any run, ``?`` any one character; case-insensitive) fits one of ``names`` as a whole."""
    compiled = _compiled(pattern)
    return any(compiled.fullmatch(name.strip().lower()) for name in names)


def literal_length(pattern: str) -> int:
    """How many characters of a glob are not wildcards: the measure of how specific it is."""
    return sum(1 for char in pattern.strip() if char not in "*?")


def _check_span(starts: datetime, ends: datetime | None) -> None:
    for moment in (starts, ends):
        if moment is not None and moment.tzinfo is None:
            raise ValueError("effective_from and effective_to need a time zone")
    if ends is not None and ends <= starts:
        raise ValueError("effective_to must be later than effective_from")


@dataclass(frozen=True, slots=True)
class Override:
    """A contract price, in force from ``effective_from`` (inclusive) to ``effective_to`` (exclusive).

    ``rates`` are flat USD prices by kind, per million tokens (per thousand web searches or requests), whatever the
    size of the prompt or the service tier; kinds it does not name keep the list price, less ``percent_off`` if that
    is given too. ``percent_off`` alone takes that share of 100 off every list price. ``provider`` None means any.
    Raises ValueError for an unknown kind, a price below 0, a percentage outside 0..100 or a span that ends before
    it starts.
    """

    id: int
    provider: str | None
    model_pattern: str
    effective_from: datetime
    effective_to: datetime | None = None
    percent_off: Decimal | None = None
    rates: Mapping[str, Decimal] | None = None

    def __post_init__(self) -> None:
        _check_span(self.effective_from, self.effective_to)
        if self.percent_off is not None and not Decimal(0) <= self.percent_off <= Decimal(100):
            raise ValueError("percent_off must lie between 0 and 100")
        if self.percent_off is None and self.rates is None:
            raise ValueError("an override needs percent_off or rates")
        for kind, rate in (self.rates or {}).items():
            if kind not in CONTRACT_KINDS:
                raise ValueError(f"unknown kind {kind!r}; known are {', '.join(sorted(CONTRACT_KINDS))}")
            if not rate.is_finite() or rate < 0:
                raise ValueError(f"the rate of {kind} must be a number of at least 0")

    def rank(self) -> tuple[bool, int, float, int]:
        """Sort key, most specific first when sorted in reverse.

        A named provider beats any provider, a longer literal pattern a shorter one, a later start an earlier one,
        and at last the higher id wins.
        """
        return (self.provider is not None, literal_length(self.model_pattern), self.effective_from.timestamp(), self.id)

    def edges(self) -> tuple[datetime, ...]:
        """Where it begins and, if it does, ends."""
        return (self.effective_from,) if self.effective_to is None else (self.effective_from, self.effective_to)

    def in_force(self, at: datetime) -> bool:
        """Whether it counts at an instant."""
        return self.effective_from <= at and (self.effective_to is None or at < self.effective_to)

    def fits(self, providers: Iterable[str | None], names: Iterable[str]) -> bool:
        """Whether it speaks of a call known by any of these provider ids and model names."""
        return (self.provider is None or provider_id(self.provider) in providers) and matches(self.model_pattern, names)


@dataclass(frozen=True, slots=True)
class Alias:
    """From ``effective_from`` to ``effective_to`` (exclusive), calls whose name fits ``pattern`` are priced as
    ``priced_model`` of ``priced_provider``; None means the provider of the call. ``provider`` None means any.
    An alias is never followed by another. Raises ValueError for a span that ends before it starts.
    """

    id: int
    provider: str | None
    pattern: str
    priced_provider: str | None
    priced_model: str
    effective_from: datetime
    effective_to: datetime | None = None

    def __post_init__(self) -> None:
        _check_span(self.effective_from, self.effective_to)

    def rank(self) -> tuple[bool, int, float, int]:
        """Sort key with the order of preference of ``Override.rank``."""
        return (self.provider is not None, literal_length(self.pattern), self.effective_from.timestamp(), self.id)

    def edges(self) -> tuple[datetime, ...]:
        """Where it begins and, if it does, ends."""
        return (self.effective_from,) if self.effective_to is None else (self.effective_from, self.effective_to)

    def in_force(self, at: datetime) -> bool:
        """Whether it counts at an instant."""
        return self.effective_from <= at and (self.effective_to is None or at < self.effective_to)

    def fits(self, providers: Iterable[str | None], names: Iterable[str]) -> bool:
        """Whether it speaks of a call known by any of these provider ids and model names."""
        return (self.provider is None or provider_id(self.provider) in providers) and matches(self.pattern, names)

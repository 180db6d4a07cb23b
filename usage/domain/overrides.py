"""Contract prices: what a vendor agreed to charge, from a date on: rates by kind of token, or a percentage off."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from difflib import get_close_matches

from django.db.models import QuerySet

from accounts.models import User
from usage.domain import agreements
from usage.domain.agreements import Made
from usage.domain.anew import Preview
from usage.domain.errors import Refused
from usage.domain.ground import override_of
from usage.domain.pricing import CONTRACT_KINDS
from usage.models import PriceOverride
from wire.money import exact

KINDS = tuple(sorted(CONTRACT_KINDS))
#: In USD: per million tokens, and per thousand of what is counted by the thousand. Dearer ones are slips of the pen. In
#: a currency of small units a call can still come to more than the ledger holds: the price book leaves it unpriced.
DEAREST, DEAREST_THOUSAND = Decimal(10_000), Decimal(500)
BY_THE_THOUSAND = {"web_search", "request"}
MAX_PLACES = 10


def draft_override(
    *,
    model_pattern: str,
    effective_from: datetime,
    effective_to: datetime | None = None,
    provider: str = "",
    percent_off: Decimal | None = None,
    rates: Mapping[str, Decimal] | None = None,
    note: str = "",
) -> PriceOverride:
    """A contract price that is sound and not stored. Raises Refused.

    `rates` are USD by kind per million tokens (per thousand web searches or requests); kinds that are not named keep
    the list price. `percent_off` takes that share of 100 off every list price. One of the two is given.
    """
    if not model_pattern.strip():
        raise Refused("model_pattern", "Name a model; * stands for any text.")
    agreements.check_dates(effective_from, effective_to)
    if (percent_off is None) == (rates is None):
        raise Refused("rates" if percent_off is None else "percent_off", "Give rates or percent_off, one of the two.")
    if percent_off is not None:
        _check_percentage(percent_off)
    if rates is not None:
        _check_rates(rates)
    row = PriceOverride(
        provider=provider.strip(),
        model_pattern=model_pattern.strip(),
        effective_from=effective_from,
        effective_to=effective_to,
        percent_off=percent_off,
        rates=None if rates is None else {kind: exact(rate) for kind, rate in sorted(rates.items())},
        note=note.strip(),
    )
    try:
        override_of(row)
    except ValueError as error:
        raise Refused("model_pattern", str(error)) from None
    agreements.refuse_twin(row)
    return row


def _check_percentage(percentage: Decimal) -> None:
    if not percentage.is_finite() or not 0 <= percentage <= 100:
        raise Refused("percent_off", "A percentage lies between 0 and 100.")
    if percentage != round(percentage, 4):
        raise Refused("percent_off", "At most 4 decimals.")


def _check_rates(rates: Mapping[str, Decimal]) -> None:
    if not rates:
        raise Refused("rates", f"Name at least one rate, of {', '.join(KINDS)}.")
    for kind, rate in rates.items():
        field = f"rates.{kind[:40]}"
        if kind not in CONTRACT_KINDS:
            near = get_close_matches(kind[:40], KINDS, n=1)
            raise Refused(field, f"There is no such kind. {f'Did you mean {near[0]}?' if near else ''}".strip())
        dearest = DEAREST_THOUSAND if kind in BY_THE_THOUSAND else DEAREST
        if not rate.is_finite() or not 0 <= rate <= dearest:
            raise Refused(field, f"A rate lies between 0 and {dearest:,} USD.")
        if rate != round(rate, MAX_PLACES):
            raise Refused(field, f"At most {MAX_PLACES} decimals.")


def create_override(draft: PriceOverride, by: User | None, now: datetime, *, reprice: bool = True) -> Made:
    """Stores a contract price; past usage follows by a job. Posts are priced by it from now on. Raises Refused."""
    return agreements.add(draft, by, now, reprice=reprice, only_unpriced=False)


def preview_override(draft: PriceOverride, now: datetime, *, most: int | None = None) -> Preview:
    """What past usage would change, of the first `most` events. Writes nothing."""
    return agreements.preview_add(draft, now, only_unpriced=False, most=most)


def overrides(*, at: datetime | None = None) -> QuerySet[PriceOverride]:
    """All contract prices with who made them, or those in force at an instant; the latest first."""
    return agreements.in_force(PriceOverride.objects.select_related("created_by"), at)

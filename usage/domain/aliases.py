"""Aliases of model names: what a name that no list knows is priced as, from a date on."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from accounts.models import User
from usage.domain import agreements
from usage.domain.agreements import Made
from usage.domain.anew import Preview
from usage.domain.calls import OLDEST
from usage.domain.errors import Refused
from usage.domain.ground import load_prices
from usage.domain.price_list import nearest
from usage.domain.pricing import PriceBook
from usage.models import ModelAlias


def draft_alias(
    *,
    pattern: str,
    priced_model: str,
    now: datetime,
    provider: str = "",
    priced_provider: str = "",
    effective_from: datetime | None = None,
    effective_to: datetime | None = None,
) -> ModelAlias:
    """An alias that is sound and not stored. Without `effective_from` it holds for all usage ever. Raises Refused.

    `priced_provider` "" is the provider of the call, or the one that the name alone says.
    """
    if not pattern.strip():
        raise Refused("pattern", "Write the name as it is called; * stands for any text.")
    if not priced_model.strip():
        raise Refused("priced_model", "Name the model whose price holds.")
    begins = effective_from or OLDEST
    agreements.check_dates(begins, effective_to)
    row = ModelAlias(
        provider=provider.strip(),
        pattern=pattern.strip(),
        priced_provider=priced_provider.strip(),
        priced_model=priced_model.strip(),
        effective_from=begins,
        effective_to=effective_to,
    )
    _refuse_unknown(row, load_prices(), now)
    agreements.refuse_twin(row)
    return row


def _refuse_unknown(row: ModelAlias, book: PriceBook, now: datetime) -> None:
    """An alias of a model that nobody has a price for would leave the calls unpriced and look like a cure."""
    charging = row.priced_provider or row.provider
    sellers = (row.priced_provider,) if row.priced_provider else (row.provider or None, None)
    if any(book.card(seller, row.priced_model, at) for seller in sellers for at in (now, row.effective_from)):
        return
    near = nearest(charging, row.priced_model)
    wish = f"Did you mean {near}?" if near else "Name a model that has a price, or agree a contract price for it first."
    whose = f" at {charging}" if charging else ""
    raise Refused("priced_model", f"Nobody has a price for {row.priced_model}{whose}. {wish}")


def create_alias(
    draft: ModelAlias, by: User | None, now: datetime, *, reprice: bool = True, only_unpriced: bool = True
) -> Made:
    """Stores an alias; usage that had no price (or all that it fits) follows by a job. Raises Refused."""
    return agreements.add(draft, by, now, reprice=reprice, only_unpriced=only_unpriced)


def preview_alias(draft: ModelAlias, now: datetime, *, only_unpriced: bool = True, most: int | None = None) -> Preview:
    """What past usage would change, of the first `most` events. Writes nothing."""
    return agreements.preview_add(draft, now, only_unpriced=only_unpriced, most=most)


def aliases(*, at: datetime | None = None) -> QuerySet[ModelAlias]:
    """All aliases with who made them, or those in force at an instant; the latest first."""
    return agreements.in_force(ModelAlias.objects.select_related("created_by"), at)

"""Who may see usage, read agreements and set prices: the rules that the API, pages, charts and exports all use."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet

from accounts.domain.people import to_ask
from accounts.domain.roles import ADMIN, FINANCE, may_set_prices, sees_everything
from accounts.models import User
from usage.domain import ground, visibility
from usage.domain.aliases import aliases
from usage.domain.directory import entries
from usage.domain.price_list import agreements_in, explain
from usage.domain.pricing import PriceBook, RateCard
from usage.domain.visibility import Seen
from usage.models import HourlyUsage, ModelAlias, TeamDepartment, UsageEvent


def seen_by(user: Any) -> Seen:
    """The usage that the user may see, each row once."""
    if not isinstance(user, User) or not user.is_active:
        return visibility.nothing()
    return visibility.everything() if sees_everything(user) else visibility.for_reasons(user)


def visible_hours(user: Any) -> QuerySet[HourlyUsage]:
    """The hourly usage that the user may see, each row once."""
    return seen_by(user).hours


def visible_events(user: Any) -> QuerySet[UsageEvent]:
    """The events that the user may see, each once."""
    return seen_by(user).events


def visible_entries(user: Any) -> QuerySet[TeamDepartment]:
    """The team directory as far as the user may see it: all of it, or the teams that usage they see is of."""
    if not isinstance(user, User) or not user.is_active:
        return entries().none()
    if sees_everything(user):
        return entries()
    used = seen_by(user).label_sets.filter(team__isnull=False)
    return entries().filter(team__in=used.order_by().values("team"))


def may_read_contracts(user: Any) -> bool:
    """What was agreed with vendors is read by those who see all the company's money: docs/decisions/0021."""
    return sees_everything(user)


def require_may_read_contracts(user: Any) -> None:
    """Raises PermissionDenied, which says who can and whom to ask."""
    if not may_read_contracts(user):
        raise _refused("Contract prices are read")


def visible_aliases(user: Any, *, at: datetime | None = None) -> QuerySet[ModelAlias]:
    """Aliases, or those in force at an instant: all of them, or those that a name in usage that one sees fits."""
    found = aliases(at=at)
    if sees_everything(user):
        return found
    names = seen_by(user).label_sets.order_by().values_list("provider", "model").distinct()
    book = ground.current().prices
    return found.filter(pk__in={pk for name in names for pk in book.aliases_of(*name)})


class Told(NamedTuple):
    """A price as somebody may read it, and why it is that or none is told; `withheld` where they may not read it."""

    card: RateCard | None
    why: str
    withheld: bool = False


WITHHELD = "A contract price holds. Finance and administrators can read it."


def price_told(
    user: Any, book: PriceBook, provider: str | None, model: str | None, at: datetime, tier: str = "default"
) -> Told:
    """The price of a name at an instant, as the user may read it."""
    card, why = explain(book, provider, model, at, tier)
    if card is not None and agreements_in(card.basis)[1] is not None and not may_read_contracts(user):
        return Told(None, WITHHELD, withheld=True)
    return Told(card, why)


def may_import(user: Any) -> bool:
    """Files of past usage, costs and all, are brought in by those who answer for the company's figures."""
    return sees_everything(user)


def require_may_import(user: Any) -> None:
    """Raises PermissionDenied, which says who can and whom to ask."""
    if not may_import(user):
        raise _refused("Files of usage are imported")


def require_may_set_prices(user: Any) -> User:
    """The person, when they may set prices. Raises PermissionDenied, which says who can and whom to ask."""
    if isinstance(user, User) and may_set_prices(user):
        return user
    raise _refused("Prices, aliases and the team directory are set")


def _refused(what: str) -> PermissionDenied:
    ask = to_ask(FINANCE, ADMIN)
    return PermissionDenied(f"{what} by finance and administrators." + (f" Ask {ask}." if ask else ""))

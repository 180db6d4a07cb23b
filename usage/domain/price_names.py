"""Names that prices are given by, found by a part of them: those in use first, then those of the price list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import cache
from itertools import islice
from typing import NamedTuple

from usage.domain.price_list import agreements_in
from usage.domain.pricing import PriceBook
from usage.domain.pricing.catalogue import known_models
from usage.domain.pricing.spelling import provider_id
from usage.domain.visibility import Seen


class Named(NamedTuple):
    """A model's name, and the providers that it is called at or sold by."""

    name: str
    providers: tuple[str, ...]


def models_like(seen: Seen, text: str, most: int) -> list[Named]:
    """Up to `most` models whose names hold the text, in any case."""
    return list(islice(_like(_models(seen, text), text), most))


def priced_like(book: PriceBook, seen: Seen, text: str, at: datetime, most: int, provider: str = "") -> list[Named]:
    """Up to `most` models whose names hold the text and that have a price at an instant, at this provider if named.

    One that has it by an alias is left out: an alias leads to no other. A provider that is neither in use nor in the
    list has none, and is not asked for: the book would remember each of its models.
    """
    if provider and not any(provider.casefold() == name.casefold() for name in providers_like(seen, provider, most)):
        return []

    def sells(seller: str, name: str) -> bool:
        card = book.card(seller, name, at)
        return card is not None and agreements_in(card.basis)[0] is None

    def sellers(model: Named) -> tuple[str, ...]:
        asked = (provider,) if provider else model.providers
        return tuple(seller for seller in asked if sells(seller, model.name))

    sold = (Named(model.name, sellers(model)) for model in _like(_models(seen, text), text))
    return list(islice((model for model in sold if model.providers), most))


def providers_like(seen: Seen, text: str, most: int) -> list[str]:
    """Up to `most` providers whose names hold the text, in any case."""
    used = seen.label_sets.filter(provider__icontains=text).order_by().values_list("provider", flat=True).distinct()
    listed = dict.fromkeys(owner for owner, _ in _listed())
    known = [Named(name, ()) for name in (*sorted(name for name in used if name), *listed)]
    return [one.name for one in islice(_like(_together(known), text), most)]


def _models(seen: Seen, text: str) -> list[Named]:
    used = seen.label_sets.filter(model__icontains=text).order_by("model", "provider")
    pairs = used.values_list("model", "provider").distinct()
    return _together(
        [
            *(Named(model, (provider,) if provider else ()) for model, provider in pairs if model),
            *(Named(model, (owner,)) for owner, model in _listed()),
        ]
    )


@cache
def _listed() -> tuple[tuple[str, str], ...]:
    """(provider, model) of the price list; some of its entries are called by how their names begin."""
    return tuple(sorted((owner, model.id) for owner, model in known_models() if model.id[-1].isalnum()))


def _together(names: Iterable[Named]) -> list[Named]:
    """Each name once, where it stands first, with all of its providers."""
    found: dict[str, dict[str, str]] = {}
    for name, providers in names:
        spelled = found.setdefault(name, {})
        for provider in providers:
            spelled.setdefault(provider_id(provider) or provider, provider)
    return [Named(name, tuple(spelled.values())) for name, spelled in found.items()]


def _like(names: Iterable[Named], text: str) -> Iterator[Named]:
    """Those that hold the text: first the one that is it, then those that begin with it."""
    wanted = text.casefold()
    fitting = [one for one in names if wanted in one.name.casefold()]
    places = {one: (one.name.casefold() != wanted, not one.name.casefold().startswith(wanted)) for one in fitting}
    yield from sorted(fitting, key=lambda one: places[one])

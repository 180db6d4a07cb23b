"""The pages of one budget: that of its spend, and those that rooms above add. Tabs under its head lead to them."""

from __future__ import annotations

from typing import NamedTuple

from django.urls import reverse


class Place(NamedTuple):
    """A page of every budget: what its tab says, and the name of its address, which takes the budget's id."""

    name: str
    url_name: str


class Tab(NamedTuple):
    """A tab under a budget's head."""

    name: str
    address: str
    chosen: bool


SPEND = "budgets:detail"
_places = [Place("Spend", SPEND)]


def register(name: str, url_name: str) -> None:
    """Adds a page to every budget; for the ready() of the app that has it."""
    _places.append(Place(name, url_name))


def tabs_of(budget: int, chosen: str) -> list[Tab]:
    """The tabs of a budget in the order in which they were added; `chosen` is the name of the page's own address."""
    return [Tab(place.name, reverse(place.url_name, args=[budget]), place.url_name == chosen) for place in _places]

"""The tabs of the pages of forecasts."""

from __future__ import annotations

from django.urls import reverse

from budgets.places import Tab

PAGES = (
    ("Budgets", "forecasts:list"),
    ("Next quarter", "forecasts:next-quarter"),
    ("Accuracy", "forecasts:accuracy"),
)


def tabs(chosen: str) -> list[Tab]:
    """The pages of forecasts; `chosen` is the name of the page's own address."""
    return [Tab(name, reverse(url_name), url_name == chosen) for name, url_name in PAGES]

"""Asks the workers for a forecast that somebody waits for, at most once a minute."""

from __future__ import annotations

from django.core.cache import cache

from wire.jobs import soon

AGAIN = 60  # seconds
ASKED = "forecasts-asked"


def ask_soon() -> None:
    """Has what is due forecast without waiting for beat; where the cache is lost beat alone does it."""
    if cache.add(ASKED, 1, AGAIN):
        soon("forecasting.tasks.forecast_due")

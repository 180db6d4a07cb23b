"""How sure a band may be asked to be. Pure."""

from __future__ import annotations

from decimal import Decimal

from forecasting.domain.assumptions import number_in

LEAST_SURE, MOST_SURE = Decimal("0.5"), Decimal("0.99")
NOT_SURE = f"Choose a share from {LEAST_SURE} to {MOST_SURE}, such as 0.95."


class ConfidenceError(ValueError):
    """No band is made of what was asked for; the message says what to do."""


def confidence_of(text: str) -> Decimal:
    """The share of 1 that somebody wrote. Raises ConfidenceError."""
    found = number_in(text)
    if found is None or not LEAST_SURE <= found <= MOST_SURE:
        raise ConfidenceError(NOT_SURE)
    return found.normalize()

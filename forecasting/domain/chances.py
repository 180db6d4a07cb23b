"""Chances in words: "about 1 in 3" is what people bet on, 31 % is not. Pure."""

from __future__ import annotations

from decimal import Decimal

#: What is said, by what it stands for: so many in so many.
ODDS = (
    *((1, 20), (1, 10), (1, 5), (1, 4), (1, 3), (2, 5), (1, 2)),
    *((3, 5), (2, 3), (3, 4), (4, 5), (9, 10), (19, 20)),
)
HARDLY, SURELY = Decimal("0.03"), Decimal("0.97")


def odds(chance: Decimal) -> str:
    """A chance as a share of 1 in words: "about 1 in 3", "very unlikely", "almost certain"."""
    if chance < HARDLY:
        return "very unlikely"
    if chance > SURELY:
        return "almost certain"
    part, whole = min(ODDS, key=lambda pair: abs(Decimal(pair[0]) / pair[1] - chance))
    return f"about {part} in {whole}"

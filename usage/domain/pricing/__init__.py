"""What LLM calls cost: exact, dated, and unpriced rather than guessed. Pure: no tables, no network, no clock.

``tokens`` what a call used; ``spelling`` how names are written; ``catalogue`` which models the lists know;
``rates`` and ``tier_rates`` our own dated table; ``pricelist`` the list price at an instant; ``contracts`` contract
prices and aliases; ``meter`` from rates to money; ``book`` all of it together, remembered.
"""

from usage.domain.pricing.book import PriceBook, Priced
from usage.domain.pricing.contracts import Alias, Override
from usage.domain.pricing.meter import LARGEST_COST, Rate, RateCard
from usage.domain.pricing.tokens import CONTRACT_KINDS, Counts

__all__ = [
    "CONTRACT_KINDS",
    "LARGEST_COST",
    "Alias",
    "Counts",
    "Override",
    "PriceBook",
    "Priced",
    "Rate",
    "RateCard",
]

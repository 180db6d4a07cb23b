"""Money on its way out: exact decimal strings, whatever number the caller has."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Union

Money = Union[Decimal, int, str, float]

# Wider than any ledger keeps. Beyond it a short "1e999999" would be written out as a million digits.
_PLACES = 100


def decimal_string(value: Money, name: str) -> str:
    """The amount as plain digits: Decimal("1E-7") and 1e-7 give "0.0000001".

    A float stands for the digits that Python shows for it, not for its binary expansion. Raises ValueError naming
    `name` for what is no finite number.
    """
    if isinstance(value, bool) or not isinstance(value, (Decimal, int, str, float)):
        raise ValueError(f"{name} must be a Decimal, a string, an int or a float, not {type(value).__name__}")
    try:
        # float.__repr__, because subclasses such as numpy's print more than the digits.
        amount = Decimal(float.__repr__(value)) if isinstance(value, float) else Decimal(value)
    except InvalidOperation:
        raise ValueError(f"{name} is not a number") from None
    if not amount.is_finite():
        raise ValueError(f"{name} must be finite")
    if abs(amount.adjusted()) > _PLACES or len(amount.as_tuple().digits) > _PLACES:
        raise ValueError(f"{name} is out of range")
    return format(amount, "f")

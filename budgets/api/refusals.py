"""What the domain refuses, as the API says it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rest_framework.exceptions import ValidationError

from budgets.domain.errors import BudgetConflict, BudgetError
from wire.errors import Conflict


@contextmanager
def told(user: Any) -> Iterator[None]:
    """Turns what the domain refuses into an error of the field, without naming a budget that the user may not see."""
    try:
        yield
    except BudgetConflict:
        raise Conflict from None
    except BudgetError as error:
        raise ValidationError({error.field: [error.message_for(user)]}) from None

"""What the domain refuses, as the API says it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rest_framework.exceptions import ValidationError

from budgets.domain.errors import BudgetConflict, BudgetError
from budgets.models import Budget
from wire.errors import Conflict


@contextmanager
def told(user: Any) -> Iterator[None]:
    """Turns what the domain refuses into an error of the field, without naming a budget that the user may not see."""
    try:
        yield
    except BudgetConflict:
        raise Conflict from None
    except BudgetError as error:
        known = error.about is None or Budget.objects.visible_to(user).filter(pk=error.about.pk).exists()
        raise ValidationError({error.field: [error.message if known else error.elsewhere]}) from None

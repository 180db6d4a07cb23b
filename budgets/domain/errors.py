"""What a budget refuses, by field, in a sentence that says what would pass."""

from __future__ import annotations


class BudgetError(ValueError):
    """A budget cannot be made or changed like this. `field` is the API's name of what to change."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


class BudgetConflict(Exception):
    """Someone else changed the budget since it was read."""

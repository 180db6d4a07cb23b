"""What a budget refuses, by field, in a sentence that says what would pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied

if TYPE_CHECKING:
    from budgets.models import Budget


class BudgetError(ValueError):
    """A budget cannot be made or changed like this. `field` is the API's name of what to change.

    `about` is another budget that the message speaks of: who may not see that one is told `elsewhere` instead.
    """

    def __init__(self, field: str, message: str, about: Budget | None = None, elsewhere: str = "") -> None:
        super().__init__(message)
        self.field = field
        self.message = message
        self.about = about
        self.elsewhere = elsewhere or message

    def message_for(self, user: Any) -> str:
        """The sentence for this person, which names no budget that they may not see."""
        seen = self.about is None or type(self.about).objects.visible_to(user).filter(pk=self.about.pk).exists()
        return self.message if seen else self.elsewhere


class BudgetConflict(Exception):
    """Someone else changed the budget since it was read."""


class BudgetForbidden(PermissionDenied):
    """The person may not do this where they want it; the message says what they may do."""

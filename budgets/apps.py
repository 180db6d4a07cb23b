"""The Django app of budgets: keeps its books with the ledger of usage."""

from django.apps import AppConfig


class BudgetsConfig(AppConfig):
    """Registers budgets with the ledger."""

    name = "budgets"

    def ready(self) -> None:
        """Asks usage to hand over what it posts."""
        from budgets.domain.charging import BudgetBook
        from usage.domain import books

        books.register(BudgetBook())

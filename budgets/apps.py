"""The Django app of budgets: keeps its books with the ledger of usage."""

from django.apps import AppConfig


class BudgetsConfig(AppConfig):
    """Registers budgets with the ledger."""

    name = "budgets"

    def ready(self) -> None:
        """Asks usage to hand over what it posts, and tells it who may see what."""
        from budgets.domain.charged import charged_to_visible, of_budget
        from budgets.domain.charging import BudgetBook
        from budgets.needs import needs
        from usage.domain import books, visibility
        from wire import needs as waiting

        books.register(BudgetBook())
        visibility.register(charged_to_visible)
        visibility.register_narrowing("budget", of_budget)
        waiting.register(needs)

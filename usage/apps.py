"""The Django app of usage."""

from django.apps import AppConfig


class UsageConfig(AppConfig):
    """Registers the ledger of usage."""

    name = "usage"

    def ready(self) -> None:
        """Tells the overview what of usage waits for somebody."""
        from usage.needs import needs
        from wire import needs as waiting

        waiting.register(needs)

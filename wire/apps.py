"""The Django app of the lowest room."""

from django.apps import AppConfig


class WireConfig(AppConfig):
    """Registers the table of idempotency records, and how instants are read."""

    name = "wire"

    def ready(self) -> None:
        """Takes part in every connection that is made."""
        from django.db.backends.signals import connection_created

        from wire.instants import read_quickly

        connection_created.connect(read_quickly)

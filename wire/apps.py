"""The Django app of the lowest room."""

from django.apps import AppConfig


class WireConfig(AppConfig):
    """Registers the table of idempotency records."""

    name = "wire"

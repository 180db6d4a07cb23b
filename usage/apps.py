"""The Django app of usage."""

from django.apps import AppConfig


class UsageConfig(AppConfig):
    """Registers the ledger of usage."""

    name = "usage"

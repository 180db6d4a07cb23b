"""The Django app of the top floor: commands and pages that belong to no single room."""

from django.apps import AppConfig


class CostOpsConfig(AppConfig):
    """Registers the top floor."""

    name = "costops"

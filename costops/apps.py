"""The Django app of the top floor: commands and pages that belong to no single room."""

from django.apps import AppConfig

from costops.celery import app as celery_app


class CostOpsConfig(AppConfig):
    """Registers the top floor."""

    name = "costops"
    celery = celery_app  # Imported with Django, so that what pages and commands send goes to the settings' broker.

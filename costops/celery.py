"""The Celery application: configured by Django's settings, tasks found in the rooms."""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "costops.settings")
app = Celery("costops")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def leave_logging_to_django(**signal: Any) -> None:
    """Celery sets up no logging of its own where somebody answers this signal."""

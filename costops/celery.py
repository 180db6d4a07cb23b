"""The Celery application: configured by Django's settings, tasks found in the rooms."""

import os
import signal
from typing import Any

from celery import Celery
from celery.signals import setup_logging, worker_process_init

from costops.supervisor import tether

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "costops.settings")
app = Celery("costops")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def leave_logging_to_django(**event: Any) -> None:
    """Celery sets up no logging of its own where somebody answers this signal."""


@worker_process_init.connect
def end_with_the_worker(**event: Any) -> None:
    """A process of the pool that is in the middle of a task would outlive a worker that is killed."""
    tether.tie(signal.SIGKILL, os.getppid())

"""The Celery application: configured by Django's settings, tasks found in the rooms."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "costops.settings")
app = Celery("costops")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

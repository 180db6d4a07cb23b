"""Jobs that are started at once where they can be."""

from __future__ import annotations

import pytest
from celery import Celery, current_app
from django.conf import settings
from kombu.exceptions import OperationalError

from usage.domain import agreements, attribution
from wire.jobs import soon

away = Celery("away", set_as_current=False)
away.conf.broker_write_url = "redis://127.0.0.1:1/0"
away.conf.broker_transport_options = settings.CELERY_BROKER_TRANSPORT_OPTIONS


@away.task
def work() -> None:
    raise AssertionError("nobody runs this")


@pytest.mark.django_db
def test_a_broker_that_is_away_fails_no_request(django_capture_on_commit_callbacks):
    with pytest.raises(OperationalError):
        work.apply_async(retry=False)
    with django_capture_on_commit_callbacks(execute=True) as sent:
        soon(work)
    assert len(sent) == 1


def test_pages_and_commands_send_to_the_broker_of_the_settings():
    assert current_app.conf.broker_url == settings.CELERY_BROKER_URL
    assert current_app.main == "costops"


@pytest.mark.parametrize("name", [agreements.PRICE_ANEW, attribution.ATTRIBUTE_ANEW])
def test_a_job_that_a_domain_names_is_one_that_workers_know(name: str) -> None:
    current_app.loader.import_default_modules()
    assert name in current_app.tasks

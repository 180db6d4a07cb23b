"""What the page of models tells of repricings: all that are under way, and failures that nobody has made good yet."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from tests.factories import call, now, spend
from tests.pages.reading import text_of
from usage.models import RepriceJob

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
State = RepriceJob.State


def job(state: str, *, ended: float = 0, days: tuple[float, float] = (20, 10), **fields: Any) -> RepriceJob:
    """A job over some days, in this state since `ended` days ago."""
    span = {"start": now().replace(hour=0) - days[0] * DAY, "end": now().replace(hour=0) - days[1] * DAY}
    at = now() - ended * DAY
    fields = {"reason": f"Job {state}", "model_pattern": "house", **span, **fields}
    return RepriceJob.objects.create(state=state, created_at=at, finished_at=at, **fields)


@pytest.fixture
def page(signed_in: Callable[..., Client]) -> Callable[[], str]:
    """What finance reads."""
    client = signed_in("finance")
    return lambda: text_of(client.get("/models/"))


@pytest.mark.parametrize("state", [State.WAITING, State.RUNNING])
def test_a_name_is_being_priced_however_many_jobs_came_after_its_own(page, state):
    spend(call(model="house", input_tokens=5))
    job(state, ended=1)
    for _ in range(12):
        job(State.WAITING, model_pattern="other")
    assert "its calls are being priced" in page()


def test_a_failure_is_told_until_a_later_job_over_the_same_days_succeeded(page):
    failed = job(State.FAILED, ended=2)
    assert "Job failed. Past usage is priced anew: failed" in page()
    job(State.DONE, ended=3)
    job(State.DONE, ended=1, days=(19, 0))
    job(State.DONE, ended=1, model_pattern="other")
    job(State.DONE, ended=1, provider="azure")
    job(State.DONE, ended=1, only_unpriced=True)
    assert "Job failed" in page(), "none of these looked through all that it was to look through"
    job(State.DONE, ended=1, start=failed.start, end=failed.end + DAY, model_pattern="*")
    assert "Job failed" not in page()


def test_a_failure_is_not_told_for_ever(page):
    job(State.FAILED, ended=6.9)
    assert "Job failed" in page()
    RepriceJob.objects.update(finished_at=now() - 7.1 * DAY)
    assert "Job failed" not in page()

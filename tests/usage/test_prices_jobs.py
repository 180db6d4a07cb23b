"""Repricing as a job: exact whatever happens beside it, whoever works on it, and however often it is stopped."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now

from budgets.domain.changes import create_budget
from budgets.domain.check import check
from budgets.domain.history import Actor
from budgets.models import BudgetCorrection
from tests.at_once import waiting_for_locks
from tests.usage.importing import database_environment
from tests.usage.repricing import MILLION, NOW, agree, call, costs, post, rename, totals, wait_for, work
from usage.domain import books, reprice
from usage.domain.ingest import Post, ingest
from usage.domain.reattribute import attribute_due
from usage.models import AttributionTag, HourlyUsage, RepriceJob, UsageEvent

State = RepriceJob.State


def thread(function: Callable[[], Any], errors: list[BaseException]) -> threading.Thread:
    def run() -> None:
        try:
            function()
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    started = threading.Thread(target=run)
    started.start()
    return started


def test_repricing_while_two_threads_post_leaves_every_rollup_exact(committed):
    create_budget(Actor(None), {"name": "Company", "amount": 10**6, "scope": {}}, NOW, all_history=True)
    create_budget(Actor(None), {"name": "Team", "amount": 10**6, "scope": {"teams": ["t1"]}}, NOW, all_history=True)
    post(*[call(n / 500, team=f"t{n % 3}") for n in range(3_000)])
    errors: list[BaseException] = []

    def poster(seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(25):
            ingest([Post([call(chance.random() * 6, team=f"t{n % 3}") for n in range(40)])], NOW)

    posting = [thread(lambda seed=seed: poster(seed), errors) for seed in (1, 2)]
    agree(30, rates={"input": Decimal(7)})
    work()
    for one in posting:
        one.join()

    assert errors == []
    assert set(costs()) == {Decimal(7)}
    assert totals() == (5_000 * 7, 5_000 * 7)
    assert check() == []


class Slow:
    """A book of a room above that takes its time, inside the transaction of a post."""

    def __init__(self) -> None:
        self.reached, self.go_on = threading.Event(), threading.Event()

    def open_attributions(self, cursor: object, new: Sequence[object], now: object) -> None:
        """Nothing."""

    def post(self, cursor: object, lines: Sequence[object], now: object, *, repricing: int | None = None) -> None:
        """Waits until it may go on."""
        self.reached.set()
        assert self.go_on.wait(30)


def test_a_post_under_way_when_a_price_changes_is_priced_by_it_in_the_end(committed):
    slow = Slow()
    errors: list[BaseException] = []
    books._books.append(slow)
    try:
        posting = thread(lambda: post(call()), errors)
        assert slow.reached.wait(30)
        agreeing = thread(lambda: (agree(1, rates={"input": Decimal(7)}), work()), errors)
        while agreeing.is_alive() and not waiting_for_locks():
            pass
        slow.go_on.set()
        posting.join()
        agreeing.join()
    finally:
        books._books.remove(slow)
    assert errors == []
    assert costs() == [7]


def test_two_jobs_and_a_new_attribution_at_once_undo_nothing_of_each_other(committed):
    create_budget(Actor(None), {"name": "Company", "amount": 10**6, "scope": {}}, NOW, all_history=True)
    post(*[call(n / 500, tags={"feature": f"f{n % 2}"}) for n in range(4_500)])
    agree(30, rates={"input": Decimal(7)}, reprice=False)
    wait_for(model_pattern="gpt-4")
    wait_for()
    AttributionTag.objects.create(key="feature")
    errors: list[BaseException] = []
    workers = [thread(work, errors), thread(work, errors), thread(lambda: attribute_due(NOW), errors)]
    for one in workers:
        one.join()

    assert errors == []
    assert totals() == (4_500 * 7, 4_500 * 7)
    features = UsageEvent.objects.values_list("attribution__tags__feature", flat=True)
    assert sorted(features) == ["f0"] * 2_250 + ["f1"] * 2_250
    jobs = RepriceJob.objects.all()
    assert sum(job.events_changed for job in jobs) == 4_500
    assert sum(job.cost_change for job in jobs) == 4_500 * (7 - 30)
    assert check() == []


KILLED = """
import os, signal, sys
import django
django.setup()
from django.utils import timezone
from usage.domain import reprice
def die(job):
    if job.events_seen >= 4_000:
        os.kill(os.getpid(), signal.SIGKILL)
reprice.run(int(sys.argv[1]), timezone.now(), die)
"""


def test_a_job_whose_process_was_killed_goes_on_behind_its_last_step(committed):
    create_budget(Actor(None), {"name": "Company", "amount": 10**6, "scope": {}}, NOW, all_history=True)
    post(*[call(n / 500) for n in range(5_000)])
    post(*[call(30 + n / 500) for n in range(2_000)])
    agree(400, rates={"input": Decimal(7)}, reprice=False)
    job = wait_for()
    environment = {**database_environment(), "DJANGO_SETTINGS_MODULE": "costops.settings"}
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(job.pk)], env=environment, capture_output=True, timeout=60
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    job.refresh_from_db()
    assert (job.state, job.events_seen) == (State.RUNNING, 4_000)

    assert work() == 0, "its process may still be alive"
    RepriceJob.objects.update(touched_at=Now() - reprice.STALE - timedelta(seconds=1))
    assert work() == 1

    job.refresh_from_db()
    assert (job.state, job.events_seen, job.events_changed) == (State.DONE, 7_000, 7_000)
    assert job.cost_change == 7_000 * (7 - 30)
    assert sum(BudgetCorrection.objects.values_list("cost_change", flat=True)) == 7_000 * (7 - 30)
    assert totals() == (7_000 * 7, 7_000 * 7)
    assert check() == []


class Broken:
    """A book of a room above that cannot post any more."""

    def __init__(self) -> None:
        self.after = 1

    def open_attributions(self, cursor: object, new: Sequence[object], now: object) -> None:
        """Nothing."""

    def post(self, cursor: object, lines: Sequence[object], now: object, *, repricing: int | None = None) -> None:
        """Fails at its second time."""
        self.after -= 1
        if self.after < 0:
            raise RuntimeError("the page is full")


@pytest.mark.django_db
def test_a_step_that_fails_leaves_nothing_behind_and_says_why():
    post(*[call(n / 500) for n in range(3_000)])
    agree(30, rates={"input": Decimal(7)})
    books._books.append(Broken())
    try:
        work()
    finally:
        books._books.pop()
    job = RepriceJob.objects.get()
    assert (job.state, job.error) == (State.FAILED, "RuntimeError: the page is full")
    assert (job.events_seen, job.cost_change) == (2_000, 2_000 * (7 - 30))
    assert costs().count(Decimal(7)) == 2_000
    assert check() == []


@pytest.mark.django_db
def test_a_process_that_lost_its_job_to_another_changes_nothing_any_more():
    post(*[call(n / 500) for n in range(5_000)])
    agree(30, rates={"input": Decimal(7)})
    job = RepriceJob.objects.get()

    def taken_over(found: RepriceJob) -> None:
        if found.events_seen == 2_000:
            RepriceJob.objects.update(touched_at=Now() - reprice.STALE - timedelta(seconds=1))
            assert reprice.run(job.pk, NOW)

    assert not reprice.run(job.pk, NOW, taken_over)
    job.refresh_from_db()
    assert (job.state, job.events_seen, job.cost_change) == (State.DONE, 5_000, 5_000 * (7 - 30))


@pytest.mark.django_db
def test_a_job_that_is_stopped_by_hand_waits_for_the_next_worker():
    post(*[call(n / 500) for n in range(3_000)])
    agree(30, rates={"input": Decimal(7)})
    job = RepriceJob.objects.get()

    def stop(_: RepriceJob) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        reprice.run(job.pk, NOW, stop)
    assert work() == 1
    job.refresh_from_db()
    assert (job.state, job.events_seen) == (State.DONE, 3_000)


@pytest.mark.django_db
def test_a_job_is_worked_on_once():
    post(call())
    agree(1, rates={"input": Decimal(7)})
    assert (work(), work()) == (1, 0)
    assert not reprice.run(RepriceJob.objects.get().pk, NOW)


@pytest.mark.django_db
def test_the_same_repricing_again_changes_nothing():
    post(*[call(n) for n in range(5)])
    agree(30, percent_off=Decimal("12.5"))
    work()
    before = costs()
    again = wait_for()
    work()
    again.refresh_from_db()
    assert (again.events_seen, again.events_changed, again.cost_change) == (5, 0, 0)
    assert costs() == before == [Decimal("26.25")] * 5


@pytest.mark.django_db
def test_events_are_found_wherever_they_lie_and_others_are_left_alone():
    chance = random.Random(6)
    models = ["gpt-4", "gpt-4-0613", "openai/gpt-4", "gpt-4o", "o3", "house"]
    made = [
        call(chance.random() * 300, model=chance.choice(models), input_tokens=chance.randrange(10**6))
        for _ in range(900)
    ]
    made += [call(7, model="gpt-4", id=one.id) for one in made[:50]]
    post(*made[:900])
    for one in made[900:]:
        post(one)
    agree(200, model_pattern="gpt-4", rates={"input": Decimal(1)}, effective_to=NOW - timedelta(days=50))
    work()
    for event in UsageEvent.objects.select_related("attribution"):
        days = (NOW - event.occurred_at) / timedelta(days=1)
        meant = event.attribution.model in ("gpt-4", "gpt-4-0613", "openai/gpt-4") and 50 < days <= 200
        assert (event.price_basis.startswith("override:"), event.cost == Decimal(event.input_tokens) / MILLION) == (
            meant,
            meant or event.input_tokens == 0,
        )
    assert check() == []


@pytest.mark.django_db
def test_a_month_of_hours_on_a_clock_with_half_hours_and_a_change_of_time(settings):
    from zoneinfo import ZoneInfo

    settings.COSTOPS_ZONE = ZoneInfo("Australia/Lord_Howe")
    post(*[call(n / 48) for n in range(48 * 60)])
    agree(400, rates={"input": Decimal(7)})
    work()
    assert set(costs()) == {Decimal(7)}
    assert sum(HourlyUsage.objects.values_list("cost", flat=True)) == 48 * 60 * 7


@pytest.mark.django_db
def test_a_span_begins_and_ends_to_the_microsecond():
    tick = timedelta(microseconds=1)
    start, end = NOW - timedelta(days=3, minutes=7), NOW - timedelta(days=1, minutes=9)
    for at in (start - tick, start, end - tick, end):
        post(call(occurred_at=at))
    agree(400, rates={"input": Decimal(7)}, reprice=False)
    wait_for(start=start, end=end)
    work()
    assert costs() == [30, 7, 7, 30]


@pytest.mark.django_db
def test_costs_that_somebody_told_or_that_were_imported_are_never_touched():
    post(call(cost=Decimal(5)), call(free=True), call(cost=Decimal(0)))
    post(call(cost=Decimal(6)), imported=True)
    post(call())
    agree(1, rates={"input": Decimal(7)})
    work()
    kept = sorted(UsageEvent.objects.values_list("cost_source", "cost"))
    assert kept == [("imported", 6), ("priced", 7), ("priced", 7), ("reported", 0), ("reported", 5)]


@pytest.mark.django_db
def test_a_price_that_the_list_has_forgotten_stays_and_one_of_an_ended_alias_goes():
    rename("house", "gpt-4")
    post(call(), call(model="house"))
    forgotten = "genai-prices:openai/retired"
    labels = UsageEvent.objects.get(attribution__model="gpt-4").attribution
    type(labels).objects.filter(pk=labels.pk).update(model="retired")
    UsageEvent.objects.filter(attribution=labels).update(price_basis=forgotten)
    from usage.domain.agreements import end
    from usage.models import ModelAlias

    end(ModelAlias.objects.get(), NOW - timedelta(days=2), None, NOW, reprice=True)
    wait_for()
    work()
    kept = sorted(UsageEvent.objects.values_list("price_basis", "cost_source", "cost"))
    assert kept == [("", "unpriced", 0), (forgotten, "priced", 30)]
    assert check() == []

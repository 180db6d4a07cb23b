"""Loads the demo company into an empty database, all of it or nothing."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import transaction

from accounts.models import User
from budgets.domain import tree
from budgets.domain.periods import day_bounds
from budgets.models import Budget
from costops.demo import calls, company, people, prices
from costops.demo.days import FIRST_DAY, RENEWAL_DAY
from usage.domain import ground
from usage.domain.calls import MAX_EVENTS, Call
from usage.domain.importing.ahead import ahead
from usage.domain.ingest import Post, ingest
from usage.models import UsageEvent
from wire.days import day_of
from wire.jobs import soon

DAYS = FIRST_DAY + 1
EVENTS = 200_000


class DemoExists(Exception):
    """The demo company is in the database already."""


class OtherData(Exception):
    """The database holds budgets or usage of someone else."""


@dataclass(frozen=True)
class Demo:
    """What was loaded: who may sign in (address -> role), with which password, and how much usage there is.

    `kept` are people of its addresses who were there before, with their own role and password.
    """

    people: dict[str, str]
    kept: list[str]
    password: str
    events: int
    spent: Decimal


def load_demo(
    now: datetime,
    say: Callable[[str], None] = lambda line: None,
    on_progress: Callable[[int, float], None] = lambda rows, share: None,
    *,
    force: bool = False,
    events: int = EVENTS,
) -> Demo:
    """Loads the company with `events` calls on the 119 days before today, and today's up to `now`.

    The same day gives the same company. Where calls are fewer they are longer, so that as much is spent. `say` is told
    each step, `on_progress` rows and the share of all. Raises DemoExists, and OtherData unless `force`d; then nothing
    was changed.
    """
    try:
        with transaction.atomic():
            soon("forecasting.tasks.forecast_due")
            return _load(now, say, on_progress, force, events)
    except BaseException:
        ground.forget()
        tree.forget()
        raise


def _load(
    now: datetime, say: Callable[[str], None], on_progress: Callable[[int, float], None], force: bool, events: int
) -> Demo:
    if company.is_loaded():
        raise DemoExists
    if not force and (Budget.objects.exists() or UsageEvent.objects.exists()):
        raise OtherData
    zone = settings.COSTOPS_ZONE
    today = day_of(now, zone)
    since = day_bounds(today - timedelta(days=DAYS - 1), zone).starts
    say("People and budgets")
    password = secrets.token_urlsafe(9)
    kept = sorted(User.objects.filter(email__in=people.PEOPLE).values_list("email", flat=True))
    known = people.make_people(password, since)
    prices.make_directory(since)
    prices.make_prices(
        known["finance@company.com"], since, day_bounds(today - timedelta(days=RENEWAL_DAY), zone).starts
    )
    company.Story(known, people.make_groups(known), today).tell()
    say("Usage")
    numbers = calls.counts(today, DAYS, events)
    total, done, spent = sum(map(sum, numbers)), 0, Decimal(0)
    with closing(ahead(_batches(today, numbers, now, EVENTS / events))) as batches:
        for batch in batches:
            (outcome,) = ingest([Post(batch)], _posted(batch))
            done, spent = done + outcome.accepted, spent + outcome.cost
            on_progress(done, done / total)
    made = {email: role for email, (role, _) in people.PEOPLE.items() if email not in kept}
    return Demo(made, kept, password, done, spent)


def _posted(batch: list[Call]) -> datetime:
    """When these calls came in: right after the last of them."""
    return max(call.occurred_at for call in batch if call.occurred_at)


def _batches(today: date, numbers: list[list[int]], now: datetime, times: float) -> Iterator[list[Call]]:
    batch: list[Call] = []
    for place, row in enumerate(numbers):
        ago = DAYS - 1 - place
        day = today - timedelta(days=ago)
        for call in calls.calls_of(day, row, settings.COSTOPS_ZONE, ago, now, times):
            batch.append(call)
            if len(batch) == MAX_EVENTS:
                yield batch
                batch = []
    if batch:
        yield batch

"""On whatever day the demo company is loaded, its budgets stand in every way that a budget can stand."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from accounts.models import User
from budgets.domain.check import check
from budgets.domain.outline import Standing, outline, standing_of
from budgets.domain.status import statuses
from budgets.models import Budget
from costops.demo import plans
from costops.demo.load import load_demo

STANDS = {
    plans.PILOT: Standing.EXCEEDED,
    plans.VOICE: Standing.CRITICAL,
    plans.BOT: Standing.WARNING,
    plans.HELP: Standing.OK,
    plans.SEARCH: Standing.OK,
    plans.REFERRALS: Standing.WAITING,
    plans.TRIAL: Standing.ENDED,
    plans.RED_TEAM: Standing.OVERRUN,
    plans.LABS: Standing.ARCHIVED,
}


def assert_every_standing_is_there(now: datetime) -> None:
    budgets = list(Budget.objects.all())
    found = {status.budget.name: standing_of(status) for status in statuses(budgets, now).values()}
    assert {name: found[name] for name in STANDS} == STANDS
    assert set(found.values()) == set(Standing) - {Standing.UNAGREED}  # that one is of looks back alone
    calm = outline(User.objects.get(email="finance@company.com"), now).counts()[Standing.OK]
    assert calm > len(budgets) / 2
    assert check() == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("day", "zone"),
    [
        pytest.param("2027-03-01T00:30", "UTC", id="first morning of a month"),
        pytest.param("2026-12-31T23:00", "UTC", id="last evening of a year"),
        pytest.param("2028-02-29T12:00", "Asia/Kolkata", id="leap day"),
        pytest.param("2026-03-29T10:00", "Europe/Berlin", id="day of 23 hours"),
    ],
)
def test_every_standing_is_there(day, zone, settings):
    settings.COSTOPS_ZONE = ZoneInfo(zone)
    now = datetime.fromisoformat(day).replace(tzinfo=settings.COSTOPS_ZONE)
    load_demo(now, events=50_000)  # What is spent is that of all 200,000, but for chance.
    assert_every_standing_is_there(now)

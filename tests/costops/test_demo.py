"""The demo company: the seed's budgets with four months of believable usage, the same for everyone on the same day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth import authenticate
from django.db import transaction
from django.db.models import Sum
from django.db.models.functions import TruncDate

from accounts.domain.roles import ROLES, roles_of
from accounts.models import User
from budgets.domain.check import check
from budgets.domain.status import State, statuses
from budgets.models import Budget, BudgetChange, BudgetPeriod
from costops.demo import calls, company, workloads
from costops.demo.load import Demo, load_demo
from usage.domain import ground, partitions
from usage.models import Attribution, HourlyUsage, UsageEvent

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def demo(django_db_setup: None, django_db_blocker: object) -> Iterator[Demo]:
    """The whole company, loaded once for the tests that only look at it."""
    with django_db_blocker.unblock():
        with transaction.atomic():
            yield load_demo(NOW)
            transaction.set_rollback(True)
        ground.forget()
        partitions.forget()


@pytest.fixture
def company_db(demo: Demo, db: None) -> Demo:
    return demo


def states(now: datetime) -> dict[str, State]:
    return {status.budget.name: status.state for status in statuses(list(Budget.objects.all()), now).values()}


def test_it_has_the_seeds_tree_with_its_names_amounts_scopes_and_thresholds(company_db):
    tree = {b.name: (b.amount, b.parent and b.parent.name, b.scope) for b in Budget.objects.select_related("parent")}
    seed = {
        "Company AI Budget 2025": (100_000, None, {}),
        "Engineering AI Budget": (60_000, "Company AI Budget 2025", {"departments": ["engineering"]}),
        "Product AI Budget": (30_000, "Company AI Budget 2025", {"departments": ["product"]}),
        "Backend Team Budget": (30_000, "Engineering AI Budget", {"teams": ["backend"], "tags": {"team": ["backend"]}}),
        "Q1 2025 Production": (10_000, None, {"projects": ["production"], "environments": ["prod"]}),
    }
    assert {name: tree[name] for name in seed} == seed
    thresholds = Budget.objects.get(name="Q1 2025 Production").thresholds.values_list("threshold", "channels")
    assert list(thresholds) == [
        (Decimal("0.5"), ["email"]),
        (Decimal("0.8"), ["email", "slack"]),
        (Decimal("0.95"), ["email", "slack", "pagerduty"]),
    ]


def test_it_has_120_days_and_200_000_calls_up_to_now_on_every_day(company_db):
    before = UsageEvent.objects.filter(occurred_at__lt=datetime(2026, 11, 25, tzinfo=UTC))
    assert before.count() == 200_000
    assert company_db.events == UsageEvent.objects.count()
    days = UsageEvent.objects.annotate(day=TruncDate("occurred_at")).order_by("day").values_list("day", flat=True)
    assert list(days.distinct()) == [date(2026, 11, 25) - timedelta(days=ago) for ago in range(119, -1, -1)]
    assert UsageEvent.objects.order_by("-occurred_at").first().occurred_at <= NOW


def test_its_books_agree(company_db):
    assert check() == []
    assert HourlyUsage.objects.aggregate(cost=Sum("cost"))["cost"] == company_db.spent


def test_its_months_are_in_proportion_to_its_budgets(company_db):
    months = BudgetPeriod.objects.filter(budget__name=company.COMPANY).order_by("starts")
    full = [period.spent for period in months][1:4]
    assert all(50_000 < spent < 85_000 for spent in full)
    assert full == sorted(full)
    last_30_days = HourlyUsage.objects.filter(hour__gte=NOW - timedelta(days=30)).aggregate(cost=Sum("cost"))["cost"]
    assert 60_000 < last_30_days < 85_000


def test_budgets_stand_differently_whatever_the_day_of_the_month_is(company_db):
    found = states(NOW)
    assert found[company.PILOT] == State.EXCEEDED
    assert found[company.BACKEND] in (State.CRITICAL, State.EXCEEDED)
    assert found[company.SUPPORT] == State.WARNING
    assert found[company.SEARCH] == found[company.PRODUCT] == State.OK


def test_one_team_runs_away_and_one_day_has_a_spike(company_db):
    def a_day(project: str, day: date) -> Decimal:
        rows = HourlyUsage.objects.filter(attribution__project=project, hour__date=day)
        return rows.aggregate(cost=Sum("cost"))["cost"]

    spike = date(2026, 11, 25) - timedelta(days=workloads.SPIKE_DAY)
    assert a_day("support-bot", spike) > 2 * a_day("support-bot", spike - timedelta(days=7))
    assert a_day("code-agents", date(2026, 11, 24)) > 4 * a_day("code-agents", date(2026, 10, 27))


def test_it_calls_several_providers_dated_names_and_one_model_without_a_price(company_db):
    assert set(Attribution.objects.values_list("provider", flat=True)) >= {
        "openai",
        "anthropic",
        "google",
        "azure",
        "aws",
    }
    unpriced = UsageEvent.objects.filter(cost_source="unpriced")
    assert set(unpriced.values_list("attribution__model", flat=True)) == {"acme-llm-2"}
    assert Attribution.objects.filter(model="gpt-4o-2024-08-06").exists()


def test_everybody_signs_in_with_the_password_and_has_one_role(company_db):
    assert sorted(company_db.people.values()) == sorted(ROLES)
    for email, role in company_db.people.items():
        user = authenticate(username=email, password=company_db.password)
        assert user is not None
        assert role in roles_of(user)


def test_the_viewer_sees_product_and_what_is_below_it_and_nothing_else(company_db):
    viewer = User.objects.get(email="viewer@company.com")
    visible = set(Budget.objects.visible_to(viewer).values_list("name", flat=True))
    assert visible == {company.PRODUCT, company.SUPPORT}


def test_a_raise_in_its_history_is_kept_with_who_and_why(company_db):
    change = BudgetChange.objects.get(budget__name=company.PRODUCT, what="amount")
    assert (change.before["amount"], change.after["amount"], change.by_name) == ("25000.00", "30000.00", "Dana Reyes")
    amounts = BudgetPeriod.objects.filter(budget__name=company.PRODUCT).order_by("starts")
    assert [period.amount for period in amounts][:3] == [25_000, 25_000, 30_000]


def test_the_same_day_gives_the_same_calls_and_later_hours_only_add():
    zone, today = ZoneInfo("Europe/Berlin"), date(2026, 11, 25)
    numbers = calls.counts(today, 120, 200_000)[-1]
    noon, night = NOW, NOW + timedelta(hours=12)
    until_noon, again, until_night = (
        list(calls.calls_of(today, numbers, zone, False, until)) for until in (noon, noon, night)
    )
    assert until_noon == again
    assert until_noon == [call for call in until_night if call.occurred_at < noon]
    assert len(until_noon) < len(until_night)

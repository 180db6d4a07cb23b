"""The demo company's usage: four months that one can believe, the same for everyone on the same day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db.models import Sum
from django.db.models.functions import TruncDate

from budgets.models import BudgetPeriod
from costops.demo import calls, days, plans
from costops.demo.load import Demo, load_demo
from tests.costops.test_demo_days import assert_every_standing_is_there
from usage.models import Attribution, HourlyUsage, UsageEvent

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
TODAY = NOW.date()
SPIKE = TODAY - timedelta(days=days.SPIKE_DAY)


@pytest.fixture(scope="module")
def demo(one_company: None) -> Demo:
    """The whole company, loaded once for the tests that only look at it."""
    return load_demo(NOW)


@pytest.fixture
def company_db(demo: Demo, db: None) -> Demo:
    return demo


def cost(first: date, last: date, **labels: Any) -> Decimal:
    """What was spent from the first day to the last, by usage with these labels."""
    hours = HourlyUsage.objects.filter(hour__date__gte=first, hour__date__lte=last)
    hours = hours.filter(**{f"attribution__{name}": value for name, value in labels.items()})
    return hours.aggregate(cost=Sum("cost"))["cost"] or Decimal(0)


def ago(number: int) -> date:
    """The day so many days ago."""
    return TODAY - timedelta(days=number)


def by(name: str, day: date) -> dict[str, Decimal]:
    """What was spent on a day by the values of one label."""
    rows = HourlyUsage.objects.filter(hour__date=day).order_by().values_list(f"attribution__{name}")
    return dict(rows.annotate(cost=Sum("cost")))


def test_it_has_120_days_and_200_000_calls_up_to_now_on_every_day(company_db):
    before = UsageEvent.objects.filter(occurred_at__lt=datetime(2026, 11, 25, tzinfo=UTC))
    assert before.count() == 200_000
    assert company_db.events == UsageEvent.objects.count()
    found = UsageEvent.objects.annotate(day=TruncDate("occurred_at")).order_by("day").values_list("day", flat=True)
    assert list(found.distinct()) == [ago(number) for number in range(119, -1, -1)]
    assert UsageEvent.objects.order_by("-occurred_at").first().occurred_at <= NOW


def test_late_in_a_month_its_budgets_stand_in_every_way(company_db):
    assert_every_standing_is_there(NOW)


def test_its_books_agree(company_db):
    assert HourlyUsage.objects.aggregate(cost=Sum("cost"))["cost"] == company_db.spent


def test_its_months_are_in_proportion_to_its_budgets(company_db):
    months = BudgetPeriod.objects.filter(budget__name=plans.COMPANY).order_by("starts")
    full = [period.spent for period in months][1:4]
    assert all(50_000 < spent < 85_000 for spent in full)
    assert full == sorted(full)
    last_30_days = HourlyUsage.objects.filter(hour__gte=NOW - timedelta(days=30)).aggregate(cost=Sum("cost"))["cost"]
    assert 60_000 < last_30_days < 85_000


def test_weekends_are_quiet(company_db):
    sunday = TODAY - timedelta(days=TODAY.isoweekday() + 7)
    assert cost(sunday, sunday) < cost(sunday + timedelta(days=2), sunday + timedelta(days=2)) / 2


def test_one_day_costs_far_more_than_those_around_it_and_no_other_day_does(company_db):
    neighbours = [cost(SPIKE - timedelta(days=far), SPIKE - timedelta(days=far)) for far in (-7, -3, -1, 1, 2, 7)]
    assert cost(SPIKE, SPIKE) > Decimal("1.4") * max(neighbours)
    daily = {number: cost(ago(number), ago(number)) for number in range(1, 120)}
    assert max(daily, key=daily.__getitem__) == days.SPIKE_DAY
    others = [(number, spent) for number, spent in daily.items() if number > days.SPIKE_DAY]
    weeks = [spent for number, spent in others if number + 7 in daily and spent > Decimal("1.4") * daily[number + 7]]
    assert weeks == []


@pytest.mark.parametrize(
    ("label", "cause"),
    [("team", "support"), ("project", "support-bot"), ("model", "claude-opus-4-1-20250805"), ("environment", "prod")],
)
def test_the_rise_of_that_day_comes_from_one_team_one_project_and_one_model(label, cause, company_db):
    then, before = by(label, SPIKE), by(label, SPIKE - timedelta(days=7))
    risen = {value: spent - before.get(value, Decimal(0)) for value, spent in then.items()}
    rise = cost(SPIKE, SPIKE) - cost(SPIKE - timedelta(days=7), SPIKE - timedelta(days=7))
    assert risen[cause] > Decimal("0.9") * rise
    assert then[cause] > Decimal("2.5") * before[cause]


def test_one_project_runs_away(company_db):
    assert cost(ago(1), ago(1), project="code-agents") > 4 * cost(ago(29), ago(29), project="code-agents")


def test_a_team_that_moved_to_cheaper_models_spends_less_for_as_many_calls(company_db):
    since, until = days.MOVE_DAYS
    first, then = (ago(since + 14), ago(since + 1)), (ago(until), ago(until - 11))
    requests = [
        HourlyUsage.objects.filter(
            attribution__project="onboarding", hour__date__gte=start, hour__date__lte=end
        ).aggregate(calls=Sum("requests"))["calls"]
        / (end - start).days
        for start, end in (first, then)
    ]
    assert requests[1] > requests[0] * 0.9
    spent = [cost(start, end, project="onboarding") / (end - start).days for start, end in (first, then)]
    assert spent[1] < spent[0] / 2
    assert cost(*then, project="onboarding", model="gpt-4-turbo-2024-04-09") == 0


def test_what_the_renewed_contract_takes_off_shows_in_the_price_of_the_same_model(company_db):
    def per_token(first: date, last: date) -> Decimal:
        of = UsageEvent.objects.filter(attribution__model="claude-3-opus-20240229")
        of = of.filter(occurred_at__date__gte=first, occurred_at__date__lte=last)
        sums = of.aggregate(cost=Sum("cost"), into=Sum("input_tokens"), out=Sum("output_tokens"))
        return sums["cost"] / (15 * sums["into"] + 75 * sums["out"]) * 10**6

    renewal = days.RENEWAL_DAY
    assert round(per_token(ago(60), ago(renewal + 1)), 6) == Decimal("0.95")
    assert round(per_token(ago(renewal), ago(1)), 6) == Decimal("0.88")


def test_one_team_began_on_the_way_and_one_stopped(company_db):
    began, stopped = days.NEW_TEAM_DAY, days.STOPPED_DAY
    assert cost(ago(119), ago(began + 1), team="mobile") == 0 < cost(ago(began), ago(began - 6), team="mobile")
    assert cost(ago(stopped - 1), TODAY, team="labs") == 0 < cost(ago(stopped + 6), ago(stopped), team="labs")


def test_one_team_grows_much_faster_than_the_company(company_db):
    def growth(**labels: str) -> Decimal:
        return cost(ago(49), ago(36), **labels) / cost(ago(118), ago(105), **labels)

    assert growth(team="finance-operations") > Decimal("1.4") > growth()


def test_every_team_calls_from_three_environments(company_db):
    rows = Attribution.objects.exclude(team=None).values_list("team", "environment").distinct()
    found: dict[str, set[str]] = {}
    for team, environment in rows:
        found.setdefault(team, set()).add(environment)
    assert len(found) == 12
    assert {frozenset(environments) for environments in found.values()} == {
        frozenset({"prod", "staging", "development"})
    }


def test_it_calls_six_providers_dated_names_and_exactly_one_model_without_a_price(company_db):
    providers = set(Attribution.objects.values_list("provider", flat=True))
    assert providers == {"openai", "anthropic", "google", "mistral", "azure", "aws", "acme"}
    unpriced = UsageEvent.objects.filter(cost_source="unpriced")
    assert set(unpriced.values_list("attribution__model", flat=True)) == {"acme-llm-2"}
    assert Attribution.objects.filter(model="gpt-4o-2024-08-06").exists()


def test_a_name_of_the_companys_own_is_priced_by_its_alias(company_db):
    named = UsageEvent.objects.filter(attribution__model="eu-documents")
    assert named.count() > 1_000
    assert not named.exclude(cost_source="priced").exists()


def test_calls_say_their_feature_and_some_their_customer(company_db):
    assert UsageEvent.objects.filter(tags__feature="handover", attribution__team="support").exists()
    customers = set(Attribution.objects.filter(project="public-api").values_list("tags__customer", flat=True))
    assert customers == {"alder-bank", "brightwater", "castello"}


def test_the_same_day_gives_the_same_calls_and_later_hours_only_add():
    zone, today = ZoneInfo("Europe/Berlin"), date(2026, 11, 25)
    numbers = calls.counts(today, 120, 200_000)[-1]
    noon, night = NOW, NOW + timedelta(hours=12)
    until_noon, again, until_night = (
        list(calls.calls_of(today, numbers, zone, 0, until)) for until in (noon, noon, night)
    )
    assert until_noon == again
    assert until_noon == [call for call in until_night if call.occurred_at < noon]
    assert len(until_noon) < len(until_night)

"""Ingest: each event once, priced, attributed and charged in one transaction."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection

from accounts.domain.keys import Defaults
from usage.domain import partitions
from usage.domain.calls import Call
from usage.domain.ingest import Outcome, Post, ingest
from usage.models import HourlyUsage, TeamDepartment, UsageEvent

pytestmark = pytest.mark.django_db
NOW = datetime(2025, 11, 19, 16, 12, tzinfo=UTC)


def call(**fields: object) -> Call:
    return Call(**{"id": uuid.uuid4(), "occurred_at": NOW, "provider": "openai", "model": "gpt-4", **fields})


def post(*calls: Call, **fields: object) -> Outcome:
    return ingest([Post(list(calls), **fields)], NOW)[0]


def event() -> UsageEvent:
    return UsageEvent.objects.select_related("attribution").get()


def test_gpt_5_1_with_reasoning_costs_what_its_maker_charges():
    post(call(model="gpt-5.1", input_tokens=22_118, output_tokens=1_970, reasoning_tokens=956))
    assert event().cost == Decimal("0.0473475")


def test_an_event_posted_again_changes_nothing_and_its_first_content_stands():
    first = call(input_tokens=1_000_000)
    again = call(id=first.id, occurred_at=first.occurred_at, input_tokens=5)
    assert post(first, again) == Outcome(1, 1, 0, Decimal(30))
    assert post(again, call(input_tokens=1_000_000)) == Outcome(1, 1, 0, Decimal(30))
    hour = HourlyUsage.objects.get()
    assert (hour.cost, hour.requests, hour.input_tokens) == (60, 2, 2_000_000)


def test_posts_of_one_transaction_are_counted_each_by_itself():
    shared = call(cost=Decimal(1))
    outcomes = ingest([Post([shared, call(cost=Decimal(2))]), Post([shared]), Post([call(model="nobody-knows")])], NOW)
    assert outcomes == [Outcome(2, 0, 0, Decimal(3)), Outcome(0, 1, 0), Outcome(1, 0, 1)]


def test_an_unknown_model_is_kept_unpriced_and_costs_nothing_invented():
    assert post(call(model="house-model-7b", input_tokens=1000)) == Outcome(1, 0, 1)
    assert (event().cost, event().cost_source) == (0, "unpriced")
    assert HourlyUsage.objects.get().unpriced == 1


def test_a_reported_cost_wins_and_a_reported_zero_is_unpriced_unless_free():
    post(call(cost=Decimal("1.25"), input_tokens=10), call(cost=Decimal(0), input_tokens=10))
    post(call(cost=Decimal(0), input_tokens=10, free=True), call(input_tokens=10, free=True))
    kept = sorted((e.cost_source, e.cost) for e in UsageEvent.objects.all())
    assert kept == [("reported", 0), ("reported", 0), ("reported", Decimal("1.25")), ("unpriced", 0)]


def test_a_keys_dimensions_fill_what_a_call_leaves_out():
    defaults = Defaults(project="search", environment="prod", team="backend")
    post(call(environment="dev"), defaults=defaults)
    labels = event().attribution
    assert (labels.project, labels.environment, labels.team) == ("search", "dev", "backend")


def test_a_locked_keys_dimensions_stand_whatever_the_call_says():
    post(call(environment="dev", team="other", department="x"), defaults=Defaults(environment="prod"), locked=True)
    labels = event().attribution
    assert (labels.environment, labels.team, labels.department) == ("prod", "other", "x")


def test_the_directory_fills_a_missing_department_as_of_the_day_of_the_call():
    TeamDepartment.objects.create(team="backend", department="engineering", effective_from=NOW - timedelta(days=60))
    TeamDepartment.objects.create(team="backend", department="platform", effective_from=NOW - timedelta(days=10))
    from usage.domain import ground

    ground.bump("directory")
    for days in (70, 30, 1):
        post(call(team="backend", occurred_at=NOW - timedelta(days=days)))
    post(call(team="backend", department="given"))
    departments = UsageEvent.objects.order_by("occurred_at").values_list("attribution__department", flat=True)
    assert list(departments) == [None, "engineering", "platform", "given"]


def test_a_request_id_in_a_tag_makes_no_new_attribution():
    for number in range(3):
        post(call(team="backend", tags={"request": f"r{number}", "retry": False}))
    assert UsageEvent.objects.values("attribution").distinct().count() == 1
    assert UsageEvent.objects.filter(tags__request="r1", tags__retry="false").count() == 1


def test_old_data_gets_its_partitions_on_demand():
    post(call(occurred_at=datetime(2019, 1, 1, 0, 10, tzinfo=UTC), cost=Decimal(1)))
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('usage_event_y2019m01') IS NOT NULL")
        assert cursor.fetchone() == (True,)
    assert partitions.without_unique_index() == []


def test_hours_are_cut_on_the_companys_clock(settings):
    from zoneinfo import ZoneInfo

    settings.COSTOPS_ZONE = ZoneInfo("Asia/Kolkata")
    post(call(occurred_at=datetime(2025, 11, 1, 18, 29, tzinfo=UTC)))
    post(call(occurred_at=datetime(2025, 11, 1, 18, 30, tzinfo=UTC)))
    hours = HourlyUsage.objects.order_by("hour").values_list("hour", flat=True)
    assert list(hours) == [datetime(2025, 11, 1, 17, 30, tzinfo=UTC), datetime(2025, 11, 1, 18, 30, tzinfo=UTC)]


def test_the_first_hour_of_a_month_may_begin_in_the_month_before(settings):
    from zoneinfo import ZoneInfo

    settings.COSTOPS_ZONE = ZoneInfo("Asia/Kolkata")
    post(call(occurred_at=datetime(2020, 6, 1, 0, 10, tzinfo=UTC)))
    assert HourlyUsage.objects.get().hour == datetime(2020, 5, 31, 23, 30, tzinfo=UTC)


def test_no_float_touches_a_sum_of_thousands_of_small_costs():
    post(*[call(cost=Decimal("0.000123")) for _ in range(4_999)])
    assert HourlyUsage.objects.get().cost == Decimal("0.614877")


def test_a_batch_takes_the_same_number_of_queries_whatever_its_size(
    django_assert_num_queries, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        post(call(team="backend"))
    partitions_looked_for = 5
    with django_assert_num_queries(7 + partitions_looked_for):
        post(call(team="backend"))
    with django_assert_num_queries(7 + partitions_looked_for):
        post(*[call(team="backend") for _ in range(500)])

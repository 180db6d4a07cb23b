"""Rankings of usage: exact sums, rows that vanished or are new, the order of rows, pages and the course over days."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tests.factories import spend
from usage.domain.calls import Call
from usage.domain.ranking import all_ranked, by_one, course, ranking
from usage.domain.selection import Selection
from usage.domain.visibility import everything, nothing

pytestmark = pytest.mark.django_db
NOW = datetime(2025, 3, 19, 16, 12, tzinfo=UTC)
MARCH = Selection(datetime(2025, 3, 1, tzinfo=UTC), datetime(2025, 4, 1, tzinfo=UTC))
FEBRUARY = Selection(datetime(2025, 2, 1, tzinfo=UTC), datetime(2025, 3, 1, tzinfo=UTC))


def call(cost: str, *, days: int = 0, **labels: object) -> Call:
    return Call(occurred_at=NOW - timedelta(days=days), cost=Decimal(cost), input_tokens=10, output_tokens=5, **labels)


@pytest.fixture
def usage() -> None:
    spend(
        call("3.0000000001", team="b", model="gpt-4"),
        call("5", team="a", model="gpt-4"),
        call("2", team="a", model="o1", days=3),
        call("1", team=None, model="o1"),
        call("4", team="a", model="gpt-4", days=30),
        call("7", team="gone", model="gpt-4", days=30),
    )


def test_groups_come_with_what_they_cost_before_and_the_sum_of_all(usage):
    found = ranking(everything(), MARCH, ["team"], before=FEBRUARY)
    assert [(row.labels, row.cost, row.cost_before) for row in found.rows] == [
        (("a",), Decimal(7), Decimal(4)),
        (("b",), Decimal("3.0000000001"), Decimal(0)),
        ((None,), Decimal(1), Decimal(0)),
        (("gone",), Decimal(0), Decimal(7)),
    ]
    assert (found.count, found.total.cost, found.total.cost_before) == (4, Decimal("11.0000000001"), Decimal(11))
    assert (found.total.requests, found.total.tokens, found.total.requests_before) == (4, 60, 2)


@pytest.mark.parametrize(
    ("order", "rising", "teams"),
    [
        ("cost", True, ["gone", None, "b", "a"]),
        ("change", False, ["b", "a", None, "gone"]),
        ("moved", False, ["gone", "b", "a", None]),
        ("name", True, ["a", "b", "gone", None]),
        ("name", False, ["gone", "b", "a", None]),
        ("per_request", False, ["a", "b", None, "gone"]),
        ("before", False, ["gone", "a", "b", None]),
    ],
)
def test_groups_are_sorted_by_any_figure_and_what_has_none_stands_last(usage, order, rising, teams):
    found = ranking(everything(), MARCH, ["team"], before=FEBRUARY, order=order, rising=rising)
    assert [row.labels[0] for row in found.rows] == teams
    assert [
        row.labels[0] for row in all_ranked(everything(), MARCH, ["team"], before=FEBRUARY, order=order, rising=rising)
    ] == teams


def test_pages_of_two_labels_hold_each_group_once(usage):
    pages = [ranking(everything(), MARCH, ["team", "model"], offset=offset, limit=2) for offset in (0, 2, 4)]
    assert [row.labels for page in pages for row in page.rows] == [
        ("a", "gpt-4"),
        ("b", "gpt-4"),
        ("a", "o1"),
        (None, "o1"),
    ]
    assert {page.count for page in pages} == {4}
    assert {page.total.cost for page in pages} == {Decimal("11.0000000001")}


def test_without_labels_and_without_usage_there_is_the_sum_alone(usage):
    assert ranking(everything(), MARCH, []).total.cost == Decimal("11.0000000001")
    empty = ranking(nothing(), MARCH, ["team"], before=FEBRUARY)
    assert (empty.rows, empty.count, empty.total.cost, empty.total.cost_before) == ([], 0, 0, 0)


def test_the_course_puts_what_is_not_shown_into_one_place(usage):
    found = course(everything(), MARCH, "team", ["a", None], "day")
    assert found == {
        (datetime(2025, 3, 16, tzinfo=UTC), 0): Decimal(2),
        (datetime(2025, 3, 19, tzinfo=UTC), 0): Decimal(5),
        (datetime(2025, 3, 19, tzinfo=UTC), 1): Decimal(1),
        (datetime(2025, 3, 19, tzinfo=UTC), 2): Decimal("3.0000000001"),
    }
    assert sum(course(everything(), MARCH, None, [], "week").values()) == Decimal("11.0000000001")


@pytest.mark.parametrize(("label", "place"), [("team", 0), ("model", 1)])
@pytest.mark.parametrize("limit", [2, 50])
def test_one_label_of_a_ranking_by_two_is_a_ranking_by_that_one(usage, label, place, limit):
    unknown = Call(occurred_at=NOW, input_tokens=3, team="z", model="acme-llm-2", provider="acme")
    spend(unknown, call("2", model=None, team="z"), call("2", model="o1", team="z"))
    both = ranking(everything(), MARCH, ["team", "model"], before=FEBRUARY, limit=None)
    assert by_one(both, place, limit) == ranking(everything(), MARCH, [label], before=FEBRUARY, limit=limit)

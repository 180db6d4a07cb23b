"""What the spend of a period is made of: through budgets below, counted twice, directly, from outside the scope."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from budgets.domain.changes import archive_budget, edit_budget
from budgets.domain.history import Actor
from budgets.domain.parts import Parts, Sums, below_in, parts_of, sums_of
from budgets.domain.status import statuses
from budgets.models import Budget
from tests.factories import budget, call, now, spend

pytestmark = pytest.mark.django_db
LONG_AGO = datetime(2019, 1, 1, tzinfo=UTC)
NUMBERS = count()
PAIR = [("a", "monthly"), ("b", "daily")]
LABELS = st.fixed_dictionaries(
    {"department": st.sampled_from(["e", "p", None]), "team": st.sampled_from(["a", "b", None])}
)
SCOPES = st.sampled_from(
    [{"teams": ["a"]}, {"teams": ["b"]}, {"departments": ["e"]}, {"departments": ["p"]}, {"teams": ["a", "b"]}]
)


def parts(found: Budget, at: datetime | None = None) -> Parts:
    """What a budget's spend is made of, now or in the period of another instant."""
    return parts_of(statuses([found], now(), at)[found.pk])


def direct_of(parent: Budget) -> Decimal:
    """What was spent of a budget that no child covers."""
    status = statuses([parent], now())[parent.pk]
    return sums_of([status])[parent.pk].direct


def fits(scope: dict[str, list[str]], labels: dict[str, Any]) -> bool:
    """Whether a call with these labels is in a scope of departments and teams."""
    return all(labels.get(key.rstrip("s")) in values for key, values in scope.items())


@settings(
    max_examples=20,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    scopes=st.lists(SCOPES, max_size=3),
    archived=st.integers(0, 3),
    calls=st.lists(st.tuples(LABELS, st.integers(1, 99)), max_size=8),
)
def test_the_parts_are_those_of_the_calls(
    db: None, scopes: list[dict[str, list[str]]], archived: int, calls: list[tuple[dict[str, Any], int]]
) -> None:
    mark = next(NUMBERS)  # usage of the examples before is still there
    scopes = [{key: [f"{value}{mark}" for value in values] for key, values in scope.items()} for scope in scopes]
    calls = [({key: f"{value}{mark}" for key, value in labels.items() if value}, cost) for labels, cost in calls]
    own = {"departments": [f"e{mark}"]}
    top = budget("Top", 100, scope=own, at=LONG_AGO)
    below = [budget("Part", 10, top, scope=scope, at=LONG_AGO) for scope in scopes]
    if calls:
        spend(*[call(cost, **labels) for labels, cost in calls])
    for found in below[:archived]:
        archive_budget(found, Actor(None), now())
    hits = [(labels, cost, sum(fits(scope, labels) for scope in scopes)) for labels, cost in calls]
    found = parts(top)
    assert sum(found.through.values()) == sum(cost * times for _, cost, times in hits)
    assert found.twice == sum(cost * (times - 1) for _, cost, times in hits if times > 1)
    assert found.direct == sum(cost for labels, cost, times in hits if fits(own, labels) and not times)
    assert found.outside == sum(cost for labels, cost, times in hits if times and not fits(own, labels))


def test_what_was_spent_before_a_budget_came_below_is_not_through_it() -> None:
    top = budget("Top", 100, scope={"departments": ["e"]}, at=LONG_AGO)
    team = budget("Team", 10, scope={"teams": ["a"]}, at=LONG_AGO)
    earlier = datetime(2025, 3, 5, tzinfo=UTC)
    spend(call(30, at=earlier, department="e", team="a"), call(7, department="e", team="a"))
    edit_budget(team, Actor(None), {"parent": top}, now())
    assert parts(top).through == {team.pk: 7}
    assert parts(top, earlier) == Parts({}, Decimal(0), Decimal(30), Decimal(0), {})


def test_a_scope_that_was_wider_then_is_the_one_that_counts() -> None:
    top = budget("Top", 100, scope={"departments": ["e", "p"]}, at=LONG_AGO)
    team = budget("Team", 10, top, scope={"teams": ["a"]}, at=LONG_AGO)
    earlier = datetime(2025, 3, 5, tzinfo=UTC)
    spend(call(30, at=earlier, department="p", team="a"), call(7, department="p", team="a"))
    edit_budget(top, Actor(None), {"scope": {"departments": ["e"]}}, now())
    assert parts(top, earlier).outside == 0
    assert parts(top).outside_of == {team.pk: 7}


def test_users_and_tags_are_in_the_scope_that_names_them() -> None:
    top = budget("Top", 100, scope={"users": ["Ann@x.com"], "tags": {"feature": ["search"]}}, at=LONG_AGO)
    budget("Team", 10, top, scope={"teams": ["a"]}, at=LONG_AGO)
    tagged = {"user": "ANN@x.com", "team": "a", "tags": {"feature": "search"}}
    spend(call(30, **tagged), call(7, **{**tagged, "tags": {}}), call(2, **{**tagged, "user": "bob@x.com"}))
    assert parts(top).outside == 9


def test_below_is_who_was_there_at_the_time() -> None:
    top, other = budget("Top", 100, at=LONG_AGO), budget("Other", 100, at=LONG_AGO)
    stays, moves, goes = (budget(name, 10, top, scope={"teams": [name]}, at=LONG_AGO) for name in "abc")
    edit_budget(moves, Actor(None), {"parent": other}, now())
    archive_budget(goes, Actor(None), now())
    status = statuses([top], now())[top.pk]
    then = statuses([top], now(), datetime(2025, 3, 5, tzinfo=UTC))[top.pk]
    assert below_in(status) == {stays.pk}
    assert below_in(then) == {stays.pk, moves.pk, goes.pk}


class TestWhatNoChildCovers:
    """sums_of"""

    def test_is_the_rest(self) -> None:
        top = budget("Top", 100, scope={"departments": ["e"]}, at=LONG_AGO)
        budget("Team", 10, top, scope={"teams": ["a"]}, at=LONG_AGO)
        spend(call(30, department="e", team="a"), call("12.5", department="e"))
        assert direct_of(top) == Decimal("12.5")

    def test_leaves_out_what_an_archived_child_spent(self) -> None:
        top = budget("Top", 100, at=LONG_AGO)
        budget("Team", 10, top, scope={"teams": ["a"]}, at=LONG_AGO)
        old = budget("Old", 10, top, scope={"teams": ["b"]}, at=LONG_AGO)
        spend(call(30, team="a"), call(5, team="b"), call(2))
        archive_budget(old, Actor(None), now())
        assert direct_of(top) == 2

    def test_leaves_out_what_an_archived_child_of_other_dates_spent_in_the_period(self) -> None:
        top = budget("Top", 100, at=LONG_AGO)
        budget("Team", 10, top, scope={"teams": ["a"]}, at=LONG_AGO)
        old = budget("Old", 10, top, scope={"teams": ["b"]}, period="yearly", at=LONG_AGO)
        before = now().replace(day=1) - timedelta(days=3)
        spend(call(30, team="a"), call(5, team="b"), call(7, team="b", at=before), call(2))
        archive_budget(old, Actor(None), now())
        assert direct_of(top) == 2

    def test_is_right_where_children_share_calls(self) -> None:
        top = budget("Top", 100, at=LONG_AGO)
        budget("Team", 10, top, scope={"teams": ["a"]}, at=LONG_AGO)
        budget("Project", 10, top, scope={"projects": ["x"]}, at=LONG_AGO)
        spend(call(30, team="a", project="x"), call(100))
        assert direct_of(top) == 100

    def test_is_right_where_a_child_counts_other_periods(self) -> None:
        top = budget("Top", 100, at=LONG_AGO)
        budget("Team", 10, top, scope={"teams": ["a"]}, period="quarterly", at=LONG_AGO)
        spend(call(30, team="a"), call(7, team="a", at=now().replace(day=1) - timedelta(days=3)), call(100))
        assert direct_of(top) == 100

    def test_holds_after_a_child_moved_in(self) -> None:
        top, other = budget("Top", 100, at=LONG_AGO), budget("Other", 100, scope={"teams": ["z"]}, at=LONG_AGO)
        team = budget("Team", 10, other, scope={"teams": ["a"]}, at=LONG_AGO)
        spend(call(30, team="a"), call(1))
        edit_budget(team, Actor(None), {"parent": top}, now())
        assert direct_of(top) == 1


def test_each_of_several_is_taken_apart_by_itself() -> None:
    top = budget("Top", 100, at=LONG_AGO)
    sub = budget("Sub", 50, top, scope={"departments": ["e"]}, at=LONG_AGO)
    teams = [budget(name, 10, sub, scope={"teams": [name]}, period=period, at=LONG_AGO) for name, period in PAIR]
    spend(call(30, team="a", department="e"), call(5, team="b", department="e"), call(2, department="e"), call(1))
    found = sums_of(list(statuses([top, sub, *teams], now()).values()))
    assert found[top.pk] == Sums({sub.pk: Decimal(37)}, Decimal(0), Decimal(1))
    assert found[sub.pk] == Sums({teams[0].pk: Decimal(30), teams[1].pk: Decimal(5)}, Decimal(0), Decimal(2))
    assert found[teams[0].pk] == Sums({}, Decimal(0), Decimal(30))

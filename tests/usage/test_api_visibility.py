"""Invariant 5: someone sees usage if and only if it is charged to a budget that they see, and each event once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group
from django.db import transaction
from guardian.shortcuts import assign_perm
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from budgets.domain.changes import archive_budget, edit_budget
from budgets.domain.history import Actor
from budgets.domain.tree import forget
from budgets.models import Budget
from tests.factories import Api, api, budget, call, now, share, spend
from usage.domain import ground

pytestmark = pytest.mark.django_db
TEAMS = ("red", "green", "blue", None)
SCOPES: list[dict[str, list[str]]] = [
    {},
    {"teams": ["red"]},
    {"teams": ["green"]},
    {"teams": ["red", "blue"]},
    {"teams": ["nobody"]},
]


def seen_by(caller: Api) -> tuple[set[str], int, Decimal]:
    """The ids of the events that someone is shown, and what the sums say of them."""
    listed = caller.get("usage/events/", page_size=1000).json()["results"]
    (total,) = caller.get("usage/summary/", start="2020-01-01").json()["results"]
    assert len({row["id"] for row in listed}) == len(listed)
    return {row["id"] for row in listed}, total["requests"], Decimal(total["cost"])


@contextmanager
def rolled_back() -> Iterator[None]:
    """Each example begins with the same database."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    forget()
    ground.forget()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    trees=st.lists(st.tuples(st.integers(0, 5), st.sampled_from(SCOPES)), min_size=1, max_size=6),
    granted=st.sets(st.integers(0, 5), max_size=2),
    permission=st.sampled_from(["view_budget", "change_budget", "request_budget", "decide_budget", "group", "owner"]),
)
def test_what_someone_sees_is_what_is_charged_to_the_budgets_they_see(trees, granted, permission):
    with rolled_back():
        made: list[Budget] = []
        for above, scope in trees:
            made.append(budget(parent=made[above] if above < len(made) else None, scope=scope))
        caller, everyone = api("engineer"), api("finance")
        for place in granted:
            if place >= len(made):
                continue
            if permission == "owner":
                Budget.objects.filter(pk=made[place].pk).update(owner=caller.user)
            elif permission == "group":
                assign_perm("view_budget", Group.objects.get(name="engineer"), made[place])
            else:
                share(made[place], caller.user, permission)
        calls = {team: call(2**n, team=team) for n, team in enumerate(TEAMS)}
        spend(*calls.values())

        below = {b.pk: {b.pk} for b in made}
        for found in reversed(made):
            if found.parent_id:
                below[found.parent_id] |= below[found.pk]
        roots = [made[place].pk for place in granted if place < len(made)]
        charged = {scope for root in roots for pk in below[root] for scope in [_scope(made, pk)]}
        expected = {team for team in TEAMS if any(not scope or team in scope for scope in charged)}

        ids, requests, cost = seen_by(caller)
        assert ids == {str(calls[team].id) for team in expected}
        assert requests == len(expected)
        assert cost == sum((calls[team].cost for team in expected), Decimal(0))
        assert seen_by(everyone)[0] == {str(found.id) for found in calls.values()}
        shown = {row["id"] for row in caller.get("budgets/", page_size=1000).json()["results"]}
        assert shown == {pk for root in roots for pk in below[root]}


def _scope(made: list[Budget], pk: int) -> tuple[str, ...]:
    return next(tuple(found.scope.get("teams", ())) for found in made if found.pk == pk)


def test_usage_is_seen_only_in_the_hours_for_which_it_is_charged():
    caller = api("lead")
    team = budget(scope={"teams": ["red"]}, at=now() - timedelta(days=400))
    share(team, caller.user)
    month = now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    before, after = call(1, month - timedelta(hours=1), team="blue"), call(2, month, team="blue")
    spend(before, after)
    assert seen_by(caller)[0] == set()
    edit_budget(team, Actor(None), {"scope": {"teams": ["blue"]}}, now())
    assert seen_by(caller) == ({str(after.id)}, 1, Decimal(2))


def test_what_an_archived_budget_was_charged_for_stays_readable_and_what_comes_later_does_not():
    caller = api("viewer")
    closed = budget(scope={"teams": ["red"]}, at=now() - timedelta(days=4))
    share(closed, caller.user)
    old, new = call(1, now() - timedelta(days=3), team="red"), call(2, now(), team="red")
    archive_budget(closed, Actor(None), now() - timedelta(days=2))
    spend(old, new)
    assert seen_by(caller) == ({str(old.id)}, 1, Decimal(1))


def test_groups_of_sums_and_filters_leak_no_label():
    caller = api("engineer")
    share(budget(scope={"teams": ["red"]}), caller.user)
    spend(call(1, team="red", project="open"), call(2, team="blue", project="secret"))
    for query in ({"group_by": "project"}, {"group_by": "team", "project": "secret"}, {"interval": "hour"}):
        mine = caller.get("usage/summary/", **query)
        assert b"secret" not in mine.content
        assert b"blue" not in mine.content
        assert b'"2.00"' not in mine.content
        assert b'"3.00"' not in mine.content
    assert b"secret" in api("admin").get("usage/summary/", group_by="project").content


@pytest.mark.parametrize("role", ["lead", "approver", "engineer", "viewer"])
def test_someone_to_whom_nothing_was_granted_sees_nothing(role):
    budget()
    spend(call(5))
    assert seen_by(api("finance"))[1] == 1
    assert seen_by(api(role)) == (set(), 0, Decimal(0))

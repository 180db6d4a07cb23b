"""Saved scenarios through the API: whoever sees the budget saves and reads, who made them or may edit it changes."""

from __future__ import annotations

import threading
import uuid
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from budgets.models import Budget
from forecasting.domain.saved_sets import MOST
from forecasting.models import ScenarioSet
from tests.at_once import waiting_for_locks
from tests.factories import Api, api, budget, now, share
from wire.idempotency import REPEATED

pytestmark = pytest.mark.django_db
BODY: dict[str, Any] = {
    "name": "Launch",
    "scenarios": [
        {"name": "As it goes", "assumptions": "current_rate"},
        {"name": "Launch", "assumptions": {"additional_requests": 10000, "average_cost": 0.05}},
    ],
}


def seeing(found: Any, *permissions: str) -> Api:
    """An engineer who may do this much with a budget."""
    caller = api("engineer")
    share(found, caller.user, *permissions)
    return caller


def saved(caller: Api, found: Any, **other: Any) -> dict[str, Any]:
    """A set that the caller saves."""
    answer = caller.post(f"budgets/{found.pk}/scenario-sets/", {**BODY, **other})
    assert answer.status_code == 201, answer.content
    return answer.json()


def test_who_sees_a_budget_saves_scenarios_and_all_who_see_it_read_them() -> None:
    found = budget("Chat", 100)
    maker, other, stranger = seeing(found), seeing(found), api("engineer")
    made = saved(maker, found)
    assert (made["name"], made["budget_id"], made["created_by"]) == ("Launch", found.pk, maker.user.email)
    assert made["scenarios"][1]["assumptions"] == {"additional_requests": 10000, "average_cost": "0.05"}
    assert other.get(f"scenario-sets/{made['id']}/").json() == made
    assert other.get(f"budgets/{found.pk}/scenario-sets/").json()["results"] == [made]
    for path in (f"scenario-sets/{made['id']}/", f"scenario-sets/{uuid.uuid4()}/"):
        assert stranger.get(path).status_code == 404
    assert stranger.post(f"budgets/{found.pk}/scenario-sets/", BODY).status_code == 404


def test_only_who_saved_them_or_may_edit_the_budget_changes_them() -> None:
    found = budget("Chat", 100)
    maker, other, editor = seeing(found), seeing(found), seeing(found, "change_budget")
    path = f"scenario-sets/{saved(maker, found)['id']}/"
    changed = {"name": "Later", "scenarios": [{"name": "a"}]}
    for refused in (other.put(path, changed), other.delete(path)):
        assert refused.status_code == 403
        assert "Save a copy instead" in refused.json()["error"]["message"]
    assert maker.put(path, changed).json()["name"] == "Later"
    assert editor.put(path, {**changed, "name": "Last"}).json()["scenarios"] == [
        {"name": "a", "assumptions": "current_rate"}
    ]
    assert editor.delete(path).status_code == 204
    assert maker.get(path).status_code == 404


def test_a_set_that_is_deleted_while_it_is_changed_does_not_come_back(committed: None) -> None:
    found = budget("Chat", 100)
    finance = api("finance")
    path = f"scenario-sets/{saved(finance, found)['id']}/"
    answers: list[int] = []

    def change() -> None:
        try:
            answers.append(finance.put(path, {**BODY, "name": "Later"}).status_code)
        finally:
            connection.close()

    changing = threading.Thread(target=change)
    with transaction.atomic():
        Budget.objects.select_for_update().get(pk=found.pk)
        changing.start()
        while waiting_for_locks() < 1 and not answers:
            pass
        ScenarioSet.objects.all().delete()
    changing.join()
    assert (answers, ScenarioSet.objects.count()) == ([404], 0)


def test_who_no_longer_sees_the_budget_no_longer_reads_what_they_saved() -> None:
    found = budget("Chat", 100)
    finance, maker = api("finance"), seeing(found)
    path = f"scenario-sets/{saved(maker, found)['id']}/"
    finance.put(f"budgets/{found.pk}/shares/", {"shares": []})
    assert [maker.send(method, path, BODY).status_code for method in ("GET", "PUT", "DELETE")] == [404] * 3


def test_a_key_that_may_only_read_saves_nothing() -> None:
    found = budget("Chat", 100)
    reader = api("finance", scopes=["budgets:read"])
    assert reader.post(f"budgets/{found.pk}/scenario-sets/", BODY).status_code == 403


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({**BODY, "name": " "}, "name"),
        ({**BODY, "name": "a" * 121}, "name"),
        ({"name": "a"}, "scenarios"),
        ({"name": "a", "scenarios": [{"name": "b", "assumptions": {"growth_rate": -3}}]}, None),
        ({**BODY, "scenario": []}, "scenario"),
        (BODY, "name"),
    ],
)
def test_what_cannot_be_kept_is_refused_at_its_field(body: dict[str, Any], field: str | None) -> None:
    found, finance = budget("Chat", 100), api("finance")
    saved(finance, found)
    answer = finance.post(f"budgets/{found.pk}/scenario-sets/", body)
    assert answer.status_code == 400
    assert list(answer.json()["error"]["fields"]) == [field or "scenarios.0.assumptions.growth_rate"]
    assert ScenarioSet.objects.count() == 1


def test_a_name_is_free_in_another_budget_and_stays_ones_own() -> None:
    found, other, finance = budget("Chat", 100), budget("Search", 100), api("finance")
    saved(finance, other)
    made = saved(finance, found)
    assert finance.put(f"scenario-sets/{made['id']}/", BODY).status_code == 200


def test_a_set_is_saved_once_under_its_key() -> None:
    found, finance = budget("Chat", 100), api("finance")
    first, again = (finance.post(f"budgets/{found.pk}/scenario-sets/", BODY, idempotency_key="once") for _ in range(2))
    assert (again.content, again[REPEATED]) == (first.content, "true")
    assert ScenarioSet.objects.count() == 1


def test_sets_are_listed_page_by_page_up_to_as_many_as_fit() -> None:
    found, finance = budget("Chat", 100), api("finance")
    ScenarioSet.objects.bulk_create(
        ScenarioSet(budget=found, name=f"{n:03}", scenarios=[], created_at=now(), changed_at=now()) for n in range(MOST)
    )
    path, names = f"budgets/{found.pk}/scenario-sets/?page_size=20", []
    counted = set()
    while path:
        with CaptureQueriesContext(connection) as context:
            page = finance.get(path).json()
        counted.add(len(context))
        names += [row["name"] for row in page["results"]]
        path = page["next"]
    assert names == [f"{n:03}" for n in range(MOST)]
    assert len(counted) <= 2, "once a minute a key's use is noted"
    refused = finance.post(f"budgets/{found.pk}/scenario-sets/", BODY)
    assert "as many as fit" in refused.json()["error"]["fields"]["name"][0]

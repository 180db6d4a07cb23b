"""Idempotency-Key: the same question gets the first answer, and the work is done once, however requests race."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection

from budgets.models import Budget
from tests.factories import api, budget, now
from usage.models import UsageEvent
from wire.idempotency import REPEATED, Answer, once
from wire.models import IdempotencyRecord
from wire.tasks import forget_answers

BUDGET = {"name": "Search", "amount": 100, "scope": {"projects": ["search"]}}
EVENTS = {"events": [{"cost": "1.25"}, {"cost": "2.50"}]}  # without ids: nothing but the key tells a repetition
POSTS = [("budgets/", BUDGET, 201), ("usage/", EVENTS, 202)]


def made() -> int:
    return Budget.objects.count() + UsageEvent.objects.count()


@pytest.mark.django_db
@pytest.mark.parametrize(("path", "body", "status"), POSTS)
def test_the_same_key_and_body_give_the_first_answer_again(path, body, status):
    caller = api()
    first = caller.post(path, body, idempotency_key="k 1")
    count = made()
    again = caller.post(path, body, idempotency_key="k 1")
    assert (first.status_code, again.status_code) == (status, status)
    assert again.content == first.content
    assert again[REPEATED] == "true"
    assert REPEATED not in first
    assert made() == count


@pytest.mark.django_db
@pytest.mark.parametrize(("path", "body", "status"), POSTS)
def test_without_a_key_or_with_another_each_request_counts(path, body, status):
    caller = api()
    for key in ({}, {}, {"idempotency_key": "a"}, {"idempotency_key": "b"}):
        before = made()
        assert caller.post(path, body, **key).status_code == status
        assert made() > before


@pytest.mark.django_db
@pytest.mark.parametrize(("path", "body", "status"), POSTS)
def test_a_key_with_another_body_or_address_is_refused_and_nothing_written(path, body, status):
    caller = api()
    caller.post(path, body, idempotency_key="k")
    count = made()
    other = POSTS[1] if path == "budgets/" else POSTS[0]
    for address, changed in ((path, {**body, "x": 1}), (other[0], other[1])):
        response = caller.post(address, changed, idempotency_key="k")
        assert response.status_code == (409 if address != path or path == "budgets/" else 400)
    assert made() == count


@pytest.mark.django_db
def test_a_key_with_other_good_events_is_refused():
    caller = api()
    caller.post("usage/", EVENTS, idempotency_key="k")
    response = caller.post("usage/", {"events": [{"cost": "1.25"}]}, idempotency_key="k")
    assert response.status_code == 409
    assert response.json()["error"]["code"] == "idempotency_key_reused"
    assert UsageEvent.objects.count() == 2


@pytest.mark.django_db
def test_keys_belong_to_their_caller():
    one, other = api(), api()
    assert one.post("budgets/", BUDGET, idempotency_key="k").status_code == 201
    assert other.post("budgets/", {**BUDGET, "name": "Other"}, idempotency_key="k").status_code == 201


@pytest.mark.django_db
def test_what_was_refused_may_be_corrected_under_its_key():
    caller = api()
    assert caller.post("budgets/", {**BUDGET, "amount": -1}, idempotency_key="k").status_code == 400
    assert caller.post("usage/", {"events": [{"cost": -1}]}, idempotency_key="u").status_code == 400
    assert not IdempotencyRecord.objects.exists()
    assert caller.post("budgets/", BUDGET, idempotency_key="k").status_code == 201
    assert caller.post("usage/", EVENTS, idempotency_key="u").status_code == 202


@pytest.mark.django_db
def test_a_refusal_of_the_domain_leaves_neither_answer_nor_work():
    caller = api()
    top = budget("Top", 100, over_allocation="refuse")
    response = caller.post("budgets/", {**BUDGET, "amount": 101, "parent_budget": top.pk}, idempotency_key="k")
    assert response.status_code == 400
    assert (Budget.objects.count(), IdempotencyRecord.objects.count()) == (1, 0)


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["budgets/", "usage/"])
@pytest.mark.parametrize("key", ["", " ", "k" * 256, "schlüssel", "a\tb"])
def test_a_key_that_is_none_is_refused(path, key):
    body = BUDGET if path == "budgets/" else EVENTS
    response = api().post(path, body, idempotency_key=key)
    assert response.status_code == 400
    assert "Idempotency-Key" in response.json()["error"]["fields"]
    assert made() == 0


@pytest.mark.django_db
def test_answers_are_forgotten_after_a_day():
    caller = api()
    caller.post("budgets/", BUDGET, idempotency_key="old")
    caller.post("usage/", EVENTS, idempotency_key="new")
    IdempotencyRecord.objects.filter(key="old").update(created_at=now() - timedelta(days=1, minutes=1))
    forget_answers()
    assert list(IdempotencyRecord.objects.values_list("key", flat=True)) == ["new"]


@pytest.mark.usefixtures("committed")
@pytest.mark.parametrize(("path", "body", "status"), POSTS)
def test_requests_that_race_under_one_key_do_the_work_once_and_get_one_answer(path, body, status):
    caller = api()
    barrier = threading.Barrier(6)
    answers: list[tuple[int, bytes]] = []

    def send() -> None:
        own = caller.again()
        barrier.wait(10)
        response = own.post(path, body, idempotency_key="race")
        answers.append((response.status_code, response.content))
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(answers) == 6
    assert len(set(answers)) == 1
    assert answers[0][0] == status
    assert made() == (1 if path == "budgets/" else 2)


@pytest.mark.django_db
def test_work_that_answers_with_a_refusal_leaves_nothing_behind():
    def work() -> Answer:
        budget("Made on the way")
        return Answer(422, b"{}")

    assert once("key:1", "k", b"digest", work, now()).status == 422
    assert (Budget.objects.count(), IdempotencyRecord.objects.count()) == (0, 0)

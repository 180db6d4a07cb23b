"""Two people who save a budget at the same instant: one does, the other is told."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client

from tests.at_once import at_once
from tests.factories import budget
from tests.pages.reading import text_of
from tests.pages.test_budget_conflict import form_of


def test_of_two_who_save_at_the_same_instant_one_is_told(committed: None, signed_in: Callable[..., Client]) -> None:
    found = budget("Backend", 9000)
    clients = [signed_in("finance"), signed_in("admin")]
    forms = [form_of(client, found) | {"amount": f"1{number},000"} for number, client in enumerate(clients)]
    edits = [lambda n=number: clients[n].post(f"/budgets/{found.pk}/edit/", forms[n]) for number in range(2)]
    answers = at_once(*edits)
    assert sorted(answer.status_code for answer in answers) == [200, 302]
    (told,) = [text_of(answer) for answer in answers if answer.status_code == 200]
    assert "changed this budget while you were here" in told
    assert found.changes.filter(what="amount").count() == 1

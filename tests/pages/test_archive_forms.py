"""Archiving budgets and bringing them back in the browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from budgets.domain.changes import archive_budget
from budgets.domain.history import Actor
from budgets.models import Budget
from tests.factories import budget, now
from tests.pages.reading import text_of
from tests.pages.test_budget_forms import as_shown, errors_of

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]


def test_archiving_asks_first_and_takes_what_is_below(signed_in: SignIn) -> None:
    top = budget("Engineering", 9000)
    budget("Backend", 90, top)
    client = signed_in("finance")
    assert "1 budget below it is archived with it" in text_of(client.get(f"/budgets/{top.pk}/archive/"))
    assert Budget.objects.live().count() == 2
    answer = client.post(f"/budgets/{top.pk}/archive/", {"reason": "Reorganised"}, follow=True)
    assert "Engineering was archived, with 1 below it" in text_of(answer)
    assert Budget.objects.live().count() == 0


def test_bringing_back_undoes_it(signed_in: SignIn) -> None:
    top = budget("Engineering", 9000)
    budget("Backend", 90, top)
    archive_budget(top, Actor(None), now())
    answer = signed_in("finance").post(f"/budgets/{top.pk}/restore/", {}, follow=True)
    assert "Engineering is back, with 1 below it" in text_of(answer)
    assert Budget.objects.live().count() == 2


def test_an_archived_parent_must_come_back_first(signed_in: SignIn) -> None:
    top = budget("Engineering", 9000)
    below = budget("Backend", 90, top)
    archive_budget(top, Actor(None), now())
    page = signed_in("finance").post(f"/budgets/{below.pk}/restore/", {})
    assert "Bring that back first" in text_of(page)
    assert Budget.objects.live().count() == 0


def test_a_budget_for_which_no_room_is_left_comes_back_with_a_smaller_limit(signed_in: SignIn) -> None:
    top = budget("Engineering", 100, over_allocation="refuse")
    gone = budget("Backend", 90, top)
    archive_budget(gone, Actor(None), now())
    budget("Search", 60, top)
    client = signed_in("finance")
    page = client.post(f"/budgets/{gone.pk}/restore/", as_shown(client.get(f"/budgets/{gone.pk}/restore/")))
    assert errors_of(page) == {"amount": "Engineering has $40.00 not handed out: choose $40.00 or less."}
    client.post(f"/budgets/{gone.pk}/restore/", {"amount": "40"})
    gone.refresh_from_db()
    assert (gone.amount, gone.archived_at) == (40, None)
    assert [change.what for change in gone.changes.all()] == ["amount", "restored", "archived", "created"]

"""Two people who edit one budget: the second is told who changed what, and overwrites it only knowingly."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from budgets.domain.changes import edit_budget
from budgets.domain.history import Actor
from budgets.domain.thresholds import thresholds_of
from budgets.models import Budget
from tests.factories import budget, now, person, share
from tests.pages.reading import text_of
from tests.pages.test_budget_forms import as_shown
from tests.pages.test_budget_limits import month

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]


def meanwhile(found: Budget, reason: str = "", **fields: Any) -> None:
    """Someone else saves."""
    dana = person("finance")
    dana.name = "Dana Reyes"
    dana.save()
    edit_budget(found, Actor(dana, reason), fields, now())


def edited(client: Client, found: Budget, sent: dict[str, str]) -> HttpResponse:
    """The form's answer; what was saved is read anew."""
    page = client.post(f"/budgets/{found.pk}/edit/", sent)
    found.refresh_from_db()
    return page


def form_of(client: Client, found: Budget) -> dict[str, str]:
    """The form as it is opened."""
    return as_shown(client.get(f"/budgets/{found.pk}/edit/"))


def test_what_both_changed_stands_side_by_side_and_is_saved_only_knowingly(signed_in: SignIn) -> None:
    found, client = budget("Backend", 9000), signed_in("finance")
    sent = form_of(client, found) | {"amount": "12,000", "reason": "More users"}
    meanwhile(found, "New model", amount=Decimal("10000.50"))
    page = edited(client, found, sent)
    told = text_of(page)
    assert "Dana Reyes changed this budget while you were here" in told
    assert "“New model”" in told
    assert "Limit $9,000 $10,000.50 $12,000 Use theirs" in told
    assert told.count("Dana Reyes") == 1
    assert as_shown(page)["amount"] == "12,000"
    assert found.amount == Decimal("10000.50")
    edited(client, found, as_shown(page))
    assert found.amount == 12_000
    assert found.changes.first().reason == "More users"


def test_what_only_the_other_changed_is_taken_over_and_not_put_back(signed_in: SignIn) -> None:
    found, client = budget("Backend", 9000, scope={"teams": ["backend"]}), signed_in("finance")
    sent = form_of(client, found) | {"amount": "12,000"}
    meanwhile(
        found, name="Backend team", scope={"teams": ["backend", "a, b"], "tags": {"tier": ["gold"]}}, rollover=True,
        thresholds=[{"threshold": "0.5", "channels": ["email"]}], over_allocation="refuse",
        anchor=15,
    )  # fmt: skip
    page = edited(client, found, sent)
    shown = as_shown(page)
    assert "You did not touch what they changed" in text_of(page)
    assert "Use theirs" not in text_of(page)
    assert shown["teams"] == '"a, b", backend'
    assert found.amount == 9000
    edited(client, found, shown)
    assert (found.name, found.amount, found.rollover, found.anchor) == ("Backend team", 12_000, True, 15)
    assert found.scope == {"teams": ["a, b", "backend"], "tags": {"tier": ["gold"]}}
    assert [row["threshold"] for row in thresholds_of(found)] == ["0.5"]


def test_limits_per_period_that_the_other_planned_are_kept(signed_in: SignIn) -> None:
    found, client = budget("Backend", 9000, amounts={month(1): "5"}), signed_in("finance")
    sent = form_of(client, found) | {"name": "Backend team"}
    meanwhile(found, amounts={month(1): "6", month(3): "7"})
    shown = as_shown(edited(client, found, sent))
    assert {name: text for name, text in shown.items() if name.startswith("limit-") and text} == {
        f"limit-{month(1)}": "6",
        f"limit-{month(3)}": "7",
    }
    edited(client, found, shown)
    assert (found.name, found.amounts) == ("Backend team", {month(1): "6.00", month(3): "7.00"})


def test_several_saves_are_told_with_what_they_began_from(signed_in: SignIn) -> None:
    found, client = budget("Backend", 9000), signed_in("finance")
    edit_budget(found, Actor(None), {"amount": Decimal(8000)}, now())
    found.refresh_from_db()
    sent = form_of(client, found) | {"amount": "12,000"}
    meanwhile(found, amount=Decimal(9500))
    edit_budget(found, Actor(None), {"amount": Decimal(9700)}, now())
    told = text_of(edited(client, found, sent))
    assert "This budget was changed 2 times while you were here" in told
    assert "Someone, " in told
    assert "Limit $8,000 $9,700 Someone" in told
    assert "Dana Reyes, " in told


def test_the_same_change_by_both_is_no_clash(signed_in: SignIn) -> None:
    found, client = budget("Backend", 9000), signed_in("finance")
    sent = form_of(client, found) | {"amount": "12,000"}
    meanwhile(found, amount=Decimal(12_000))
    page = edited(client, found, sent)
    assert "You both changed" not in text_of(page)
    assert "Dana Reyes changed this budget" in text_of(page)


def test_a_budget_above_that_one_may_not_see_is_not_named(signed_in: SignIn) -> None:
    secret, lead = budget("Secret board", 9000), person("lead")
    found = budget("Backend", 90)
    share(found, lead, "change_budget")
    client = signed_in(lead)
    sent = form_of(client, found) | {"name": "Renamed"}
    meanwhile(found, parent=secret)
    page = edited(client, found, sent)
    assert "Secret" not in page.content.decode()
    edited(client, found, as_shown(page))
    assert (found.name, found.parent) == ("Renamed", secret)

"""The column "Agreed" of a budget's periods: nothing before it was made, and what is planned for those to come."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from budgets.domain.changes import edit_budget
from budgets.domain.history import Actor
from tests.factories import budget, call, now, spend
from tests.pages.reading import text_of
from usage.domain.overrides import create_override, draft_override
from usage.domain.reprice import run_waiting
from wire.templatetags.moments import short_day

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
LONG_AGO = datetime(2019, 1, 1, tzinfo=UTC)
MARCH = datetime(2025, 3, 5, 10, 20, tzinfo=UTC)
BEFORE = "nothing was agreed; what its scope spent is shown."


def rows_of(page: HttpResponse) -> list[str]:
    """The rows of the periods, top to bottom."""
    table = re.search(r'aria-label="Periods".*?</section>', page.content.decode(), re.S)
    assert table
    return [text_of(row) for row in re.findall(r"<tr\b.*?</tr>", table[0].split("<tbody", 1)[1], re.S)]


def months(count: int) -> list[date]:
    """The first days of the months to come."""
    this = timezone.localdate()
    numbers = [this.year * 12 + this.month - 1 + n for n in range(1, count + 1)]
    return [date(number // 12, number % 12 + 1, 1) for number in numbers]


def test_nothing_was_agreed_for_a_period_before_the_budget_was_made(signed_in: SignIn) -> None:
    found = budget("Search", 1000)
    spend(call(510, at=MARCH), call(20))
    page = signed_in().get(f"/budgets/{found.pk}/")
    this, march = rows_of(page)
    assert this == f"{timezone.localdate():%B %Y} until now $1,000 $20 2.0%"
    assert march == "March 2025 — $510 —"
    assert f"Before {short_day(found.created_at.date())} {BEFORE}" in text_of(page)
    past = text_of(signed_in().get(f"/budgets/{found.pk}/?period=2025-03-01"))
    assert "no limit was agreed then. What its scope spent is shown." in past


def test_a_first_day_in_the_past_was_agreed_to_hold_since(signed_in: SignIn) -> None:
    found = budget("Search", 1000, starts_on=date(2025, 2, 1))
    spend(call(510, at=MARCH))
    page = signed_in().get(f"/budgets/{found.pk}/")
    assert rows_of(page)[-1] == "March 2025 $1,000 $510 51.0%"
    assert BEFORE not in text_of(page)
    assert "no limit was agreed" not in text_of(signed_in().get(f"/budgets/{found.pk}/?period=2025-03-01"))


def test_planned_amounts_of_periods_to_come_are_rows_above_the_open_one(signed_in: SignIn) -> None:
    days = months(5)
    amounts = {day.isoformat(): f"{1100 + 100 * n}" for n, day in enumerate(days)}
    found = budget("Search", 1000, at=LONG_AGO, amounts=amounts)
    client = signed_in()
    page = client.get(f"/budgets/{found.pk}/")
    names = [f"{day:%B %Y}" for day in days]
    assert [row.split(" — ")[0] for row in rows_of(page)[:3]] == [
        f"{names[2]} planned $1,300",
        f"{names[1]} planned $1,200",
        f"{names[0]} planned $1,100",
    ]
    assert "until now" in rows_of(page)[3]
    assert "2 more periods to come have a planned amount." in text_of(page)
    assert rows_of(client.get(f"/budgets/{found.pk}/?all=periods"))[0] == f"{names[4]} planned $1,500 — —"


def test_a_planned_amount_that_is_over_is_the_periods_own(signed_in: SignIn) -> None:
    found = budget("Search", 1000, at=LONG_AGO, amounts={"2025-03-01": "800.50"})
    spend(call(80, at=MARCH))
    page = signed_in().get(f"/budgets/{found.pk}/")
    assert "planned" not in " ".join(rows_of(page))
    assert rows_of(page)[-1] == "March 2025 $800.50 $80 10.0%"


def test_one_amount_with_cents_leaves_the_others_whole(signed_in: SignIn) -> None:
    found = budget("Search", "1234.57", at=LONG_AGO)
    spend(call(80, at=MARCH), call(80))
    edit_budget(found, Actor(None), {"amount": Decimal(20_000)}, now())
    this, march = rows_of(signed_in().get(f"/budgets/{found.pk}/"))
    assert "$20,000 " in this
    assert "$1,234.57 " in march


def test_several_repricings_of_a_period_are_one_short_line(signed_in: SignIn) -> None:
    found = budget("Search", 1000, at=LONG_AGO)
    spend(call(at=MARCH, model="gpt-4", input_tokens=1_000_000), call(1))
    for percent in (40, 50):
        at = now() + timedelta(seconds=percent)
        draft = draft_override(
            model_pattern="gpt-4",
            percent_off=Decimal(percent),
            effective_from=datetime(2025, 1, percent // 10, tzinfo=UTC),
        )
        create_override(draft, None, at)
        run_waiting(at)
    march = rows_of(signed_in().get(f"/budgets/{found.pk}/"))[-1]
    assert (
        march == f"March 2025 −$15.00, priced again 2 times, last on {short_day(timezone.localdate())} $1,000 $15 1.5%"
    )

"""A budget's page in periods that are not the usual one: past, archived, not begun, a single day, without any spend."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.test import Client

from budgets.domain.changes import archive_budget, edit_budget
from budgets.domain.history import Actor
from tests.factories import budget, call, now, person, spend
from tests.pages.reading import row_of, text_of
from tests.pages.test_budget_page import figure_of, line_of, table_of
from usage.domain.overrides import create_override, draft_override
from usage.domain.reprice import run_waiting
from usage.models import RepriceJob
from wire.templatetags.moments import short_day

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
LONG_AGO = datetime(2019, 1, 1, tzinfo=UTC)
MARCH = datetime(2025, 3, 5, 10, 20, tzinfo=UTC)


def names(figure: dict[str, object]) -> list[str]:
    """What is written on the plot."""
    return [note["text"] for note in figure["layout"]["annotations"]]  # type: ignore[index]


def test_a_past_period_shows_what_was_agreed_for_it(signed_in: SignIn) -> None:
    half = [{"threshold": "0.5", "channels": ["email"]}]
    dana = person("finance")
    found = budget("Product", 200, scope={"teams": ["a"]}, thresholds=half, owner=dana, at=LONG_AGO)
    spend(call(150, at=MARCH, team="a"))
    later = {"amount": Decimal(300), "scope": {"teams": ["b"]}, "owner": None, "rollover": True}
    edit_budget(found, Actor(None), {**later, "thresholds": [{**half[0], "threshold": "0.9"}]}, now())
    client = signed_in()
    past = text_of(client.get(f"/budgets/{found.pk}/?period=2025-03-01"))
    about = past[past.index("What was agreed for March 2025") :]
    assert "Limit $200.00, monthly For team: a Owner" in about
    assert dana.get_full_name() in about
    assert "Thresholds 50% reached Mar 5, 2025" in about
    assert "lapses when the period ends" in about
    today = text_of(client.get(f"/budgets/{found.pk}/"))
    assert "Limit $300.00, monthly For team: b Owner nobody Thresholds 90% not reached yet What is left" in today
    assert "is carried into the next period" in today


def test_a_past_period_speaks_of_nothing_to_come_and_its_line_ends_whole(signed_in: SignIn) -> None:
    found = budget("Product", 1000, at=LONG_AGO)
    spend(call(150, at=MARCH))
    page = signed_in().get(f"/budgets/{found.pk}/?period=2025-03-01")
    assert "as it stands" in text_of(page)
    assert "Projected" not in text_of(page)
    assert all(trace["cliponaxis"] is False for trace in figure_of(page)["data"])


def test_a_period_in_which_calls_were_priced_again_says_by_how_much_when_and_why(signed_in: SignIn) -> None:
    ours = budget("Product", 1000, scope={"teams": ["a"]}, at=LONG_AGO)
    theirs = budget("Other", 1000, scope={"teams": ["b"]}, at=LONG_AGO)
    million = {"model": "gpt-4", "input_tokens": 1_000_000}
    spend(call(at=MARCH, team="a", **million), call(1, at=MARCH, team="b", model="gpt-4"), call(team="a", **million))
    spend(call(at=datetime(2025, 2, 3, tzinfo=UTC), team="a", **{**million, "model": "gpt-4o"}))
    draft = draft_override(
        model_pattern="gpt-4", percent_off=Decimal(40), effective_from=datetime(2025, 1, 1, tzinfo=UTC)
    )
    create_override(draft, None, now())
    run_waiting(now())
    client = signed_in()
    page = client.get(f"/budgets/{ours.pk}/?period=2025-03-01")
    assert "−$12.00 because calls were priced again" in text_of(page)
    assert f"after March 2025 had ended: {RepriceJob.objects.get().reason}" in text_of(page)
    assert f"−$12.00, priced again on {short_day(now().date())}" in row_of(page, "March 2025")
    assert "priced again" not in row_of(page, "February 2025")
    assert "−$12.00 because calls were priced again" in text_of(client.get(f"/budgets/{ours.pk}/"))
    assert "had ended" not in text_of(client.get(f"/budgets/{ours.pk}/"))
    assert "priced again" not in text_of(client.get(f"/budgets/{theirs.pk}/?period=2025-03-01"))


def test_an_archived_budget_has_no_today_and_no_projection(signed_in: SignIn) -> None:
    today = now().date()
    week = {"period": "custom", "starts_on": today - timedelta(days=5), "ends_on": today + timedelta(days=5)}
    found = budget("Old", 1000, at=LONG_AGO, **week)
    spend(call(42))
    archive_budget(found, Actor(None), now())
    page = signed_in().get(f"/budgets/{found.pk}/")
    assert "today" not in names(figure_of(page))
    assert [trace["name"] for trace in figure_of(page)["data"] if trace.get("name")] == ["Limit", "Spent"]
    assert "Projected" not in text_of(page)
    assert not any("projected" in row[0] for row in table_of(page))


def test_a_budget_that_has_not_begun_says_what_there_will_be(signed_in: SignIn) -> None:
    first = date(now().year + 1, 1, 1)
    days = (date(first.year + 1, 1, 1) - first).days
    found = budget("Next year", 5000, period="custom", starts_on=first, ends_on=date(first.year, 12, 31))
    page = signed_in().get(f"/budgets/{found.pk}/")
    text = text_of(page)
    assert f"To spend $5,000 for Jan 1 – Dec 31, {first.year} Begins Jan 1, {first.year} for {days} days" in text
    assert "when the period ended" not in text
    assert "on average" not in text
    assert 'id="figure"' not in page.content.decode()


def test_the_line_of_a_day_begins_at_nothing_and_ends_now(signed_in: SignIn) -> None:
    found = budget("Tiny", 1000, period="daily", at=LONG_AGO)
    begins = now().replace(hour=0, minute=0, second=0, microsecond=0)
    spend(call(30, at=begins + (now() - begins) / 2))
    line = line_of(signed_in().get(f"/budgets/{found.pk}/"), "Spent")
    assert (line["x"][0], line["y"][0]) == (0, "0")
    assert abs(line["x"][-1] - (now() - begins) / timedelta(hours=1)) < 0.05
    assert line["y"][-1] == "30.00"


def test_a_period_without_any_spend_still_knows_today(signed_in: SignIn) -> None:
    found = budget("Typo", 25_000, at=LONG_AGO)
    page = signed_in().get(f"/budgets/{found.pk}/")
    assert "today" in names(figure_of(page))
    assert "Spent $0 0.0% of $25,000 Left $25,000" in text_of(page)


def test_the_last_usage_is_told_by_its_hour(signed_in: SignIn) -> None:
    found = budget("Product", 1000, at=LONG_AGO)
    spend(call(1, at=MARCH))
    page = signed_in().get(f"/budgets/{found.pk}/")
    assert "last usage Mar 5, 2025, between 10:00 and 11:00" in text_of(page)
    assert "Mar 5, 2025, between 10:00 and 11:00 UTC" in page.content.decode()


def test_a_whole_row_of_the_periods_is_a_target(signed_in: SignIn) -> None:
    found = budget("Product", 1000, at=LONG_AGO)
    spend(call(1, at=MARCH))
    assert re.search(
        r'<table class="cards rows".*March 2025', signed_in().get(f"/budgets/{found.pk}/").content.decode(), re.S
    )


def test_what_is_made_to_hold_for_the_past_too_is_in_the_history(signed_in: SignIn) -> None:
    found = budget("Backend", 100, scope={"teams": ["backend"]}, rollover=True)
    actor = Actor(None)
    edit_budget(found, actor, {"scope": {"teams": ["backend", "search"]}}, now())
    edit_budget(found, actor, {"rollover": True, "scope": {"teams": ["backend", "search"]}}, now(), all_history=True)
    history = text_of(signed_in().get(f"/budgets/{found.pk}/")).split("History")[1]
    assert "For: team: backend, search for all history" in history
    assert "Carries over: yes for all history" in history


def test_the_history_tells_what_holds_for_the_past_too(signed_in: SignIn) -> None:
    actor, last_year = Actor(None), date(now().year - 1, 1, 1)
    found = budget("Backend", 100, starts_on=last_year)
    fields = {"rollover": True, "amounts": {last_year.isoformat(): "500"}, "owner": person("lead", "lena@company.com")}
    edit_budget(found, actor, fields, now(), all_history=True)
    edit_budget(found, actor, {"starts_on": date(last_year.year, 2, 1)}, now(), all_history=True)
    history = text_of(signed_in().get(f"/budgets/{found.pk}/")).split("History")[1]
    assert "Carries over: no → yes for all history" in history
    assert f"Planned limits: none → Jan 1, {last_year.year}: $500.00 for all history" in history
    assert f"→ Feb 1, {last_year.year} for all history" in history
    assert "lena@company.com for all history" not in history
    edit_budget(found, actor, {"rollover": False}, now())
    latest = text_of(signed_in().get(f"/budgets/{found.pk}/")).split("History")[1]
    assert "Carries over: yes → no Edited" in latest

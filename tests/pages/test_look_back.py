"""A look back shows each budget in its own period, which the page names, and no limit that was agreed later."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from tests.factories import budget, call, now, recorded_for_years, spend
from tests.pages.reading import names_in_order, row_of, text_of
from wire.calendar import MONTH, QUARTER, present

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
LONG_AGO = datetime(2019, 1, 1, tzinfo=UTC)


def lines_of(client: Client, query: str = "") -> dict[str, dict[str, str]]:
    """The budgets of the CSV by their names."""
    text = b"".join(client.get(f"/budgets/export.csv{query}")).decode("utf-8-sig")
    return {row["budget"]: row for row in csv.DictReader(io.StringIO(text))}


@pytest.mark.parametrize("back", [0, -2])
def test_in_a_quarter_a_monthly_budget_names_the_month_that_its_row_is_of(signed_in: SignIn, back: int) -> None:
    budget("Monthly", 100, at=LONG_AGO)
    budget("Quarterly", 300, at=LONG_AGO, period="quarterly", scope={"teams": ["a"]})
    quarter = present(QUARTER, now()).moved(back)
    month = present(MONTH, min(now(), quarter.ends - timedelta(days=1)))
    spend(call(7, month.starts), call(5, quarter.starts, team="a"))
    page = signed_in("finance").get(f"/budgets/?period={quarter.written}")
    assert f"monthly, {month.label}" in row_of(page, "Monthly")
    assert quarter.label not in row_of(page, "Quarterly")
    text = text_of(page)
    assert "each in its own period" in text
    assert f"Months are not added up here; the overview of {quarter.label} adds them up." in text


def test_in_the_present_month_only_other_periods_are_named(signed_in: SignIn) -> None:
    budget("Monthly", 100, at=LONG_AGO)
    budget("Also monthly", 100, at=LONG_AGO, scope={"teams": ["b"]})
    budget("Quarterly", 300, at=LONG_AGO, period="quarterly", scope={"teams": ["a"]})
    page = signed_in("finance").get("/budgets/")
    assert "monthly, " not in row_of(page, "Monthly")
    assert f"quarterly, {present(QUARTER, now()).label}" in row_of(page, "Quarterly")
    assert "not added up" not in text_of(page)


def test_before_a_budget_was_made_no_limit_was_agreed(signed_in: SignIn) -> None:
    budget("Old", 100, at=LONG_AGO, scope={"teams": ["a"]})
    made = budget("Made today", 100)
    last = present(MONTH, now()).moved(-1)
    spend(call(250, last.starts, team="a"), call(1))
    client, query = signed_in("finance"), f"?period={last.written}"
    page = client.get(f"/budgets/{query}")
    row = row_of(page, "Made today")
    assert "No limit agreed" in row
    assert "$250" in row
    assert "$100" not in row
    assert "Exceeded" not in row
    assert "Ended" not in row
    assert "$100" in row_of(page, "Old")
    assert names_in_order(client.get(f"/budgets/{query}&state=not-agreed")) == ["Made today"]
    assert "Made today" not in names_in_order(client.get(f"/budgets/{query}&state=at-risk"))
    line = lines_of(client, query)["Made today"]
    assert [line[name] for name in ("limit", "remaining", "percent_of_limit", "state")] == [
        "",
        "",
        "",
        "No limit agreed",
    ]
    assert line["spent"] == "250.00"
    overview = text_of(client.get(f"/{query}"))
    assert f"Made today has no limit for all of {last.label}" in overview
    assert "of $100" not in overview
    own = client.get(f"/budgets/{made.pk}/{query}")
    assert "Spent $250.00 no limit was agreed then" in text_of(own)
    assert "no limit was agreed then. What its scope spent is shown." in text_of(own)
    assert 'class="bar"' not in own.content.decode().split("<section", 1)[1].split("</section>")[0]
    assert "Limit $100" not in own.content.decode()


def test_a_limit_for_a_time_before_that_was_agreed_for_it_is_shown(signed_in: SignIn) -> None:
    last = present(MONTH, now()).moved(-1)
    budget("Since", 100, starts_on=last.first)
    spend(call(25, last.starts))
    row = row_of(signed_in("finance").get(f"/budgets/?period={last.written}"), "Since")
    assert "$25.00 $100" in row
    assert "No limit agreed" not in row


def test_a_quarter_before_whose_end_a_budget_was_made_has_no_limit_on_the_overview(signed_in: SignIn) -> None:
    quarter = present(QUARTER, now()).moved(-1)
    budget("Company", 1000, at=quarter.ends - timedelta(days=5))
    spend(call(7, quarter.starts))
    text = text_of(signed_in("finance").get(f"/?period={quarter.written}"))
    assert f"Company has no limit for all of {quarter.label}" in text


def test_what_was_carried_over_is_said_beside_the_limit_and_is_a_column_of_the_file(signed_in: SignIn) -> None:
    last = present(MONTH, now()).moved(-1)
    budget("Rolling", 100, rollover=True, starts_on=last.first)
    budget("Plain", 100, scope={"teams": ["a"]}, at=LONG_AGO)
    spend(call("30.50", last.starts), call(1))
    client = signed_in("finance")
    page = client.get("/budgets/")
    row = row_of(page, "Rolling")
    assert "incl. $69.50 carried over" in row
    assert "$169.50" in row
    assert "carried over" not in row_of(page, "Plain")
    lines = lines_of(client)
    assert [lines["Rolling"][name] for name in ("limit", "carried_over")] == ["169.50", "69.50"]
    assert lines["Plain"]["carried_over"] == "0.00"


def test_a_budget_that_is_close_for_a_threshold_says_so_on_its_page_and_in_its_row(signed_in: SignIn) -> None:
    alerts = [{"threshold": share, "channels": ["email"]} for share in ("0.1", "0.2")]
    today = now().date()
    dates = {"period": "custom", "starts_on": today - timedelta(days=90), "ends_on": today + timedelta(days=5)}
    found = budget("Company", 1000, at=LONG_AGO, thresholds=alerts, **dates)
    recorded_for_years()
    spend(call(230, now() - timedelta(days=4)))
    client = signed_in("finance")
    assert re.search(r"Close passed 20% threshold on \w+ \d+", row_of(client.get("/budgets/"), "Company"))
    assert re.search(r"Close · 2\d\.\d% at [^.]*? passed 20% threshold", text_of(client.get(f"/budgets/{found.pk}/")))


def test_who_makes_or_changes_a_budget_sees_it_as_it_is_now(signed_in: SignIn) -> None:
    client, within = signed_in("finance"), {"Sec-Fetch-Site": "same-origin"}
    month = present(MONTH, now())
    client.get(f"/budgets/?period={month.moved(-1).written}")
    sent = {"name": "Made", "amount": "10", "period": "monthly", "parent": "top"}
    made = client.post("/budgets/new/", sent, follow=True, headers=within)
    assert "You are looking at" not in text_of(made)
    assert month.label in text_of(made)
    path = made.redirect_chain[-1][0]
    past = client.get(f"{path}?period={month.moved(-1).written}")
    assert "What is agreed since" in text_of(past)
    assert "What was agreed" not in text_of(past)
    changed = client.post(f"{path}edit/", {**sent, "amount": "20", "version": "1"}, follow=True, headers=within)
    assert "You are looking at" not in text_of(changed)
    quarter = present(QUARTER, now())
    client.get(f"/budgets/?period={quarter.written}")
    changed = client.post(f"{path}edit/", {**sent, "amount": "30", "version": "2"}, follow=True, headers=within)
    assert changed.redirect_chain[-1][0] == f"{path}?period={quarter.written}", "the present quarter is kept"


def test_a_month_that_is_over_is_on_no_track_and_projects_nothing(signed_in: SignIn) -> None:
    budget("Kept", 100, at=LONG_AGO)
    budget("Passed", 5, at=LONG_AGO, scope={"teams": ["a"]})
    budget("Quarterly", 9_000, at=LONG_AGO, period="quarterly", scope={"teams": ["b"]})
    quarter = present(QUARTER, now()).moved(-1)
    month = quarter.first.isoformat()[:7]  # the first of its three: the quarter is under way when it ends
    spend(call(7, quarter.starts, team="a"), call(9, quarter.starts, team="b"))
    client = signed_in("finance")
    page = client.get(f"/budgets/?period={month}")
    assert re.search(r"Kept .* \$16 \$100 — 16.0% — Within limit", row_of(page, "Kept"))
    assert re.search(r"\$7.00 \$5 — 140.0% .*Exceeded", row_of(page, "Passed"))
    assert "On track" in row_of(page, "Quarterly")
    assert "On track" not in row_of(page, "Kept")
    assert "On track 2" in text_of(page), "a tab holds both, so it says what holds for both"
    for sort in ("projected", "-projected"):
        names = names_in_order(client.get(f"/budgets/?period={month}&state=on-track&sort={sort}"))
        assert names == (["Kept", "Quarterly"] if sort == "projected" else ["Quarterly", "Kept"])
    lines = lines_of(client, f"?period={month}")
    assert (lines["Kept"]["state"], lines["Kept"]["projected"]) == ("Within limit", "")
    assert lines["Quarterly"]["projected"] != ""

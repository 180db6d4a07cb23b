"""Contract prices and aliases through the API: what they change, from when on, and what a dry run tells before."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from budgets.domain.check import check
from tests import factories
from tests.at_once import at_once
from tests.factories import Api, api
from usage.domain import reprice
from usage.models import GroundVersion, ModelAlias, PriceOverride, RepriceJob, TeamDepartment, UsageEvent
from wire.times import rfc3339

pytestmark = pytest.mark.django_db
MILLION = 1_000_000


@pytest.fixture
def finance() -> Api:
    """Someone who may set prices."""
    return api("finance")


def days_ago(days: float) -> str:
    """An instant, as the API reads it."""
    return rfc3339(factories.now() - timedelta(days=days))


def use(finance: Api, days: float = 0.0001, **fields: Any) -> None:
    """Posts one call through the API; a million input tokens of gpt-4 cost 30 USD by the list."""
    event = {"provider": "openai", "model": "gpt-4", "input_tokens": MILLION, "occurred_at": days_ago(days), **fields}
    answer = finance.post("usage/", {"events": [event]})
    assert answer.status_code == 202, answer.content


def work() -> int:
    """What a worker does."""
    return reprice.run_waiting(factories.now())


def costs() -> list[Decimal]:
    """The cost of each event, the oldest first."""
    return list(UsageEvent.objects.order_by("occurred_at").values_list("cost", flat=True))


def nothing_written() -> bool:
    """Whether there is no agreement and no job."""
    return not any(table.objects.exists() for table in (PriceOverride, ModelAlias, RepriceJob))


def current(finance: Api, budget: Any) -> Decimal:
    """What the API says a budget's open period has spent."""
    return Decimal(finance.get(f"budgets/{budget.pk}/status/").json()["current"])


def test_a_contract_price_changes_only_calls_from_its_date_on(finance):
    use(finance, 40), use(finance, 2)
    made = finance.post(
        "price-overrides/",
        {"provider": "openai", "model_pattern": "gpt-4", "effective_from": days_ago(10), "rates": {"input": 7}},
    )
    assert made.status_code == 201
    use(finance, 39), use(finance, 1)
    work()
    assert costs() == [30, 30, 7, 7]
    job = finance.get(f"reprice-jobs/{made.json()['repricing']['id']}/").json()
    assert (job["state"], job["events_changed"], job["cost_change"]) == ("done", 1, "-23.00")
    assert (job["created_by"], job["reason"]) == (
        finance.user.email,
        f"Contract price {made.json()['id']} (gpt-4) was added",
    )


def test_a_percentage_is_taken_off_every_list_price_until_it_ends(finance):
    body = {
        "model_pattern": "gpt-4*",
        "percent_off": "12.5",
        "effective_from": days_ago(9),
        "effective_to": days_ago(3),
    }
    assert finance.post("price-overrides/", body).json()["percent_off"] == "12.5"
    use(finance, 10), use(finance, 5), use(finance, 5, model="gpt-4o"), use(finance, 2)
    assert sorted(costs()) == [Decimal("2.1875"), Decimal("26.25"), 30, 30]


def test_past_usage_stays_as_it_is_when_the_person_says_so(finance):
    use(finance, 2)
    body = {"model_pattern": "gpt-4", "percent_off": 50, "effective_from": days_ago(9), "reprice": False}
    assert finance.post("price-overrides/", body).json()["repricing"] is None
    work()
    use(finance, 1)
    assert costs() == [30, 15]


def test_a_price_that_begins_later_starts_no_job_and_holds_when_it_begins(finance):
    body = {"model_pattern": "gpt-4", "percent_off": 50, "effective_from": days_ago(-9)}
    use(finance)
    assert finance.post("price-overrides/", body).json()["repricing"] is None
    price = {when: _input_price(finance, when) for when in (days_ago(0), days_ago(-10))}
    assert list(price.values()) == ["30.00", "15.00"]


def _input_price(finance: Api, at: str) -> str:
    row = finance.get("prices/", provider="openai", model="gpt-4", at=at).json()["results"][0]
    return row["price"]["rates"]["input"]["price"]


def test_an_alias_prices_the_unpriced_usage_of_yesterday_and_budgets_follow(finance):
    decade = {"period": "custom", "starts_on": date(2020, 1, 1), "ends_on": date(2099, 12, 31)}
    company = factories.budget("Company", 1000, **decade)
    team = factories.budget("Search", 100, scope={"teams": ["search"]}, parent=company, **decade)
    at = {"days": 1, "provider": "azure", "model": "chat-prod-eu", "team": "search"}
    use(finance, **at), use(finance, **at), use(finance, 1, team="search")
    assert current(finance, company) == current(finance, team) == 30

    made = finance.post(
        "model-aliases/", {"provider": "azure", "pattern": "chat-prod-*", "priced_model": "gpt-4"}
    ).json()

    assert made["repricing"]["events_expected"] == 2
    assert current(finance, company) == 30, "nothing changes before the job"
    work()
    assert current(finance, company) == current(finance, team) == 90
    assert check() == []
    use(finance, **at)
    assert current(finance, team) == 120


def test_an_alias_leaves_usage_alone_that_had_a_price_unless_told_otherwise(finance):
    use(finance, 3), use(finance, 2, model="house")
    body = {"pattern": "*", "priced_model": "gpt-3.5-turbo", "priced_provider": "openai"}
    assert finance.post("model-aliases/", body).status_code == 201
    work()
    assert costs() == [30, Decimal("0.5")]
    twice = {**body, "effective_from": days_ago(5), "only_unpriced": False}
    assert finance.post("model-aliases/", twice).status_code == 201
    work()
    assert costs() == [Decimal("0.5"), Decimal("0.5")]


def test_current_falls_by_a_repricing_alone_and_that_says_who_and_why(finance):
    budget = factories.budget("Company", 1000)
    use(finance)
    finance.post("usage/", {"events": [{"model": "gpt-4", "input_tokens": 1, "cost": 0, "free": True}]})
    finance.post("price-overrides/", {"model_pattern": "gpt-4", "percent_off": 100, "effective_from": days_ago(-1)})
    assert current(finance, budget) == 30
    finance.post(
        "price-overrides/",
        {"model_pattern": "gpt-4", "percent_off": 40, "effective_from": days_ago(9), "reprice": False},
    )
    assert current(finance, budget) == 30
    asked = finance.post("reprice-jobs/", {"start": days_ago(9), "reason": "Agreed in May"})
    assert asked.status_code == 202
    work()
    assert current(finance, budget) == 18
    job = RepriceJob.objects.get()
    assert (job.reason, job.created_by, job.cost_change) == ("Agreed in May", finance.user, -12)
    marks = [line["corrections"] for line in finance.get(f"budgets/{budget.pk}/periods/").json()["results"]]
    ((mark,),) = filter(None, marks)
    assert (mark["cost_change"], mark["reason"]) == ("-12.00", "Agreed in May")
    assert check() == []


AGREEMENTS = [
    ("price-overrides/", {"model_pattern": "gpt-4*", "percent_off": 15}),
    ("price-overrides/", {"provider": "openai", "model_pattern": "*", "rates": {"input": "7", "output": "9.5"}}),
    ("model-aliases/", {"pattern": "house*", "priced_model": "gpt-4", "priced_provider": "openai"}),
    ("model-aliases/", {"pattern": "*", "priced_model": "gpt-4o", "priced_provider": "openai", "only_unpriced": False}),
    ("reprice-jobs/", {"reason": "A look"}),
]


@pytest.mark.parametrize(("path", "terms"), AGREEMENTS)
@pytest.mark.parametrize("asked_in", ["body", "address"])
def test_a_dry_run_writes_nothing_and_tells_what_then_happens(finance, path, terms, asked_in):
    for number in range(12):
        model = ["gpt-4", "gpt-4o", "house-7b"][number % 3]
        use(finance, number, model=model, input_tokens=number * 1001, output_tokens=number * 37)
    use(finance, 3, cost=5)
    begins = {"start" if path == "reprice-jobs/" else "effective_from": days_ago(8)}
    before = costs(), GroundVersion.objects.get(name="prices").version
    body = {**terms, **begins}

    told = (
        finance.post(path, {**body, "dry_run": True})
        if asked_in == "body"
        else finance.post(f"{path}?dry_run=true", body)
    )
    assert told.status_code == 200, told.content
    told = told.json()
    assert (costs(), GroundVersion.objects.get(name="prices").version) == before
    assert nothing_written()

    assert finance.post(path, body).status_code in (201, 202)
    work()
    job = RepriceJob.objects.get()
    assert (told["events"], told["changed"]) == (job.events_seen, job.events_changed)
    assert Decimal(told["cost_change"]) == job.cost_change == sum(costs()) - sum(before[0])
    assert (
        told["unpriced_before"] - told["unpriced_after"]
        == 4 - UsageEvent.objects.filter(cost_source="unpriced").count()
    )
    assert sum(Decimal(row["cost_change"]) for row in told["models"]) == Decimal(told["cost_change"])
    assert (told["complete"], told["events"]) == (True, sum(row["events"] for row in told["models"]))
    assert job.events_changed > 0 or path == "reprice-jobs/"


def test_ending_a_contract_price_brings_the_list_price_back_from_then_on(finance):
    use(finance, 5), use(finance, 2)
    made = finance.post(
        "price-overrides/", {"model_pattern": "gpt-4", "rates": {"input": 7}, "effective_from": days_ago(9)}
    ).json()
    work()
    told = finance.post(f"price-overrides/{made['id']}/end/", {"effective_to": days_ago(4), "dry_run": True}).json()
    assert (told["changed"], told["cost_change"]) == (1, "23.00")
    ended = finance.post(f"price-overrides/{made['id']}/end/", {"effective_to": days_ago(4)})
    assert ended.status_code == 200
    work()
    assert costs() == [7, 30]
    again = finance.post(f"price-overrides/{made['id']}/end/")
    assert again.status_code == 400
    assert list(again.json()["error"]["fields"]) == ["effective_to"]


def test_ending_an_alias_leaves_what_nobody_has_a_price_for_unpriced(finance):
    budget = factories.budget("Company", 1000)
    made = finance.post("model-aliases/", {"pattern": "house", "priced_model": "gpt-4"}).json()
    use(finance, model="house")
    assert current(finance, budget) == 30
    finance.post(f"model-aliases/{made['id']}/end/", {"effective_to": days_ago(0.5)})
    work()
    assert current(finance, budget) == 0
    assert UsageEvent.objects.get().cost_source == "unpriced"
    assert check() == []


@pytest.mark.parametrize(
    ("field", "terms"),
    [
        ("model_pattern", {"model_pattern": " "}),
        ("percent_off", {"percent_off": 101}),
        ("percent_off", {"percent_off": "NaN"}),
        ("percent_off", {"percent_off": 5, "rates": {"input": 1}}),
        ("rates", {}),
        ("rates", {"rates": {}}),
        ("rates.inptu", {"rates": {"inptu": 1}}),
        ("rates.input", {"rates": {"input": -1}}),
        ("rates.input", {"rates": {"input": 10_001}}),
        ("rates.input", {"rates": {"input": "1e-12"}}),
        ("effective_from", {"percent_off": 5, "effective_from": "tomorrow"}),
        ("effective_from", {"percent_off": 5, "effective_from": "0001-01-01"}),
        ("effective_to", {"percent_off": 5, "effective_to": "2025-01-01"}),
        ("percentage", {"percent_off": 5, "percentage": 5}),
    ],
)
def test_a_contract_price_that_makes_no_sense_is_refused_at_its_field(finance, field, terms):
    answer = finance.post("price-overrides/", {"model_pattern": "gpt-4", "effective_from": "2025-01-01", **terms})
    assert answer.status_code == 400
    assert list(answer.json()["error"]["fields"]) == [field]
    assert not PriceOverride.objects.exists()


@pytest.mark.parametrize(
    ("field", "terms"),
    [
        ("pattern", {"pattern": ""}),
        ("priced_model", {"priced_model": "gtp-4o"}),
        ("priced_model", {"priced_model": "gpt-4o", "priced_provider": "anthropic"}),
        ("effective_to", {"effective_from": "2025-02-01", "effective_to": "2025-02-01"}),
    ],
)
def test_an_alias_that_makes_no_sense_is_refused_at_its_field(finance, field, terms):
    answer = finance.post("model-aliases/", {"pattern": "house", "priced_model": "gpt-4", **terms})
    assert answer.status_code == 400
    assert list(answer.json()["error"]["fields"]) == [field]
    if terms.get("priced_model") == "gtp-4o":
        assert "Did you mean gpt-4o?" in answer.json()["error"]["message"]
    assert not ModelAlias.objects.exists()


def test_the_same_agreement_twice_is_refused_and_with_its_key_answered_again(finance):
    body = {"model_pattern": "gpt-4", "percent_off": 15, "effective_from": "2025-01-01"}
    first = finance.post("price-overrides/", body, idempotency_key="a")
    assert finance.post("price-overrides/", body, idempotency_key="a").json() == first.json()
    assert finance.post("price-overrides/", body).status_code == 400
    assert PriceOverride.objects.count() == 1


def test_agreements_are_listed_newest_first_and_by_the_day_they_hold(finance):
    for begins, ends in (("2025-01-01", "2025-02-01"), ("2025-02-01", None)):
        finance.post(
            "model-aliases/", {"pattern": "x", "priced_model": "gpt-4", "effective_from": begins, "effective_to": ends}
        )
        finance.post(
            "price-overrides/", {"model_pattern": "x", "percent_off": 1, "effective_from": begins, "effective_to": ends}
        )
    for path in ("model-aliases/", "price-overrides/"):
        begins = [row["effective_from"] for row in finance.get(path).json()["results"]]
        assert begins == ["2025-02-01T00:00:00Z", "2025-01-01T00:00:00Z"]
        held = finance.get(path, at="2025-01-31").json()["results"]
        assert [row["effective_from"] for row in held] == ["2025-01-01T00:00:00Z"]
        assert finance.get(f"{path}{held[0]['id']}/").json() == held[0]


def test_a_team_changes_its_department_from_a_day_on_and_what_was_stays(finance):
    use(finance, 5, team="backend")
    for department, days in (("engineering", 20), ("platform", 3)):
        body = {"team": "backend", "department": department, "effective_from": days_ago(days)}
        assert finance.post("team-departments/", body).status_code == 201
    (
        use(finance, 4, team="backend"),
        use(finance, 1, team="backend"),
        use(finance, 1.5, team="backend", department="given"),
    )
    departments = UsageEvent.objects.order_by("occurred_at").values_list("attribution__department", flat=True)
    assert list(departments) == [None, "engineering", "given", "platform"]
    rows = finance.get("team-departments/", team="backend").json()["results"]
    assert [row["department"] for row in rows] == ["platform", "engineering"]
    assert rows[1]["effective_to"] == rows[0]["effective_from"]


def test_an_entry_of_the_directory_is_never_rewritten(finance):
    body = {"team": "backend", "department": "engineering", "effective_from": "2025-01-01"}
    first = finance.post("team-departments/", body).json()
    assert finance.post("team-departments/", body).json() == first
    other = finance.post("team-departments/", {**body, "department": "product"})
    assert list(other.json()["error"]["fields"]) == ["effective_from"]
    assert TeamDepartment.objects.get().department == "engineering"


WRITES = [*AGREEMENTS, ("team-departments/", {"team": "a", "department": "b"})]


@pytest.mark.parametrize("role", ["viewer", "engineer", "lead", "approver"])
@pytest.mark.parametrize(("path", "body"), WRITES)
def test_only_finance_and_admin_set_prices_or_see_what_a_change_would_do(role, path, body):
    begins = {"team-departments/": {}, "reprice-jobs/": {"start": "2025-01-01"}}.get(
        path, {"effective_from": "2025-01-01"}
    )
    someone = api(role)
    for dry_run in ({"dry_run": True}, {}) if path != "team-departments/" else ({},):
        answer = someone.post(path, {**body, **begins, **dry_run})
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "permission_denied")
    assert nothing_written()


def test_who_may_not_set_prices_is_told_who_can(finance):
    body = {"model_pattern": "gpt-4", "percent_off": 15, "effective_from": "2025-01-01"}
    said = f"Prices, aliases and the team directory are set by finance and administrators. Ask {finance.user.email}."
    assert api("viewer").post("price-overrides/", body).json()["error"]["message"] == said


def test_everyone_reads_prices_and_only_finance_and_admin_read_corrections(finance):
    made = finance.post(
        "price-overrides/", {"model_pattern": "gpt-4", "percent_off": 15, "effective_from": "2025-01-01"}
    )
    viewer, pk = api("viewer"), made.json()["id"]
    for path in ("prices/", "model-aliases/", "team-departments/"):
        assert viewer.get(path).status_code == 200, path
    for path in ("price-overrides/", f"price-overrides/{pk}/", "price-overrides/999/"):
        assert finance.get(path).status_code == (404 if "999" in path else 200), path
        assert viewer.get(path).status_code == 403, path
    assert viewer.get(f"price-overrides/{pk}/").json() == viewer.get("price-overrides/999/").json()
    assert viewer.post(f"price-overrides/{pk}/end/", {}).status_code == 403
    job = made.json()["repricing"]["id"]
    for path in ("reprice-jobs/", f"reprice-jobs/{job}/"):
        assert (viewer.get(path).status_code, finance.get(path).status_code) == (403, 200)


@pytest.mark.parametrize(
    "path", ["price-overrides/9/", "model-aliases/9/", "reprice-jobs/9/", f"price-overrides/{2**70}/"]
)
def test_what_is_not_there_is_not_found(finance, path):
    assert finance.get(path).status_code == 404
    if not path.startswith("reprice"):
        assert finance.post(f"{path}end/", {}).status_code == 404


def test_the_dates_of_a_contract_are_told_by_the_companys_clock(finance, settings):
    settings.COSTOPS_ZONE = ZoneInfo("Asia/Kolkata")
    body = {"model_pattern": "gpt-4", "percent_off": 10, "effective_from": "2025-03-01"}
    assert finance.post("price-overrides/", {**body, "effective_to": "2099-04-01"}).status_code == 201
    (price,) = finance.get("prices/", model="gpt-4", provider="openai").json()["results"]
    assert price["price"]["since"] == "2025-03-01"
    assert ", since 2025-03-01: " in price["why"]

    later = finance.post(f"price-overrides/{price['price']['override']}/end/", {"effective_to": "2099-05-01"})
    assert "It ends on 2099-04-01 already." in later.json()["error"]["message"]
    over = finance.post("price-overrides/", {**body, "effective_to": "2025-04-01"}).json()
    again = finance.post(f"price-overrides/{over['id']}/end/", {"effective_to": "2025-03-02"})
    assert "It ended on 2025-04-01 already" in again.json()["error"]["message"]


@pytest.mark.parametrize(("path", "terms"), [AGREEMENTS[0], AGREEMENTS[2]])
def test_of_two_equal_agreements_at_once_one_stands(committed, path, terms):
    finance = api("finance")
    body = {**terms, "effective_from": days_ago(3)}
    senders = [finance.again() for _ in range(2)]
    statuses = at_once(*[lambda one=one: one.post(path, body).status_code for one in senders])
    assert sorted(statuses) == [201, 400]
    assert PriceOverride.objects.count() + ModelAlias.objects.count() == 1

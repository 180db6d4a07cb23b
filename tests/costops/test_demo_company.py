"""The demo company's people and budgets: what they agreed on, what changed and why, and what each login sees."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import Group

from accounts.domain.roles import ROLES, roles_of
from accounts.models import User
from budgets.domain.outline import outline
from budgets.domain.status import statuses
from budgets.models import Budget, BudgetChange, BudgetPeriod
from budgets.rules import editable_budgets
from costops.demo import days, plans
from costops.demo.load import Demo, load_demo
from costops.demo.people import COLLEAGUES, PEOPLE
from tests.factories import Api
from usage.domain.aliases import aliases
from usage.domain.overrides import overrides

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
BACKEND = {plans.BACKEND, plans.PILOT, plans.PUBLIC_API, plans.API_STAGING, "Nightly Batch"}
SUPPORT = {plans.SUPPORT, plans.BOT, plans.HELP, "Email Replies"}


@pytest.fixture(scope="module")
def demo(one_company: None) -> Demo:
    """All people and budgets with little usage, loaded once for the tests that only look at them."""
    return load_demo(NOW, events=4_000)


@pytest.fixture
def company_db(demo: Demo, db: None) -> Demo:
    return demo


def user(name: str) -> User:
    return User.objects.get(email=f"{name}@company.com")


def seen_by(name: str) -> set[str]:
    """The live budgets that a person sees, as the API lists them."""
    found: set[str] = set()
    api, path = Api(user(name)), "budgets/"
    while path:
        page = api.get(path).json()
        found |= {budget["name"] for budget in page["results"]}
        path = page["next"]
    return found


def below(*names: str) -> set[str]:
    """Live budgets and all live ones below them."""
    found, new = set(), set(names)
    while new:
        found |= new
        new = set(Budget.objects.live().filter(parent__name__in=new).values_list("name", flat=True))
    return found


def test_it_has_the_seeds_tree_with_its_names_amounts_scopes_and_thresholds(company_db):
    tree = {b.name: (b.amount, b.parent and b.parent.name, b.scope) for b in Budget.objects.select_related("parent")}
    seed = {
        "Company AI Budget 2025": (100_000, None, {}),
        "Engineering AI Budget": (60_000, "Company AI Budget 2025", {"departments": ["engineering"]}),
        "Product AI Budget": (30_000, "Company AI Budget 2025", {"departments": ["product"]}),
        "Backend Team Budget": (30_000, "Engineering AI Budget", {"teams": ["backend"], "tags": {"team": ["backend"]}}),
        "Q1 2025 Production": (10_000, None, {"projects": ["production"], "environments": ["prod"]}),
    }
    assert {name: tree[name] for name in seed} == seed
    thresholds = Budget.objects.get(name="Q1 2025 Production").thresholds.values_list("threshold", "channels")
    assert list(thresholds) == [
        (Decimal("0.5"), ["email"]),
        (Decimal("0.8"), ["email", "slack"]),
        (Decimal("0.95"), ["email", "slack", "pagerduty"]),
    ]


def test_it_has_some_forty_live_budgets_on_four_levels_and_some_archived(company_db):
    levels = Counter(len(budget.ancestors()) + 1 for budget in Budget.objects.live())
    assert 40 <= sum(levels.values()) <= 50
    assert set(levels) == {1, 2, 3, 4}
    assert levels[4] > levels[3] > levels[2] == 3
    archived = set(Budget.objects.exclude(archived_at=None).values_list("name", flat=True))
    assert archived == {plans.LABS, plans.MODEL_LAB, plans.PROTOTYPE, plans.TRANSLATION}


def test_it_has_every_kind_of_period_rollover_and_planned_amounts(company_db):
    live = Budget.objects.live()
    kinds = Counter(live.values_list("period", flat=True))
    assert set(kinds) == set(Budget.Kind.values)
    assert kinds.most_common(1)[0][0] == Budget.Kind.MONTHLY
    assert live.filter(rollover=True).count() >= 3
    planned = live.exclude(amounts={})
    assert len(planned) >= 3
    assert all(len(set(budget.amounts.values())) > 1 for budget in planned)
    assert Budget.objects.get(name=plans.GROWTH).amounts["2027-01-01"] == "5500.00"


def test_budgets_that_cut_across_the_tree_stand_apart(company_db):
    main, across = outline(user("finance"), NOW).groups()
    assert [top.budget.name for top in main.tops] == [plans.COMPANY]
    assert across.name == "across"
    assert across.keys == ("projects", "environments", "providers", "tags")


def test_engineering_promised_its_teams_more_than_it_has(company_db):
    tree = list(Budget.objects.filter(name__in=[plans.COMPANY, plans.ENGINEERING, plans.PRODUCT]))
    over = {s.budget.name for s in statuses(tree, NOW).values() if s.unallocated < 0}
    assert over == {plans.ENGINEERING}


def test_limits_that_were_raised_are_kept_with_who_and_why(company_db):
    change = BudgetChange.objects.get(budget__name=plans.PRODUCT, what="amount")
    assert (change.before["amount"], change.after["amount"], change.by_name) == ("25000.00", "30000.00", "Dana Reyes")
    amounts = BudgetPeriod.objects.filter(budget__name=plans.PRODUCT).order_by("starts")
    assert [period.amount for period in amounts][:3] == [25_000, 25_000, 30_000]
    by_lead = BudgetChange.objects.filter(by_name="Priya Nair", what="amount")
    assert set(by_lead.values_list("budget__name", flat=True)) == {plans.PUBLIC_API, plans.API_STAGING}


def test_a_budget_that_moved_says_from_where_and_its_past_stays_there(company_db):
    change = BudgetChange.objects.get(budget__name=plans.HELP, what="moved")
    growth, support = (Budget.objects.get(name=name).pk for name in (plans.GROWTH, plans.SUPPORT))
    assert (change.before["parent"], change.after["parent"]) == (growth, support)
    assert change.reason == "Support writes the help center from now on"
    spans = Budget.objects.get(name=plans.HELP).spans.values_list("parent", flat=True)
    assert list(spans) == [growth, support]


def test_all_of_its_history_lies_in_the_120_days_in_office_hours_and_has_a_reason(company_db):
    for change in BudgetChange.objects.all():
        assert NOW - timedelta(days=120) < change.at < NOW
        assert 9 <= change.at.hour < 18
        assert change.reason
        assert change.by is not None


def test_everybody_signs_in_with_the_password_and_has_one_role(company_db):
    assert sorted(company_db.people.values()) == sorted(ROLES)
    for email, role in company_db.people.items():
        found = authenticate(username=email, password=company_db.password)
        assert found is not None
        assert role in roles_of(found)


def test_their_colleagues_have_names_and_roles_and_cannot_sign_in(company_db):
    found = {person.email: person for person in User.objects.exclude(email__in=PEOPLE)}
    assert found.keys() == COLLEAGUES.keys()
    for email, person in found.items():
        assert (roles_of(person), person.name) == ({COLLEAGUES[email][0]}, COLLEAGUES[email][1])
        assert not person.has_usable_password()


def test_finance_and_admin_see_all_budgets(company_db):
    assert seen_by("finance") == seen_by("admin") == set(Budget.objects.live().values_list("name", flat=True))


def test_the_viewer_sees_one_team_with_its_projects_and_nothing_else(company_db):
    assert seen_by("viewer") == below(plans.SUPPORT) == SUPPORT
    assert not editable_budgets(Budget.objects.all(), user("viewer")).exists()
    answer = Api(user("viewer")).get("usage/summary/", start="2026-01-01", group_by="team,department").json()
    assert [(row["team"], row["department"]) for row in answer["results"]] == [("support", "product")]
    everything = Api(user("finance")).get("usage/summary/", start="2026-01-01", group_by="team").json()["results"]
    assert len(everything) == 13


@pytest.mark.parametrize("name", [plans.PRODUCT, plans.COMPANY, plans.GROWTH, plans.BACKEND, plans.LABS])
def test_what_the_viewer_may_not_see_answers_like_what_does_not_exist(name, company_db):
    hidden, nowhere = (
        Api(user("viewer")).get(f"budgets/{pk}/") for pk in (Budget.objects.get(name=name).pk, 999_999_999)
    )
    assert (hidden.status_code, hidden.json()) == (nowhere.status_code, nowhere.json())
    assert hidden.status_code == 404


def test_the_lead_sees_engineering_and_changes_their_team(company_db):
    assert seen_by("team-lead") == below(plans.ENGINEERING) | {plans.PRODUCTION}
    editable = editable_budgets(Budget.objects.live(), user("team-lead")).values_list("name", flat=True)
    assert set(editable) == BACKEND == below(plans.BACKEND)


def test_the_approver_sees_engineering_and_decides_there(company_db):
    assert seen_by("engineering-manager") == below(plans.ENGINEERING)
    manager = user("engineering-manager")
    assert manager.has_perm("budgets.decide_budget", Budget.objects.get(name=plans.ENGINEERING))
    assert not editable_budgets(Budget.objects.all(), manager).exists()


def test_the_engineer_sees_the_backend_team(company_db):
    assert seen_by("engineer") == BACKEND
    assert not editable_budgets(Budget.objects.all(), user("engineer")).exists()


def test_groups_share_budgets_with_their_members(company_db):
    assert set(seen_by("ravi")) >= {*plans.AGREEMENTS.values(), plans.PLATFORM}
    assert set(editable_budgets(Budget.objects.live(), user("grace")).values_list("name", flat=True)) == BACKEND
    assert set(Group.objects.exclude(name__in=ROLES).values_list("name", flat=True)) == {"Backend leads", "FinOps"}


def test_it_has_contract_prices_from_its_first_day_a_renewal_and_an_alias(company_db):
    first_day = datetime(2026, 7, 29, tzinfo=UTC)
    assert [row.effective_from for row in aliases(at=NOW)] == [first_day]
    found = {(row.provider, row.effective_from, row.effective_to) for row in overrides()}
    renewal = datetime(2026, 11, 25, tzinfo=UTC) - timedelta(days=days.RENEWAL_DAY)
    assert found == {
        ("anthropic", first_day, renewal),
        ("anthropic", renewal, None),
        ("mistral", first_day, None),
    }

"""Every table of the admin site: found, filtered, told in words, tied to its page, and as quick with many rows."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from guardian.models import GroupObjectPermission, UserObjectPermission

from accounts.domain.keys import create_key
from accounts.models import ApiKey, User
from budgets.domain.history import Actor
from budgets.domain.sharing import Grant, set_shares
from budgets.models import (
    Budget,
    BudgetAttribution,
    BudgetChange,
    BudgetCorrection,
    BudgetHour,
    BudgetPeriod,
    BudgetSpan,
    BudgetThreshold,
    ThresholdCrossing,
)
from budgets.models.plan import PlanImport, PlanLine
from forecasting.models import ScenarioSet
from tests.factories import budget, call, now, person, spend
from tests.pages.reading import text_of
from usage.models import (
    Attribution,
    ModelAlias,
    PriceOverride,
    RepriceJob,
    SavedView,
    TeamDepartment,
    UsageEvent,
)
from wire.models import IdempotencyRecord

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
#: Tables that no page of the product shows.
WITHOUT_PAGE = {
    *("wire.idempotencyrecord", "usage.groundversion"),
    *(f"django_celery_beat.{name}" for name in ("periodictask", "intervalschedule", "crontabschedule")),
}
REGISTERED = {model._meta.label_lower: site for model, site in admin.site._registry.items()}


def address(label: str) -> str:
    """The list of a table."""
    return f"/admin/{label.replace('.', '/')}/"


@pytest.mark.parametrize("label", sorted(REGISTERED))
def test_every_table_is_searched_and_has_columns_of_its_own(signed_in: SignIn, label: str) -> None:
    site: Any = REGISTERED[label]
    assert site.search_fields, "say what is searched"
    assert "__str__" not in site.list_display, "name its columns"
    assert site.list_filter or label == "usage.groundversion" or site.list_display == ["often", "timezone", "tasks"]
    client = signed_in()
    budget("Company", 5)
    spend(call(1, team="a"))
    for question in ("?q=a", "?q=%3Cscript%3E", f"?q={'x' * 300}"):
        assert client.get(f"{address(label)}{question}").status_code == 200, question


@pytest.mark.parametrize("label", sorted(set(REGISTERED) - WITHOUT_PAGE))
def test_every_list_leads_to_the_page_that_shows_the_same(signed_in: SignIn, label: str) -> None:
    client = signed_in()
    assert "Open in CostOps" in text_of(client.get(address(label)))
    assert client.get(f"{address(label)}open", follow=True).status_code == 200


def rows() -> None:
    """A row of most tables."""
    top, group = budget("Company", 90), Group.objects.create(name="Leads")
    shared = budget("Backend", 9, top, scope={"teams": ["backend"], "tags": {"stage": "live"}})
    BudgetThreshold.objects.create(budget=shared, threshold="0.01", channels=["email"])
    spend(call(3, team="backend", tags={"stage": "live"}), call(None, model="acme"))
    user = person("lead")
    set_shares(shared, [Grant(user, ["see"]), Grant(group, ["see"])], Actor(None), now())
    create_key(user, "CI")
    SavedView.objects.create(owner=user, name="Mine", query="?by=team&range=90d")
    ModelAlias.objects.create(pattern="acme", priced_model="gpt-4", effective_from=now())
    PriceOverride.objects.create(model_pattern="gpt*", percent_off=5, effective_from=now())
    TeamDepartment.objects.create(team="backend", department="engineering", effective_from=now())
    assumed = [{"name": "Launch", "assumptions": {"growth_rate": "0.1"}}]
    made = {"created_by": user, "created_at": now(), "changed_at": now()}
    ScenarioSet.objects.create(budget=shared, name="Spring", scenarios=assumed, **made)
    plan = PlanImport.objects.create(maker=user, content=b"name,amount", counts={"created": 1})
    PlanLine.objects.create(plan=plan, line=2, kinds=["created"], name="Search", problems=[["amount", "Not a sum."]])


@pytest.mark.parametrize("label", sorted(set(REGISTERED) - WITHOUT_PAGE))
def test_every_row_leads_to_its_page(signed_in: SignIn, label: str) -> None:
    client = signed_in()
    rows()
    site: Any = REGISTERED[label]
    for row in site.model._default_manager.all()[:3]:
        page = client.get(f"{address(label)}{row.pk}/change/")
        if page.status_code == 302:  # one of several rights that a row of a share stands for
            continue
        assert page.status_code == 200
        assert "{" not in re.sub(r".*Open in CostOps|Close search.*", "", text_of(page)), "no JSON"
        answer = client.get(f"{address(label)}{row.pk}/open", follow=True)
        assert answer.status_code == 200, answer.redirect_chain
        assert not answer.request["PATH_INFO"].startswith("/admin/")


def test_a_call_leads_to_the_calls_of_its_day_with_its_labels(signed_in: SignIn) -> None:
    rows()
    event = UsageEvent.objects.filter(attribution__team="backend").get()
    page = signed_in().get(f"/admin/usage/usageevent/{event.pk}/open", follow=True)
    assert "1 call, $3.00" in text_of(page)


@pytest.mark.parametrize("label", sorted(set(REGISTERED) - WITHOUT_PAGE))
def test_only_administrators_are_led_from_there(signed_in: SignIn, label: str) -> None:
    assert signed_in("finance").get(f"{address(label)}open", follow=True).status_code == 403
    assert Client().get(f"{address(label)}open", follow=True).redirect_chain[-1][0].startswith("/sign-in/")


def many(first: int, last: int, parent: Budget) -> None:
    """More rows of every table, by the number of each."""
    at = now()
    numbers = range(first, last)
    spend(*[call(1, at - timedelta(minutes=1), team=f"t{n}", user=f"u{n}@x.com") for n in numbers])
    made = Budget.objects.bulk_create(Budget(name=f"Team {n}", amount=1, parent=parent) for n in numbers)
    span = {"starts": at, "ends": at + timedelta(days=1)}
    BudgetSpan.objects.bulk_create(BudgetSpan(budget=one, parent=parent, scope={}, **span) for one in made)
    periods = BudgetPeriod.objects.bulk_create(BudgetPeriod(budget=one, amount=1, **span) for one in made)
    ThresholdCrossing.objects.bulk_create(
        ThresholdCrossing(period=one, threshold="0.5", crossed_at=at, spent=1, limit=1) for one in periods
    )
    BudgetHour.objects.bulk_create(BudgetHour(budget=one, hour=at, cost=1, requests=1) for one in made)
    labels = Attribution.objects.filter(team__in=[f"t{n}" for n in numbers])
    BudgetAttribution.objects.bulk_create(
        BudgetAttribution(budget=one, attribution=labelled) for one, labelled in zip(made, labels, strict=True)
    )
    job = RepriceJob.objects.create(start=at, end=at, reason="List")
    BudgetCorrection.objects.bulk_create(
        BudgetCorrection(budget=one, starts=at, repricing=job, cost_change=1, corrected_at=at) for one in made
    )
    users = User.objects.bulk_create(User(email=f"p{n}@company.com") for n in numbers)
    groups = Group.objects.bulk_create(Group(name=f"g{n}") for n in numbers)
    kind = ContentType.objects.get_for_model(Budget)
    sees = {"permission": Permission.objects.get(codename="view_budget", content_type=kind), "content_type": kind}
    shared = list(zip(users, groups, made, strict=True))
    UserObjectPermission.objects.bulk_create(
        UserObjectPermission(user=user, object_pk=str(one.pk), **sees) for user, _, one in shared
    )
    GroupObjectPermission.objects.bulk_create(
        GroupObjectPermission(group=group, object_pk=str(one.pk), **sees) for _, group, one in shared
    )
    User.groups.through.objects.bulk_create(
        User.groups.through(user_id=user.pk, group_id=group.pk) for user, group, _ in shared
    )
    ApiKey.objects.bulk_create(
        ApiKey(user=user, name="k", digest=user.email.encode(), scopes=["usage:read"]) for user in users
    )
    BudgetChange.objects.bulk_create(
        BudgetChange(budget=one, by=user, what="edited") for one, user in zip(made, users, strict=True)
    )
    RepriceJob.objects.bulk_create(RepriceJob(start=at, end=at, reason="r", created_by=user) for user in users)
    SavedView.objects.bulk_create(SavedView(owner=user, name="v") for user in users)
    ModelAlias.objects.bulk_create(
        ModelAlias(pattern=f"a{n}", priced_model="gpt-4", effective_from=at, created_by=user)
        for n, user in zip(numbers, users, strict=True)
    )
    PriceOverride.objects.bulk_create(
        PriceOverride(model_pattern=f"m{n}", percent_off=5, effective_from=at, created_by=user)
        for n, user in zip(numbers, users, strict=True)
    )
    TeamDepartment.objects.bulk_create(
        TeamDepartment(team=f"t{n}", department="d", effective_from=at, created_by=user)
        for n, user in zip(numbers, users, strict=True)
    )
    ScenarioSet.objects.bulk_create(
        ScenarioSet(budget=one, name="s", scenarios=[], created_by=user, created_at=at, changed_at=at)
        for one, user in zip(made, users, strict=True)
    )
    plans = PlanImport.objects.bulk_create(PlanImport(maker=user, content=b"x") for user in users)
    PlanLine.objects.bulk_create(PlanLine(plan=plan, line=1, kinds=["created"]) for plan in plans)
    BudgetThreshold.objects.bulk_create(BudgetThreshold(budget=one, threshold="0.5", channels=[]) for one in made)
    IdempotencyRecord.objects.bulk_create(
        IdempotencyRecord(caller="c", key=f"{n}", request_digest=b"x", status=201) for n in numbers
    )


def test_a_list_of_hundreds_costs_the_queries_of_a_list_of_five(signed_in: SignIn) -> None:
    client, top = signed_in(), budget("Company", 5)

    def counts() -> dict[str, int]:
        found = {}
        client.get("/admin/")  # once a minute it is noted that a session was seen
        for label in sorted(REGISTERED):
            with CaptureQueriesContext(connection) as captured:
                page = client.get(address(label))
            assert page.status_code == 200
            found[label] = len(captured)
        return found

    many(0, 5, top)
    counts()
    few = counts()
    many(5, 505, top)
    assert counts() == few
    assert max(few.values()) <= 12


def test_who_is_made_inactive_is_signed_out_for_good(signed_in: SignIn) -> None:
    user = person("viewer", "lena@company.com")
    theirs, client = signed_in(user), signed_in()
    assert theirs.get("/account/").status_code == 200
    assert "lena@company.com" in text_of(client.get("/admin/usersessions/usersession/"))
    sent = {"email": user.email, "name": "Lena", "role": "viewer"}
    client.post(f"/admin/accounts/user/{user.pk}/change/", sent)
    assert theirs.get("/account/").status_code == 302
    client.post(f"/admin/accounts/user/{user.pk}/change/", {**sent, "is_active": "on"})
    assert User.objects.get(pk=user.pk).is_active


def test_a_session_is_ended_and_its_key_is_shown_nowhere(signed_in: SignIn) -> None:
    user = person("viewer", "lena@company.com")
    theirs, client = signed_in(user), signed_in()
    theirs.get("/account/")
    key = theirs.session.session_key
    assert key
    page = client.get("/admin/usersessions/usersession/?q=lena@company.com")
    row = page.context["cl"].result_list.get()
    for shown in (page, client.get(f"/admin/usersessions/usersession/{row.pk}/change/")):
        assert key not in shown.content.decode()
    client.post("/admin/usersessions/usersession/", {"action": "end", "_selected_action": [row.pk]})
    assert theirs.get("/account/").status_code == 302


def test_a_group_is_made_renamed_and_deleted_by_the_rules_of_its_page(signed_in: SignIn) -> None:
    client = signed_in()
    assert "is a role" in text_of(client.post("/admin/auth/group/add/", {"name": "Finance"}))
    client.post("/admin/auth/group/add/", {"name": "  Backend   leads "})
    group = Group.objects.get(name="Backend leads")
    assert "already" in text_of(client.post("/admin/auth/group/add/", {"name": "backend LEADS"}))
    client.post(f"/admin/auth/group/{group.pk}/change/", {"name": "Platform leads"})
    group.refresh_from_db()
    assert group.name == "Platform leads"
    found, member = budget("Backend", 5), person("viewer")
    member.groups.add(group)
    set_shares(found, [Grant(group, ["see"])], Actor(None), now())
    asked = text_of(client.get(f"/admin/auth/group/{group.pk}/delete/"))
    assert "Platform leads, with all that it was given on Backend" in asked
    assert "object (" not in asked
    client.post(f"/admin/auth/group/{group.pk}/delete/", {"post": "yes"})
    assert not Group.objects.filter(pk=group.pk).exists()
    last = found.changes.filter(what="shared").latest("id")
    assert last.after["shares"] == []
    assert last.reason == "The group Platform leads was deleted"


def test_a_share_says_on_its_page_what_it_allows_and_where(signed_in: SignIn) -> None:
    found, user = budget("Backend", 5), person("viewer")
    set_shares(found, [Grant(user, ["see", "edit"])], Actor(None), now())
    client, path = signed_in(), "/admin/guardian/userobjectpermission/"
    row = client.get(f"{path}?q=Backend").context["cl"].result_list.get()
    for page in (client.get(f"{path}{row.pk}/change/"), client.get(f"{path}{row.pk}/delete/")):
        text = text_of(page)
        assert f"{user.email}: see it, change it, Backend".lower() in text.lower()
        assert "view_budget" not in text
    assert "May see it, change it Budget Backend" in text_of(client.get(f"{path}{row.pk}/change/"))


def test_a_key_is_given_nothing_that_its_owner_could_never_do(signed_in: SignIn) -> None:
    client, viewer = signed_in(), person("viewer")
    sent = {"name": "CI", "user": viewer.pk, "scopes": ["usage:write", "usage:read"]}
    answer = client.post("/admin/accounts/apikey/add/", sent)
    assert "may not do this, nor may a key of theirs: Record usage." in text_of(answer)
    assert not ApiKey.objects.exists()
    client.post("/admin/accounts/apikey/add/", {**sent, "scopes": ["usage:read"]})
    assert ApiKey.objects.get().scopes == ["usage:read"]


def test_an_empty_list_says_whether_nothing_is_there_or_nothing_fits(signed_in: SignIn) -> None:
    client = signed_in()
    assert "Saved views would be listed here" in text_of(client.get("/admin/usage/savedview/"))
    assert "Nothing fits" in text_of(client.get("/admin/usage/savedview/?q=zz"))

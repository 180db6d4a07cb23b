"""Who may do what with a budget: its page of sharing, what the history says of it, and whom to ask."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from guardian.shortcuts import assign_perm

from accounts.models import User
from budgets.domain.changes import edit_budget
from budgets.domain.history import Actor
from budgets.domain.sharing import Grant, set_shares, sharing_of
from budgets.models import Budget
from budgets.rules import may_edit
from tests.factories import Api, budget, now, person, share
from tests.pages.reading import text_of
from tests.pages.test_budget_forms import as_shown, errors_of

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]


def named(role: str, name: str) -> User:
    """Someone with a name: "Lena Lee" is lena@company.com."""
    someone = person(role, f"{name.split()[0].lower()}@company.com")
    someone.name = name
    someone.save()
    return someone


def test_who_may_not_change_a_budget_is_told_up_to_three_who_can_the_nearest_first(signed_in: SignIn) -> None:
    top = budget("Company")
    middle = budget("Engineering", parent=top)
    found = budget("Backend", parent=middle)
    viewer, group = named("viewer", "Vic Viewer"), Group.objects.create(name="platform")
    share(found, viewer)
    named("finance", "Fay Finance")
    share(top, named("lead", "Ann Above"), "change_budget")
    share(middle, named("lead", "Zoe Near"), "change_budget")
    named("engineer", "Gus Grouped").groups.add(group)
    assign_perm("change_budget", group, found)
    share(found, named("lead", "Una Usher"), "view_budget")
    gone = named("lead", "Leo Left")
    gone.is_active = False
    gone.save()
    share(found, gone, "change_budget")
    client = signed_in(viewer)
    ask = "Ask Gus Grouped (gus@company.com), Zoe Near (zoe@company.com) or Ann Above (ann@company.com)."
    for answer in (client.get(f"/budgets/{found.pk}/"), client.get(f"/budgets/{found.pk}/edit/")):
        assert f"editors can change this budget. {ask}" in text_of(answer)
        assert "Fay Finance" not in text_of(answer)
    refused = Api(viewer).patch(f"budgets/{found.pk}/", {"name": "Mine"})
    assert (refused.status_code, ask in refused.json()["error"]["message"]) == (403, True)


def test_no_more_than_three_are_named(signed_in: SignIn) -> None:
    found, viewer = budget("Backend"), person("viewer")
    share(found, viewer)
    for name in ("Ann One", "Ben Two", "Cal Three", "Dan Four"):
        share(found, named("lead", name), "change_budget")
    text = text_of(signed_in(viewer).get(f"/budgets/{found.pk}/"))
    assert "Cal Three" in text
    assert "Dan Four" not in text


def test_where_nobody_else_may_change_a_budget_finance_is_named_and_else_administrators(signed_in: SignIn) -> None:
    found, viewer = budget("Backend"), person("viewer")
    share(found, viewer)
    named("admin", "Ada Admin")
    client = signed_in(viewer)
    assert "Ask Ada Admin (ada@company.com)." in text_of(client.get(f"/budgets/{found.pk}/edit/"))
    named("finance", "Fay Finance")
    assert "Ask Fay Finance (fay@company.com)." in text_of(client.get(f"/budgets/{found.pk}/edit/"))


@pytest.mark.parametrize("path", ["/budgets/new/", "/models/price-again/"])
def test_a_page_that_says_ask_says_whom(signed_in: SignIn, path: str) -> None:
    named("finance", "Fay Finance")
    answer = signed_in("viewer").post(path)
    assert answer.status_code == 403
    assert text_of(answer).count("Fay Finance (fay@company.com)") == 1


def test_the_history_says_what_a_change_of_sharing_gave_and_took_with_names(signed_in: SignIn) -> None:
    found, admin = budget("Backend"), named("admin", "Ada Admin")
    lena, ben = named("lead", "Lena Lee"), person("engineer", "ben@company.com")
    group = Group.objects.get(name="engineer")
    set_shares(found, [Grant(lena, ["see", "request"]), Grant(ben, ["see"])], Actor(admin), now())
    changed = [Grant(lena, ["see", "edit"]), Grant(group, ["see", "decide"])]
    set_shares(found, changed, Actor(admin, "They build it"), now())
    text = text_of(signed_in(admin).get(f"/budgets/{found.pk}/"))
    latest, first = (part.partition(" Created")[0] for part in text.split("Sharing changed by Ada Admin")[1:])
    assert "Given to Lena Lee, lena@company.com: edit" in latest
    assert "Taken from Lena Lee, lena@company.com: request" in latest
    assert "Taken from ben@company.com: see" in latest
    assert "Given to group engineer: see, decide" in latest
    assert "They build it" in latest
    assert "Given to Lena Lee, lena@company.com: see, request" in first
    assert "Given to ben@company.com: see" in first
    changes = Api(admin).get(f"budgets/{found.pk}/changes/").json()["results"]
    before, after = changes[0]["before"]["shares"], changes[0]["after"]["shares"]
    assert before == [{"user": "ben@company.com", "may": ["see"]}, {"user": lena.email, "may": ["see", "request"]}]
    assert after == [
        {"group": "engineer", "may": ["see", "decide"]},
        {"user": "lena@company.com", "may": ["see", "edit"]},
    ]


def sharing(client: Client, pk: int, **fields: object) -> HttpResponse:
    """Saves the form as it is shown, but for these fields."""
    path = f"/budgets/{pk}/share/"
    page = client.get(path)
    html = page.content.decode()
    ticked = re.findall(r'<input type="checkbox" name="(\w+)" value="(\w+)"[^>]* checked', html)
    sent: dict[str, object] = {"version": as_shown(page)["version"]}
    for name, value in ticked:
        sent.setdefault(name, []).append(value)  # type: ignore[attr-defined]
    return client.post(path, {**sent, **fields}, follow=True)


def given(pk: int) -> dict[str, tuple[str, ...]]:
    """What is given on a budget itself, by address and group."""
    found = sharing_of(Budget.objects.get(pk=pk), person())
    return {str(share.who): share.may for share in found.given}


def test_people_and_groups_are_added_changed_and_removed_with_a_reason(signed_in: SignIn) -> None:
    found, admin = budget("Backend"), named("admin", "Ada Admin")
    lena, ben = named("lead", "Lena Lee"), named("engineer", "Ben Bo")
    client, group = signed_in(admin), Group.objects.get(name="viewer")
    assert f'href="/budgets/{found.pk}/share/">Share</a>' in client.get(f"/budgets/{found.pk}/").content.decode()
    answer = sharing(
        client, found.pk, people="LENA@company.com, ben@company.com", group=group.name, may=["see"], reason="They asked"
    )
    assert "The sharing of Backend is saved" in text_of(answer)
    assert given(found.pk) == {lena.email: ("see",), ben.email: ("see",), "viewer": ("see",)}
    sharing(client, found.pk, **{f"may_user{lena.pk}": ["see", "edit"], f"remove_user{ben.pk}": "on"})
    assert given(found.pk) == {lena.email: ("see", "edit"), "viewer": ("see",)}
    assert may_edit(lena, found)
    assert [row.reason for row in found.changes.filter(what="shared")] == ["", "They asked"]
    assert signed_in(ben).get(f"/budgets/{found.pk}/share/").status_code == 404


def test_saving_the_untouched_form_changes_nothing(signed_in: SignIn) -> None:
    found, lena = budget("Backend"), person("lead")
    share(found, lena, "change_budget", "request_budget")
    assert "is as it was" in text_of(sharing(signed_in("admin"), found.pk))
    assert given(found.pk) == {lena.email: ("edit", "request")}
    assert not found.changes.filter(what="shared").exists()


@pytest.mark.parametrize(
    ("sent", "field", "words"),
    [
        (
            {"people": "nobody@company.com", "may": ["see"]},
            "people",
            "Nobody here has the address nobody@company.com. Ask Ada Admin (ada@company.com) to add them.",
        ),
        ({"people": "ben@company.com"}, "may", "Choose what they may do."),
        ({"may": ["see"]}, "people", "Name a person or choose a group."),
        ({"people": "lena@company.com", "may": ["see"]}, "people", "The budget is shared with Lena Lee already."),
        ({"people": "leo@company.com", "may": ["see"]}, "people", "Nobody here has the address leo@company.com."),
    ],
)
def test_what_is_wrong_stands_beside_its_field(
    signed_in: SignIn, sent: dict[str, object], field: str, words: str
) -> None:
    found, admin = budget("Backend"), named("admin", "Ada Admin")
    share(found, named("lead", "Lena Lee"))
    named("engineer", "Ben Bo")
    User.objects.filter(pk=named("engineer", "Leo Left").pk).update(is_active=False)
    page = sharing(signed_in(admin), found.pk, **sent, reason="Because")
    assert words in errors_of(page)[field]
    assert as_shown(page)["people"] == sent.get("people", "")
    assert as_shown(page)["reason"] == "Because"
    assert given(found.pk) == {"lena@company.com": ("see",)}


def test_a_row_without_any_right_is_refused_beside_it(signed_in: SignIn) -> None:
    found, lena = budget("Backend"), named("lead", "Lena Lee")
    share(found, lena)
    page = sharing(signed_in("admin"), found.pk, **{f"may_user{lena.pk}": []})
    assert "Choose what Lena Lee may do, or remove them." in text_of(page)
    assert given(found.pk) == {lena.email: ("see",)}


def test_what_someone_else_changed_meanwhile_is_not_overwritten(signed_in: SignIn) -> None:
    found, lena, ben = budget("Backend"), named("lead", "Lena Lee"), named("engineer", "Ben Bo")
    client = signed_in("admin")
    old = as_shown(client.get(f"/budgets/{found.pk}/share/"))
    set_shares(found, [Grant(lena, ["see"])], Actor(None), now())
    page = client.post(f"/budgets/{found.pk}/share/", {**old, "people": ben.email, "may": ["see"]})
    assert "Someone changed the sharing while you were here" in text_of(page)
    assert given(found.pk) == {lena.email: ("see",)}
    again = {**as_shown(page), f"may_user{lena.pk}": ["see"], "may": ["see"]}
    assert again["people"] == ben.email
    client.post(f"/budgets/{found.pk}/share/", again)
    assert given(found.pk) == {lena.email: ("see",), ben.email: ("see",)}


def test_whom_someone_else_removed_meanwhile_stays_removed(signed_in: SignIn) -> None:
    found, lena, ben = budget("Backend"), named("lead", "Lena Lee"), named("engineer", "Ben Bo")
    set_shares(found, [Grant(lena, ["see"]), Grant(ben, ["see"])], Actor(None), now())
    client, path = signed_in("admin"), f"/budgets/{found.pk}/share/"
    kept = {f"may_user{one.pk}": ["see", "decide"] for one in (lena, ben)}
    old = {**as_shown(client.get(path)), **kept}
    set_shares(found, [Grant(lena, ["see"])], Actor(None), now())
    assert "Someone changed the sharing while you were here" in text_of(client.post(path, old))
    assert given(found.pk) == {lena.email: ("see",)}


def test_what_comes_from_above_is_named_only_as_far_as_the_reader_sees(signed_in: SignIn) -> None:
    top = budget("Secret company", owner=named("finance", "Fay Finance"))
    middle = budget("Engineering", parent=top)
    found = budget("Backend", parent=middle, owner=named("lead", "Olga Owner"))
    share(middle, named("engineer", "Mia Middle"), "view_budget", "decide_budget")
    lead = named("lead", "Lena Lee")
    share(middle, lead, "change_budget")
    page = text_of(signed_in(lead).get(f"/budgets/{found.pk}/share/"))
    assert "Mia Middle mia@company.com from Engineering see, decide" in page
    assert "Olga Owner olga@company.com as its owner see, request" in page
    assert "Fay Finance fay@company.com from a budget above that is not shared with you see, request" in page
    assert "Secret" not in page
    assert "as the owner of Secret company" in text_of(signed_in("admin").get(f"/budgets/{found.pk}/share/"))


def test_who_may_not_change_the_budget_reads_who_sees_it_and_cannot_save(signed_in: SignIn) -> None:
    found, viewer, other = budget("Backend"), named("viewer", "Vic Viewer"), named("lead", "Lena Lee")
    share(found, viewer)
    share(found, other, "change_budget")
    client = signed_in(viewer)
    path = f"/budgets/{found.pk}/share/"
    assert f'href="{path}">Who sees it</a>' in client.get(f"/budgets/{found.pk}/").content.decode()
    page = client.get(path)
    assert "Who sees it Lena Lee lena@company.com since before the history began edit Vic Viewer" in text_of(page)
    assert 'name="people"' not in page.content.decode()
    refused = client.post(path, {"people": "vic@company.com", "may": ["edit"]})
    assert refused.status_code == 403
    assert "Ask Lena Lee (lena@company.com)" in text_of(refused)
    assert not may_edit(viewer, found)


def test_who_may_not_see_a_budget_is_answered_as_if_there_were_none(signed_in: SignIn) -> None:
    found, client = budget("Backend"), signed_in("lead")
    for method in (client.get, client.post):
        assert method(f"/budgets/{found.pk}/share/").status_code == 404
        hidden, none = method(f"/budgets/{found.pk}/share/"), method("/budgets/999999/share/")
        assert text_of(hidden) == text_of(none)


def test_an_editor_who_takes_the_right_from_themselves_goes_on_to_what_they_see(signed_in: SignIn) -> None:
    found, lead = budget("Backend"), person("lead")
    share(found, lead, "change_budget")
    page = sharing(signed_in(lead), found.pk, **{f"remove_user{lead.pk}": "on"})
    assert "is saved. You no longer see it." in text_of(page)
    assert page.redirect_chain == [("/budgets/", 302)]  # type: ignore[attr-defined]


def test_the_queries_do_not_grow_with_the_people_nor_with_the_levels(signed_in: SignIn) -> None:
    def queries(found: Budget) -> int:
        client.get(f"/budgets/{found.pk}/share/")
        with CaptureQueriesContext(connection) as seen:
            assert client.get(f"/budgets/{found.pk}/share/").status_code == 200
        return len(seen)

    client, top = signed_in("admin"), budget("Top", owner=person("lead"))
    middle = budget("Middle", parent=top)
    share(middle, person("lead"))
    few = queries(middle)
    low = budget("Low", parent=budget("Low middle", parent=middle, owner=person("lead")))
    for _ in range(9):
        share(low, person("lead"), "view_budget", "change_budget")
        share(top, person("lead"), "view_budget")
    assert queries(low) <= few


def test_who_sees_no_budget_is_told_whom_to_ask(signed_in: SignIn) -> None:
    named("finance", "Fay Finance")
    budget("Backend")
    page = text_of(signed_in("viewer").get("/budgets/"))
    assert "Ask your team’s lead or finance: Fay Finance (fay@company.com). They find Share" in page


def test_each_entry_says_since_when_given_and_inherited(signed_in: SignIn) -> None:
    at = [datetime(2025, month, 3, 12, tzinfo=UTC) for month in range(1, 7)]
    top = budget("Company", at=at[0], owner=named("lead", "Olga Owner"))
    found = budget("Backend", at=at[0])
    lena, mia = named("lead", "Lena Lee"), named("engineer", "Mia Middle")
    set_shares(top, [Grant(mia, ["see"])], Actor(None), at[1])
    set_shares(found, [Grant(lena, ["see"])], Actor(None), at[2])
    set_shares(found, [Grant(lena, ["see", "edit"])], Actor(None), at[3])
    edit_budget(found, Actor(None), {"parent": top}, at[4])
    text = text_of(signed_in("admin").get(f"/budgets/{found.pk}/share/"))
    assert "Lena Lee lena@company.com see since Mar 3, 2025 ; edit since Apr 3, 2025" in text
    assert "Mia Middle mia@company.com from Company see since May 3, 2025" in text
    assert "Olga Owner olga@company.com as the owner of Company see, request since May 3, 2025" in text


def test_someone_who_has_it_from_several_places_is_named_once_with_all_of_them(signed_in: SignIn) -> None:
    mia = named("engineer", "Mia Middle")
    top = budget("Company", owner=mia)
    middle = budget("Engineering", parent=top)
    found = budget("Backend", parent=middle)
    set_shares(middle, [Grant(mia, ["edit"])], Actor(None), now())
    page = signed_in("admin").get(f"/budgets/{found.pk}/share/").content.decode()
    assert page.count("mia@company.com") == 1
    text = text_of(page)
    assert text.index("from Engineering edit") < text.index("as the owner of Company see, request")


@pytest.mark.parametrize(
    ("group", "words"),
    [
        ("nonsense", "There is no group 'nonsense'."),
        ("Finance", "Everyone of the role finance sees and changes every budget anyway."),
        ("viewer", "The budget is shared with viewer already."),
    ],
)
def test_a_group_that_cannot_be_shared_with_is_told_beside_its_field(signed_in: SignIn, group: str, words: str) -> None:
    found = budget("Backend")
    set_shares(found, [Grant(Group.objects.get(name="viewer"), ["see"])], Actor(None), now())
    page = sharing(signed_in("admin"), found.pk, group=group, may=["see"])
    assert words in errors_of(page)["group"]
    assert as_shown(page)["group"] == group


def test_a_group_is_named_in_any_case(signed_in: SignIn) -> None:
    found = budget("Backend")
    Group.objects.create(name="Platform team")
    sharing(signed_in("admin"), found.pk, group="platform  TEAM", may=["see"])
    assert given(found.pk) == {"Platform team": ("see",)}


def test_no_address_of_those_whom_it_is_not_shared_with_is_in_the_page(signed_in: SignIn) -> None:
    found = budget("Backend")
    User.objects.bulk_create(User(email=f"p{number}@elsewhere.example") for number in range(1000))
    client = signed_in("admin")
    page = client.get(f"/budgets/{found.pk}/share/")
    assert "elsewhere.example" not in page.content.decode()
    offered = client.get("/people/complete/people/?q=elsewhere").content.decode()
    assert offered.count('role="option"') == 8


def test_everyone_who_is_named_has_a_page_that_the_reader_may_open(signed_in: SignIn) -> None:
    reader, group = named("viewer", "Vic Viewer"), Group.objects.create(name="platform")
    top = budget("Company", owner=named("lead", "Olga Owner"))
    found = budget("Backend", parent=top)
    gone = named("lead", "Leo Left")
    set_shares(top, [Grant(named("lead", "Ann Above"), ["edit"]), Grant(group, ["see"])], Actor(None), now())
    set_shares(found, [Grant(reader, ["see"]), Grant(gone, ["see"])], Actor(None), now())
    User.objects.filter(pk=gone.pk).update(is_active=False)
    client = signed_in(reader)
    html = client.get(f"/budgets/{found.pk}/share/").content.decode()
    links = re.findall(r'href="(/people/(?:groups/)?\d+/)"', html)
    assert len(links) == 5
    assert [client.get(link).status_code for link in links] == [200] * 5

"""Roles in the admin site: what nobody chose is not changed, and somebody stays who can open it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group
from django.http import HttpResponse
from django.test import Client

from accounts.domain.roles import LastAdmin, give_role, roles_of
from accounts.models import User
from tests.at_once import at_once
from tests.factories import person
from tests.pages.reading import text_of

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]


def address(user: User) -> str:
    """The page of a person."""
    return f"/admin/accounts/user/{user.pk}/change/"


def save(client: Client, user: User, **changes: object) -> HttpResponse:
    """Saves a person as their page shows them, with some changes; None takes a field away."""
    form = client.get(address(user)).context["adminform"].form
    shown = {"email": user.email, "name": user.name, "role": form["role"].initial or "", "is_active": "on"}
    sent = {name: value for name, value in (shown | changes).items() if value is not None}
    return client.post(address(user), sent)


def test_a_superuser_who_is_saved_stays_an_administrator(signed_in: SignIn) -> None:
    root = User.objects.create_superuser("root@company.com", "a password of some length")
    save(signed_in(), root, name="Root")
    root = User.objects.get(pk=root.pk)
    assert (root.name, root.is_superuser, root.is_staff, roles_of(root)) == ("Root", True, True, {"admin"})


def test_who_has_no_role_gets_none_by_being_saved(signed_in: SignIn) -> None:
    client, user = signed_in(), User.objects.create_user("new@company.com")
    save(client, user, name="New")
    user = User.objects.get(pk=user.pk)
    assert (user.name, roles_of(user)) == ("New", frozenset())
    save(client, user, role="lead")
    assert roles_of(User.objects.get(pk=user.pk)) == {"lead"}


def test_who_has_two_roles_keeps_both_until_one_is_chosen(signed_in: SignIn) -> None:
    client, user = signed_in(), person("finance")
    user.groups.add(Group.objects.get(name="lead"))
    save(client, user, name="Fay")
    assert roles_of(User.objects.get(pk=user.pk)) == {"finance", "lead"}


def test_a_role_once_given_is_not_taken_away_by_choosing_none(signed_in: SignIn) -> None:
    user = person("lead")
    save(signed_in(), user, role="")
    assert roles_of(User.objects.get(pk=user.pk)) == {"lead"}


@pytest.mark.parametrize("change", [{"role": "viewer"}, {"is_active": None}])
def test_the_last_active_administrator_stays_one(signed_in: SignIn, change: dict[str, str | None]) -> None:
    last, gone = person("admin", "ada@company.com"), person("admin")
    User.objects.filter(pk=gone.pk).update(is_active=False)
    page = save(signed_in(last), last, **change)
    assert "ada@company.com is the last active administrator. Make somebody else one first." in text_of(page)
    last = User.objects.get(pk=last.pk)
    assert (last.is_active, last.is_superuser, roles_of(last)) == (True, True, {"admin"})


@pytest.mark.parametrize("change", [{"role": "viewer"}, {"is_active": None}])
def test_one_of_two_administrators_may_go(signed_in: SignIn, change: dict[str, str | None]) -> None:
    one, other = person("admin"), User.objects.create_superuser("root@company.com")
    assert save(signed_in(other), one, **change).status_code == 302
    assert "admin" not in roles_of(User.objects.get(pk=one.pk))


def test_of_two_administrators_who_go_at_once_one_stays(committed: None) -> None:
    both = [person("admin"), person("admin")]
    gave = at_once(
        *[lambda one=one: give_role(one, "viewer") for one in both], held=lambda: list(User.objects.select_for_update())
    )
    assert {type(one) for one in gave} == {type(None), LastAdmin}
    assert [roles_of(one) for one in User.objects.all()].count(frozenset({"admin"})) == 1

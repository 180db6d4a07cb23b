"""Loading the demo company: all or nothing, once, and not over the data of others."""

from __future__ import annotations

import re
import stat
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.models import Group
from django.db import transaction

from accounts.domain.people import add_person
from accounts.models import User
from budgets.domain import tree
from budgets.models import Budget
from costops.cli import costops
from costops.cli import demo as demo_command
from costops.demo import plans
from costops.demo.load import DemoExists, OtherData, load_demo
from costops.demo.people import PEOPLE
from usage.domain import ground
from usage.models import UsageEvent

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.mark.django_db
def test_loading_it_twice_says_that_it_is_there_and_changes_nothing():
    load_demo(NOW, events=300)
    before = UsageEvent.objects.count()
    with pytest.raises(DemoExists):
        load_demo(NOW + timedelta(days=1), events=300)
    result = CliRunner().invoke(costops, ["demo"])
    assert (result.exit_code, "nothing was changed" in result.stdout) == (0, True)
    assert UsageEvent.objects.count() == before


@pytest.mark.django_db
def test_a_database_with_other_budgets_is_refused_unless_forced():
    Budget.objects.create(name="Ours", amount=1)
    with pytest.raises(OtherData):
        load_demo(NOW, events=300)
    result = CliRunner().invoke(costops, ["demo"])
    assert result.exit_code == 1
    assert "--force" in result.stderr
    assert not User.objects.exists()
    load_demo(NOW, events=300, force=True)
    assert Budget.objects.count() == 1 + len(plans.PLANS)


@pytest.mark.django_db
def test_a_load_that_breaks_off_leaves_nothing_and_can_be_done_again():
    def stop(rows: int, share: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load_demo(NOW, on_progress=stop, events=300)
    assert not User.objects.exists()
    assert load_demo(NOW, events=300).events == UsageEvent.objects.count()


@pytest.mark.django_db
def test_the_command_tells_the_logins_and_keeps_them_where_only_their_owner_can_read_them():
    result = CliRunner().invoke(costops, ["demo"])
    assert result.exit_code == 0, result.output
    logins = settings.DATA_DIR / "demo-logins.txt"
    assert logins.read_text() in result.stdout
    assert stat.S_IMODE(logins.stat().st_mode) == 0o600
    password = re.search(r"the password (\S+) as", logins.read_text())[1]
    assert all(authenticate(username=email, password=password) for email in PEOPLE)


@pytest.mark.django_db
def test_who_was_there_before_is_not_told_with_a_password_that_is_not_theirs():
    add_person("admin@company.com", "viewer", password="a-password-of-my-own")
    demo = load_demo(NOW, events=300)
    assert demo.kept == ["admin@company.com"]
    assert "admin@company.com" not in demo.people
    assert authenticate(username="admin@company.com", password="a-password-of-my-own") is not None
    told = demo_command._logins(demo)
    assert "admin@company.com was there already and keeps role and password." in told
    assert "finance@company.com" in told


@pytest.mark.django_db
def test_a_group_that_was_there_before_keeps_its_members():
    """Who signs in with the demo's password must not come into a group that opens other doors."""
    Group.objects.create(name="Backend leads")
    load_demo(NOW, events=300)
    assert not User.objects.filter(groups__name="Backend leads").exists()


def in_it() -> tuple[list[object], list[object]]:
    """All budgets with what was agreed for them, and all calls."""
    budgets = Budget.objects.order_by("pk").values_list(
        "name", "amount", "amounts", "scope", "parent__name", "created_at"
    )
    return list(budgets), list(
        UsageEvent.objects.order_by("occurred_at", "id").values_list("id", "cost", "occurred_at")
    )


@pytest.mark.django_db
def test_the_same_day_gives_the_same_company():
    found = []
    for now in (NOW, NOW):
        with transaction.atomic():
            load_demo(now, events=300)
            found.append(in_it())
            transaction.set_rollback(True)
        ground.forget()
        tree.forget()
    assert found[0] == found[1]
    assert len(found[0][1]) > 300

"""API keys: what a rotated one keeps, and what no longer opens anything."""

from __future__ import annotations

from datetime import timedelta

import pytest
from click.testing import CliRunner
from django.core.exceptions import ValidationError

from accounts.domain.keys import create_key, holder_of
from accounts.models import ApiKey
from costops.cli import costops
from tests.factories import api, now, person

pytestmark = pytest.mark.django_db
KEPT = {
    "project": "search",
    "environment": "prod",
    "department": "product",
    "team": "web",
    "locked": True,
    "requests_per_minute": 7,
}


def test_a_rotated_key_keeps_its_defaults_limits_and_end() -> None:
    ends = now() + timedelta(days=30)
    key, old = create_key(person("engineer"), "laptop", expires_at=ends, **KEPT)
    secret = CliRunner().invoke(costops, ["apikey", "rotate", key.prefix]).stdout.strip()
    found = ApiKey.objects.get()
    assert {name: getattr(found, name) for name in KEPT} == KEPT
    assert (found.expires_at, found.name) == (ends, "laptop")
    assert holder_of(old) is None
    holder = holder_of(secret)
    assert holder is not None
    assert (holder.defaults.team, holder.locked, holder.requests_per_minute) == ("web", True, 7)


@pytest.mark.parametrize("path", ["usage/", "budgets/"])
def test_an_expired_key_opens_nothing(path: str) -> None:
    caller = api("engineer", expires_at=now() - timedelta(seconds=1))
    response = caller.post(path, {"events": [{"cost": 1}]}) if path == "usage/" else caller.get(path)
    assert response.status_code == 401
    assert api("engineer", expires_at=now() + timedelta(hours=1)).get("budgets/").status_code == 200


@pytest.mark.parametrize("name", ["", "  ", "two\nlines"])
def test_a_name_that_would_break_a_list_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="Give the key a name of one line"):
        create_key(person("engineer"), name)
    assert not ApiKey.objects.exists()

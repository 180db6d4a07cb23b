"""Rotation hands out no secret that opens nothing, through whichever door it is ordered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from accounts.domain.keys import create_key
from accounts.models import ApiKey, User
from costops.cli import main
from tests.factories import now, person
from tests.pages.reading import text_of

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
REFUSAL = "The key 'CI' is expired. Create a new one."


@pytest.fixture
def expired() -> ApiKey:
    """A key that expired yesterday."""
    made_at = now() - timedelta(days=2)
    return create_key(person("engineer"), "CI", now=made_at, expires_at=made_at + timedelta(days=1))[0]


def digest(key: ApiKey) -> bytes:
    """What is kept of its secret."""
    return bytes(ApiKey.objects.get(pk=key.pk).digest)


def test_the_account_page_offers_to_revoke_an_expired_key_and_not_to_rotate_it(
    signed_in: SignIn, expired: ApiKey
) -> None:
    client, path = signed_in(expired.user), f"/account/keys/{expired.pk}/rotate/"
    page = client.get("/account/").content.decode()
    assert (path in page, path.replace("rotate", "revoke") in page) == (False, True)
    assert client.get(path).status_code == 302
    assert REFUSAL in text_of(client.post(path, {"last_four": expired.last_four}, follow=True))
    assert digest(expired) == bytes(expired.digest)


def test_the_admin_site_refuses_to_rotate_an_expired_key(signed_in: SignIn, expired: ApiKey) -> None:
    sent = {"action": "rotate", "_selected_action": [expired.pk]}
    assert REFUSAL in text_of(signed_in().post("/admin/accounts/apikey/", sent, follow=True))
    assert digest(expired) == bytes(expired.digest)


def test_the_command_refuses_to_rotate_an_expired_key(expired: ApiKey, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["apikey", "rotate", "--user", expired.user.email, "--name", "CI"])
    assert (ended.value.code, *capsys.readouterr()) == (1, "", f"{REFUSAL}\n")
    assert digest(expired) == bytes(expired.digest)


def test_the_key_of_someone_inactive_is_not_rotated(signed_in: SignIn) -> None:
    key, _ = create_key(person("engineer", "gone@company.com"), "CI")
    User.objects.filter(pk=key.user_id).update(is_active=False)
    page = signed_in().post("/admin/accounts/apikey/", {"action": "rotate", "_selected_action": [key.pk]}, follow=True)
    assert "The key 'CI' opens nothing, since gone@company.com is inactive." in text_of(page)
    assert digest(key) == bytes(key.digest)

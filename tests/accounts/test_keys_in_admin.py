"""Keys in the admin site: a secret is on the answer to the click that made it, and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.http import HttpResponse
from django.test import Client

from accounts.domain.keys import create_key, find_key
from accounts.models import ApiKey
from tests.factories import now, person

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
KEYS = "/admin/accounts/apikey/"


def make(client: Client) -> HttpResponse:
    """Makes a key for an engineer."""
    return client.post(f"{KEYS}add/", {"name": "CI", "user": person("engineer").pk, "scopes": ["usage:write"]})


def rotate(client: Client) -> HttpResponse:
    """Rotates a key of an engineer."""
    key, _ = create_key(person("engineer"), "CI")
    return client.post(KEYS, {"action": "rotate", "_selected_action": [key.pk], "last_four": key.last_four})


@pytest.mark.parametrize("order", [make, rotate])
def test_the_secret_is_on_the_answer_and_neither_in_a_cookie_nor_on_the_next_page(
    signed_in: SignIn, order: Callable[[Client], HttpResponse]
) -> None:
    client = signed_in()
    page = order(client)
    (secret,) = re.findall(r"lcops_[\w-]{43}", page.content.decode())
    assert find_key(secret, now()) == ApiKey.objects.get()
    assert page.status_code == 200
    assert "no-store" in page["Cache-Control"]
    assert "messages" not in page.cookies
    assert secret not in str(client.cookies) + str(page.headers) + str(dict(client.session))
    assert secret not in client.get(KEYS).content.decode()

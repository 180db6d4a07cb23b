"""An installation without data leads from step to step, and says when the first call has arrived."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import ApiKey
from tests.factories import Api, budget, call, person, spend
from tests.pages.reading import text_of

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]


def test_an_empty_installation_begins_with_three_steps(signed_in: SignIn) -> None:
    page = signed_in("finance").get("/", follow=True)
    assert page.redirect_chain == [("/start/", 302)]
    text = text_of(page)
    assert "Make the first budget" in text
    assert "Waiting for the first call" in text
    assert "costops import usage.csv" in text


def test_the_snippet_with_its_key_brings_the_first_call(signed_in: SignIn) -> None:
    user = person("admin")
    client = signed_in(user)
    page = client.post("/start/key/")
    assert page["Cache-Control"].startswith("max-age=0, no-cache, no-store")
    secret = re.search(r"Bearer (lcops_[\w-]+)", page.content.decode())[1]
    body = re.search(r"-d &#x27;(.*?)&#x27;|-d '(.*?)'", page.content.decode()).group(0)
    assert "gpt-4o" in body
    assert secret not in client.get("/start/").content.decode()
    assert "Waiting" in text_of(client.get("/start/call/"))
    program = Client(headers={"authorization": f"Bearer {secret}"})
    event = {"provider": "openai", "model": "gpt-4o", "input_tokens": 1200, "output_tokens": 300}
    assert program.post("/api/v1/usage/", {"events": [event]}, "application/json").status_code == 202
    arrived = client.get("/start/call/")
    assert "Arrived gpt-4o , $0.006" in text_of(arrived)
    assert "hx-trigger" not in arrived.content.decode()


def test_asking_for_a_key_again_leaves_one_key_and_its_secret_is_the_last_one_shown(signed_in: SignIn) -> None:
    user = person("engineer")
    client = signed_in(user)
    first, last = (
        re.search(r"Bearer (lcops_[\w-]+)", client.post("/start/key/").content.decode())[1] for _ in range(2)
    )
    assert ApiKey.objects.filter(user=user).count() == 1
    event = {"events": [{"provider": "openai", "model": "gpt-4o", "input_tokens": 1}]}
    answers = [
        Client(headers={"authorization": f"Bearer {secret}"})
        .post("/api/v1/usage/", event, "application/json")
        .status_code
        for secret in (first, last)
    ]
    assert answers == [401, 202]
    client.post("/start/key/")
    assert sorted(ApiKey.objects.filter(user=user).values_list("name", flat=True)) == ["First call", "First call 2"]
    assert client.get("/start/key/")["Location"] == "/start/"


def test_who_may_not_post_usage_gets_no_key(signed_in: SignIn) -> None:
    client = signed_in("viewer")
    assert client.post("/start/key/")["Location"] == "/start/"
    assert not ApiKey.objects.exists()
    assert "Make a key" not in text_of(client.get("/start/"))


def test_the_overview_is_there_as_soon_as_there_is_something_to_see(signed_in: SignIn) -> None:
    budget("Company", 10)
    client = signed_in("finance")
    assert "No usage in" in text_of(client.get("/"))
    assert re.search(r"Made Company ?: \$10\.?\d*, monthly", text_of(client.get("/start/")))


def test_a_call_that_one_may_not_see_has_not_arrived_for_them(signed_in: SignIn) -> None:
    spend(call(1, model="secret-model"))
    client = signed_in("viewer")
    assert "secret" not in client.get("/start/call/").content.decode()
    assert "secret" not in client.get("/start/").content.decode()
    assert Api(person("finance")).get("usage/events/").json()["results"][0]["model"] == "secret-model"

"""The short way of posts with an API key: it answers as the whole of Django does, and is counted too."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from prometheus_client import REGISTRY
from werkzeug.test import Client

from costops.wsgi import application, django_application
from tests.factories import Api, api
from usage.api import handler
from usage.models import UsageEvent

pytestmark = pytest.mark.django_db
GOOD = json.dumps({"events": [{"cost": "1.5"}, {"cost": -1}]})
URL = "/api/v1/usage/"
COUNTED = "django_http_responses_total_by_status_view_method_total"


@pytest.fixture(autouse=True)
def one_transaction() -> Iterator[None]:
    """Requests stay in the test's transaction, as Django's own test client sees to."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def engineer() -> Api:
    return api("engineer")


def send(served: Any, secret: str, body: str, **options: Any) -> tuple[int, Any, dict[str, str]]:
    headers = {"Authorization": f"Bearer {secret}", **options.pop("headers", {})}
    told = {"method": "POST", "content_type": "application/json", "data": body, "headers": headers, **options}
    response = Client(served).open(URL, **told)
    kept = ("Content-Type", "X-Content-Type-Options", "Referrer-Policy", "WWW-Authenticate", "Retry-After")
    return response.status_code, response.json, {name: response.headers.get(name) for name in kept}


@pytest.mark.parametrize(
    ("body", "options"),
    [
        (GOOD, {}),
        ("{", {}),
        ("", {}),
        (GOOD, {"content_type": "text/plain"}),
        (GOOD, {"headers": {"Authorization": "Bearer wrong"}}),
        (GOOD, {"headers": {"Idempotency-Key": ""}}),
    ],
)
def test_both_ways_answer_the_same(engineer, body, options):
    short = send(application, engineer.secret, body, **options)
    whole = send(django_application, engineer.secret, body, **options)
    assert short == whole
    assert short[2]["X-Content-Type-Options"] == "nosniff"


def test_posts_with_a_key_take_the_short_way_and_others_do_not(engineer, monkeypatch):
    taken: list[str] = []
    monkeypatch.setattr(
        handler.UsageHandler, "__call__", lambda self, environ, start: taken.append(environ["PATH_INFO"])
    )
    served = handler.with_short_way(lambda environ, start: taken.append("whole"))
    environ = {"REQUEST_METHOD": "POST", "PATH_INFO": URL, "HTTP_AUTHORIZATION": "bearer x"}
    for change in ({}, {"REQUEST_METHOD": "GET"}, {"PATH_INFO": URL + "summary/"}, {"HTTP_AUTHORIZATION": "Basic x"}):
        served({**environ, **change}, None)
    del environ["HTTP_AUTHORIZATION"]
    served(environ, None)
    assert taken == [URL, "whole", "whole", "whole", "whole"]


def test_what_goes_the_short_way_is_written_and_counted(engineer):
    labels = {"status": "202", "view": "usage", "method": "POST"}
    before = REGISTRY.get_sample_value(COUNTED, labels) or 0
    assert send(application, engineer.secret, GOOD)[0] == 202
    assert UsageEvent.objects.count() == 1
    assert REGISTRY.get_sample_value(COUNTED, labels) == before + 1


def test_a_fault_of_ours_tells_nothing_of_itself(engineer, monkeypatch):
    def fail(*_: object) -> None:
        raise RuntimeError("the secret of the house")

    monkeypatch.setattr("usage.api.posting._read", fail)
    status, answer, _ = send(application, engineer.secret, GOOD)
    assert (status, answer["error"]["code"]) == (500, "server_error")

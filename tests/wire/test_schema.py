"""The OpenAPI schema: made without a warning, complete, and true: whatever it allows is answered as it says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import CheckFunction, not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from accounts.domain.scopes import SCOPES
from budgets.models import Budget
from costops.wsgi import application
from tests.factories import Api, api, budget, call, spend

CHECKS: list[CheckFunction] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    unsupported_method,
]
ADDRESS = "/api/v1/schema/?format=json"


@pytest.fixture
def api_schema(db: None) -> Iterator[Any]:
    """The schema as the API serves it, in this process and its transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield schemathesis.openapi.from_wsgi(ADDRESS, application)
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def caller(db: None) -> Api:
    """An admin of a company with budgets and usage."""
    top = budget("Top", 100, thresholds=[{"threshold": "0.5", "channels": ["email"]}])
    budget("Below", 50, top, scope={"teams": ["a"]}, rollover=True)
    spend(call(60, team="a", tags={"feature": "search"}), call(None, model="nobody-knows"))
    return api(requests_per_minute=0)


OPERATIONS = [
    (method, path)
    for path, operations in SchemaGenerator().get_schema(request=None, public=True)["paths"].items()
    for method in operations
]


@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=[" ".join(operation) for operation in OPERATIONS])
def test_whatever_the_schema_allows_is_answered_as_it_says(method, path, api_schema, caller):
    known = Budget.objects.latest("pk").pk

    @settings(max_examples=25, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(api_schema[path][method].as_strategy())
    def answers(case: schemathesis.Case) -> None:
        if "/budgets/" in path and case.path_parameters.get("id", 0) % 2:
            case.path_parameters["id"] = known
        response = case.call(headers={"Authorization": f"Bearer {caller.secret}"})
        case.validate_response(response, checks=CHECKS)

    answers()


def test_the_schema_is_made_without_a_warning(tmp_path):
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "schema.yaml"))


@pytest.fixture
def document(db: None) -> dict[str, Any]:
    return Client().get(ADDRESS).json()


def test_every_operation_says_who_may_call_it_what_goes_wrong_and_what_it_is_for(document):
    for path, operations in document["paths"].items():
        if path == "/api/v1/schema/":
            continue
        for method, operation in operations.items():
            where = f"{method} {path}"
            assert operation["summary"], where
            (scopes,) = [each["apiKey"] for each in operation["security"] if "apiKey" in each]
            assert [scope in SCOPES for scope in scopes] == [True], where
            assert f"An API key needs the scope `{scopes[0]}`." in operation["description"], where
            assert {"session": []} in operation["security"], where
            expected = {"401", "403", "429", "503"} | ({"404"} if "{" in path else set())
            expected |= {"400", "409", "413", "415"} if method in ("post", "put", "patch") else set()
            assert expected <= set(operation["responses"]), where
            for status in expected:
                content = operation["responses"][status]["content"]["application/json"]
                assert content["schema"] == {"$ref": "#/components/schemas/Error"}, where


def test_what_creates_something_tells_of_idempotency_key(document):
    for path in ("/api/v1/usage/", "/api/v1/budgets/"):
        headers = [p["name"] for p in document["paths"][path]["post"]["parameters"] if p["in"] == "header"]
        assert headers == ["Idempotency-Key"]


def test_a_post_of_usage_is_fully_described(document):
    operation = document["paths"]["/api/v1/usage/"]["post"]
    body = operation["requestBody"]["content"]["application/json"]
    assert body["examples"]
    reference = body["schema"]["$ref"].rpartition("/")[2]
    events = document["components"]["schemas"][reference]["properties"]["events"]
    assert (events["minItems"], events["maxItems"]) == (1, 5000)
    event = document["components"]["schemas"][events["items"]["$ref"].rpartition("/")[2]]
    assert event["properties"]["input_tokens"]["minimum"] == 0
    assert "202" in operation["responses"]

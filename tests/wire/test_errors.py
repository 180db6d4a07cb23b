"""Errors: one format, whatever goes wrong and wherever under /api/ it does."""

from __future__ import annotations

import pytest
from django.db import OperationalError
from django.test import Client, RequestFactory

from tests.factories import Api, api, person
from wire import errors

pytestmark = pytest.mark.django_db


def error_of(response) -> dict:
    """The error of an answer, which holds nothing else."""
    assert response["Content-Type"] == "application/json"
    body = response.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"code", "message", "fields"}
    assert body["error"]["message"]
    return body["error"]


@pytest.fixture
def admin() -> Api:
    return api()


@pytest.mark.parametrize("path", ["/api/", "/api/v1/", "/api/v1/budget/", "/api/v1/budgets/x/", "/api/v2/usage/"])
def test_an_unknown_address_is_told_in_json(admin, path):
    response = admin.get(path)
    assert response.status_code == 404
    assert error_of(response)["code"] == "not_found"


def test_an_unknown_address_is_unknown_to_posts_without_a_csrf_token_too():
    response = Client(enforce_csrf_checks=True).post("/api/v1/budget/", {}, content_type="application/json")
    assert response.status_code == 404


def test_an_address_without_its_slash_says_so_and_is_not_redirected(admin):
    response = admin.post("usage", {"events": []})
    assert response.status_code == 404
    assert error_of(response)["message"] == "Addresses end with a slash: /api/v1/usage/"
    assert "There is nothing at" in error_of(admin.get("nothing"))["message"]


@pytest.mark.parametrize("path", ["usage/", "usage/summary/", "budgets/tree/"])
def test_a_method_that_an_address_does_not_know(admin, path):
    response = admin.delete(path)
    assert response.status_code == 405
    assert error_of(response)["code"] == "method_not_allowed"
    assert response["Allow"]


@pytest.mark.parametrize("path", ["usage/", "budgets/"])
def test_a_body_that_is_not_json_by_its_type(admin, path):
    response = admin.post(path, b"a=b", content_type="application/x-www-form-urlencoded")
    assert response.status_code == 415
    assert error_of(response)["code"] == "unsupported_media_type"


@pytest.mark.parametrize("path", ["usage/", "budgets/"])
def test_a_body_that_is_too_large_is_refused_before_it_is_read(admin, path, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    response = admin.post(path, b" " * 1001)
    assert response.status_code == 413
    assert error_of(response)["code"] == "too_large"


@pytest.mark.parametrize("path", ["usage/", "budgets/", "budgets/tree/", "usage/summary/"])
@pytest.mark.parametrize("header", [{}, {"authorization": "Bearer lcops_wrong"}, {"authorization": "Bearer "}])
def test_nobody_is_told_how_to_be_somebody(path, header):
    method = "post" if path in ("usage/", "budgets/") else "get"
    response = getattr(Client(headers=header), method)(f"/api/v1/{path}", content_type="application/json")
    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("Bearer")
    assert "lcops_" in error_of(response)["message"]


@pytest.mark.parametrize("path", ["usage/", "budgets/"])
def test_a_sessions_post_without_its_csrf_token(path):
    client = Client(enforce_csrf_checks=True)
    client.force_login(person())
    response = client.post(f"/api/v1/{path}", {}, content_type="application/json")
    assert response.status_code == 403
    assert "CSRF" in error_of(response)["message"]


def test_csrf_failures_of_other_views_under_api_are_json_too():
    response = errors.csrf_failure(RequestFactory().post("/api/v1/anything/"), "CSRF cookie not set.")
    assert response.status_code == 403
    assert b"X-CSRFToken" in response.content


def test_a_request_that_django_cannot_read():
    response = Client(headers={"host": "elsewhere.example.com"}).get("/api/v1/budgets/")
    assert response.status_code == 400
    assert error_of(response)["code"] == "malformed"


def test_a_fault_of_ours_tells_nothing_of_itself(admin, monkeypatch, caplog):
    def fail(*_: object) -> None:
        raise RuntimeError("the secret of the house")

    monkeypatch.setattr("budgets.api.standing.outline", fail)
    response = admin.get("budgets/tree/")
    assert response.status_code == 500
    assert error_of(response)["code"] == "server_error"
    assert b"secret" not in response.content
    assert "the secret of the house" in caplog.text


@pytest.mark.parametrize(("method", "path"), [("get", "budgets/tree/"), ("post", "usage/")])
def test_when_the_database_is_away_the_caller_may_come_again(admin, monkeypatch, method, path):
    def fail(*_: object, **__: object) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr("budgets.api.standing.outline", fail)
    monkeypatch.setattr("usage.api.sender.holder_of", fail)
    response = getattr(admin, method)(path)
    assert response.status_code == 503
    assert response["Retry-After"] == "5"
    assert error_of(response)["code"] == "database_away"


def test_an_unknown_parameter_is_named_with_the_nearest_known_one(admin):
    response = admin.get("usage/summary/", projct="x", group="model")
    assert response.status_code == 400
    assert error_of(response)["fields"]["projct"] == ["There is no such parameter. Did you mean project?"]


def test_an_unknown_field_is_named_with_the_nearest_known_one_beside_other_errors(admin):
    response = admin.post("budgets/", {"name": "", "amount": 5, "perod": "monthly"})
    assert response.status_code == 400
    fields = error_of(response)["fields"]
    assert fields["perod"] == ["There is no such field. Did you mean period?"]
    assert "name" in fields


def test_a_page_that_is_not_there_stays_a_page(settings):
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    response = Client().get("/nowhere/")
    assert response.status_code == 404
    assert "text/html" in response["Content-Type"]

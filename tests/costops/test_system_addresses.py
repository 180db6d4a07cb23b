"""/healthz, /readyz and /metrics: what machines ask."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client, override_settings

from costops import heartbeat
from costops.celery import app

TOKEN = "a-token-for-prometheus"


@pytest.fixture
def beat_ticks() -> None:
    heartbeat.leave_tick()


@pytest.fixture
def nowhere(tmp_path: Path) -> str:
    """The address of a server that does not run."""
    return f"{tmp_path}/nobody.sock"


def test_healthz_asks_nobody(client: Client) -> None:
    """It has no database here, and no beat."""
    answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok\n")


@pytest.mark.django_db
def test_ready_when_database_broker_and_beat_are_at_work(client: Client, beat_ticks: None) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"ready": True, "database": "ok", "broker": "ok", "beat": "ok"}
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db
def test_not_ready_before_beat_ticks_and_when_it_is_late(client: Client) -> None:
    cache.delete(heartbeat.KEY)
    assert client.get("/readyz").json()["beat"] == "has not ticked yet"
    cache.set(heartbeat.KEY, time.time() - 90, timeout=None)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["beat"] == "last ticked 90 seconds ago"


@pytest.mark.django_db
def test_not_ready_without_the_broker_and_the_other_parts_are_told_too(
    client: Client, beat_ticks: None, nowhere: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.conf, "broker_url", f"redis+socket://{nowhere}")
    monkeypatch.setattr(app.conf, "broker_write_url", f"redis+socket://{nowhere}")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"ready": False, "database": "ok", "broker": "does not answer", "beat": "ok"}


@pytest.mark.django_db
def test_not_ready_without_the_database(
    client: Client, beat_ticks: None, nowhere: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "host", nowhere)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["database"] == "does not answer"


def test_metrics_are_for_this_machine_alone_without_a_token(client: Client) -> None:
    assert b"django_http_requests_total" in client.get("/metrics").content
    assert client.get("/metrics", REMOTE_ADDR="192.0.2.7").status_code == 403
    assert client.get("/metrics", headers={"X-Forwarded-For": "192.0.2.7"}).status_code == 403
    with override_settings(COSTOPS_PUBLIC=True):
        assert client.get("/metrics").status_code == 403


@override_settings(COSTOPS_METRICS_TOKEN=TOKEN, COSTOPS_PUBLIC=True)
def test_metrics_are_for_those_who_send_the_token(client: Client) -> None:
    sent = {"Authorization": f"Bearer {TOKEN}"}
    assert client.get("/metrics", REMOTE_ADDR="192.0.2.7", headers=sent).status_code == 200
    assert client.get("/metrics").status_code == 403
    assert client.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 403


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_they_only_answer_reads(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405

"""The API key appears in no text that anybody could come across."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import pytest
from llm_cost_ops import ApiError, AsyncCostTracker, ConfigurationError, CostTracker, UnavailableError

from tests.sdk.seeing import eventually
from tests.sdk.standin import KEY, StandIn, refusal

Make = Callable[..., CostTracker]
SECRET = KEY.removeprefix("lcops_")


def test_not_in_the_log_of_any_library(server: StandIn, make_tracker: Make, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    tracker = make_tracker()
    tracker.record_usage("openai", "gpt-4")
    tracker.record_usage("openai", "no-such-model")
    assert tracker.flush(10)
    server.before = lambda method, path: refusal(401, "not_authenticated", "Send an API key.")
    tracker.record_usage("openai", "gpt-4")
    assert tracker.flush(10) is False
    server.stop()
    with pytest.raises(UnavailableError):
        tracker.get_budget(1)
    assert "refuses this tracker's usage" in caplog.text
    assert "httpcore" in caplog.text
    assert SECRET not in caplog.text


def test_not_in_the_spool(server: StandIn, make_tracker: Make, folder: Path) -> None:
    server.stop()
    tracker = make_tracker()
    tracker.record_usage("openai", "gpt-4")
    files = eventually(lambda: [path for path in folder.rglob("*.jsonl") if path.read_bytes()])
    assert all(SECRET not in path.read_text() and SECRET not in str(path) for path in [*files, *folder.rglob("*")])


def test_not_in_the_name_of_the_default_folder(
    server: StandIn, make_tracker: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    server.stop()
    make_tracker(spool_dir=None).record_usage("openai", "gpt-4")
    found = eventually(lambda: list(tmp_path.rglob("*.jsonl")))
    assert SECRET not in str(found)


def test_not_in_a_repr(server: StandIn, make_tracker: Make, tmp_path: Path) -> None:
    tracker = make_tracker()
    other = AsyncCostTracker(KEY, server.endpoint, spool_dir=tmp_path)
    assert repr(tracker) == f"CostTracker(endpoint={server.endpoint!r})"
    assert repr(other) == f"AsyncCostTracker(endpoint={server.endpoint!r})"
    parts = [*vars(tracker).values(), *vars(other).values()]
    assert SECRET not in repr(parts)


def test_not_in_an_error(server: StandIn, make_tracker: Make) -> None:
    server.before = lambda method, path: refusal(401, "not_authenticated", "Send an API key.")
    with pytest.raises(ApiError) as refused:
        make_tracker().get_budget(1)
    assert SECRET not in f"{refused.value!r} {refused.value}"
    for wrong in [{"endpoint": KEY}, {"api_key": f"{KEY}\n{KEY}"}, {"endpoint": f"http://user:{KEY}@host"}]:
        with pytest.raises(ConfigurationError) as confused:
            make_tracker(**wrong)
        assert SECRET not in f"{confused.value!r}"

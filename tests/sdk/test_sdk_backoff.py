"""Attempts grow rarer while the server is away, and those of many clients spread."""

from __future__ import annotations

from collections.abc import Callable

from llm_cost_ops import Backoff, CostTracker

from tests.sdk.seeing import eventually
from tests.sdk.standin import Answer, StandIn, refusal

Make = Callable[..., CostTracker]


def longest(low: float, high: float) -> float:
    return high


def test_the_wait_doubles_up_to_the_longest() -> None:
    backoff = Backoff(first=0.5, longest=20.0, spread=longest)
    assert [backoff.wait(failures) for failures in range(1, 9)] == [0.5, 1, 2, 4, 8, 16, 20, 20]
    assert backoff.wait(10_000) == 20


def test_the_wait_is_spread_over_the_whole_time() -> None:
    waits = sorted(Backoff(first=1.0, longest=64.0).wait(5) for _ in range(2_000))
    assert 0 <= waits[0] < 1.6
    assert 14.4 < waits[-1] <= 16
    assert 7 < sum(waits) / len(waits) < 9


def test_what_the_server_asks_for_comes_before_the_spread_and_has_a_bound() -> None:
    backoff = Backoff(first=2.0, longest_asked=60.0, spread=longest)
    assert backoff.wait(1, retry_after=10.0) == 12.0
    assert backoff.wait(1, retry_after=86_400.0) == 62.0


def test_each_failure_in_a_row_waits_longer_and_a_success_begins_anew(server: StandIn, make_tracker: Make) -> None:
    """The spread sees how long a tracker could wait at most, whatever it waits."""
    bounds: list[float] = []

    def none(low: float, high: float) -> float:
        bounds.append(high)
        return 0.0

    troubles = iter([True] * 4 + [False] + [True] * 2)

    def away(method: str, path: str) -> Answer | None:
        return refusal(503, "away", "Later.") if next(troubles, False) else None

    server.before = away
    tracker = make_tracker(backoff=Backoff(first=0.5, longest=3.0, spread=none))
    for count in (1, 2):
        tracker.record_usage("openai", "gpt-4")
        assert tracker.flush(10)
        eventually(lambda count=count: len(server.events) == count)
    assert bounds == [0.5, 1.0, 2.0, 3.0, 0.5, 1.0]

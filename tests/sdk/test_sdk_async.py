"""AsyncCostTracker does what CostTracker does, and the loop goes on meanwhile."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from llm_cost_ops import AsyncCostTracker, NotFoundError

from tests.sdk.seeing import lines_in
from tests.sdk.standin import StandIn

Make = Callable[..., AsyncCostTracker]


def test_budgets_and_usage(server: StandIn, make_async_tracker: Make) -> None:
    async def use() -> None:
        async with make_async_tracker() as tracker:
            budget = await tracker.create_budget("Chat", 100, period="monthly", scope={"projects": ["chat"]})
            assert (await tracker.get_budget(budget.id)).name == "Chat"
            assert (await tracker.get_budget_status(budget.id)).current == "0.00021"
            with pytest.raises(NotFoundError):
                await tracker.get_budget(999)
            event_id = await tracker.record_usage("openai", "gpt-4", input_tokens=7)
            assert await tracker.flush(10) is True
            assert server.events[event_id]["input_tokens"] == 7

    asyncio.run(use())


def test_the_loop_goes_on_while_flush_waits(server: StandIn, make_async_tracker: Make) -> None:
    async def use() -> None:
        tracker = make_async_tracker()
        threads = threading.active_count()
        with server.holding():
            await tracker.record_usage("openai", "gpt-4")
            waiting = [asyncio.ensure_future(tracker.flush()) for _ in range(50)]
            for _ in range(20):
                await asyncio.sleep(0)
            assert not any(flush.done() for flush in waiting)
            assert threading.active_count() <= threads + 4, "no thread waits for each flush"
            assert await tracker.flush(0.05) is False
        assert await asyncio.gather(*waiting) == [True] * 50
        await tracker.close()

    asyncio.run(use())


def test_a_flush_that_is_cancelled_leaves_the_loop_free_to_end(server: StandIn, make_async_tracker: Make) -> None:
    tracker = make_async_tracker()

    async def use() -> str:
        flush = asyncio.ensure_future(tracker.flush())
        event_id = await tracker.record_usage("openai", "gpt-4")
        flush = asyncio.ensure_future(tracker.flush())
        await asyncio.sleep(0.01)
        flush.cancel()
        return event_id

    with server.holding():
        event_id = asyncio.run(use())
    assert asyncio.run(tracker.flush(10)) is True
    assert set(server.events) == {event_id}


def test_one_tracker_serves_one_loop_after_the_other(server: StandIn, make_async_tracker: Make) -> None:
    tracker = make_async_tracker()
    budget = asyncio.run(tracker.create_budget("Chat", 100))
    assert asyncio.run(tracker.get_budget(budget.id)) == asyncio.run(tracker.get_budget(budget.id))
    asyncio.run(tracker.close())


def test_closing_leaves_on_disk_what_cannot_be_sent(server: StandIn, make_async_tracker: Make, folder: Path) -> None:
    server.stop()

    async def use() -> list[str]:
        async with make_async_tracker() as tracker:
            return [await tracker.record_usage("openai", "gpt-4") for _ in range(30)]

    ids = asyncio.run(use())
    assert {event["id"] for event in lines_in(folder)} == set(ids)

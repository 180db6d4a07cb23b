"""AsyncCostTracker: budgets and usage, for programs on an event loop."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

from llm_cost_ops import calls
from llm_cost_ops.backoff import Backoff
from llm_cost_ops.money import Money
from llm_cost_ops.recorder import Recorder
from llm_cost_ops.records import Limits
from llm_cost_ops.results import Budget, BudgetStatus, Forecast, Id, ScenarioForecast
from llm_cost_ops.sender import OnRejected
from llm_cost_ops.transport import AsyncTransport

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from llm_cost_ops.calls import BudgetOptions
    from llm_cost_ops.events import Usage


class AsyncCostTracker:
    """CostTracker with coroutines as methods. Usage goes out by the same background threads, off the loop."""

    def __init__(
        self,
        api_key: str | None = None,
        endpoint: str | None = None,
        *,
        spool_dir: str | os.PathLike[str] | None = None,
        timeout: float = 10.0,
        close_timeout: float = 5.0,
        on_rejected: OnRejected | None = None,
        backoff: Backoff | None = None,
        limits: Limits | None = None,
    ) -> None:
        """Takes what CostTracker takes."""
        self._recorder = Recorder(
            api_key,
            endpoint,
            spool_dir=spool_dir,
            timeout=timeout,
            close_timeout=close_timeout,
            on_rejected=on_rejected,
            backoff=backoff,
            limits=limits,
        )
        self._transport = AsyncTransport(self._recorder._wire, self._recorder._backoff)

    def __repr__(self) -> str:
        return f"AsyncCostTracker(endpoint={self._recorder._wire.endpoint!r})"

    async def create_budget(self, name: str, amount: Money, **options: Unpack[BudgetOptions]) -> Budget:
        """As CostTracker.create_budget."""
        return await self._transport.ask(calls.create_budget(name, amount, **options))

    async def get_budget(self, budget_id: Id) -> Budget:
        """As CostTracker.get_budget."""
        return await self._transport.ask(calls.get_budget(budget_id))

    async def get_budget_status(self, budget_id: Id) -> BudgetStatus:
        """As CostTracker.get_budget_status."""
        return await self._transport.ask(calls.get_budget_status(budget_id))

    async def get_forecast(
        self,
        project_id: str | None = None,
        budget_id: Id | None = None,
        forecast_period: str = "month",
        confidence: Money = 0.95,
    ) -> Forecast:
        """As CostTracker.get_forecast."""
        return await self._transport.ask(calls.get_forecast(project_id, budget_id, forecast_period, confidence))

    async def forecast_scenarios(
        self,
        project_id: str | None = None,
        budget_id: Id | None = None,
        scenarios: Sequence[Mapping[str, Any]] = (),
        confidence: Money = 0.95,
        forecast_period: str = "month",
    ) -> list[ScenarioForecast]:
        """As CostTracker.forecast_scenarios."""
        asked = calls.forecast_scenarios(project_id, budget_id, scenarios, confidence, forecast_period)
        return (await self._transport.ask(asked)).results

    async def record_usage(self, provider: str, model: str, **usage: Unpack[Usage]) -> str:
        """As CostTracker.record_usage. It does not wait for the server: the event is queued when this returns."""
        return self._recorder.record_usage(provider, model, **usage)

    async def flush(self, timeout: float | None = None) -> bool:
        """As CostTracker.flush; the loop goes on meanwhile, and no thread waits."""
        try:
            return await asyncio.wait_for(asyncio.wrap_future(self._recorder._courier.settled()), timeout)
        except asyncio.TimeoutError:
            return False

    async def close(self, timeout: float | None = None) -> None:
        """As CostTracker.close; the loop goes on meanwhile."""
        await asyncio.get_running_loop().run_in_executor(None, self._recorder._courier.close, timeout)
        await self._transport.close()

    async def __aenter__(self) -> AsyncCostTracker:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

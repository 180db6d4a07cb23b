"""CostTracker: budgets and usage, for programs that block."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any

from llm_cost_ops import calls
from llm_cost_ops.calls import Day, Scope
from llm_cost_ops.money import Money
from llm_cost_ops.recorder import Recorder
from llm_cost_ops.results import Budget, BudgetStatus, Forecast, Id, ScenarioForecast


class CostTracker(Recorder):
    """The client of a CostOps server. Make one and keep it: it may be shared by threads and survives a fork.

    Calls raise ApiError (and its kinds) when the server refuses and UnavailableError when it gives no answer.
    """

    def create_budget(
        self,
        name: str,
        amount: Money,
        *,
        period: str = "monthly",
        scope: Scope = "company-wide",
        parent_budget: Id | None = None,
        alerts: Sequence[Mapping[str, Any]] | None = None,
        currency: str | None = None,
        starts_on: Day | None = None,
        ends_on: Day | None = None,
        anchor: int | None = None,
        amounts: Mapping[str, Money] | None = None,
        rollover: bool | None = None,
        owner: str | None = None,
        idempotency_key: str | None = None,
    ) -> Budget:
        """Makes a budget of `amount`, in the company's currency, for each `period`.

        `period` is daily, weekly, monthly, quarterly, yearly or custom. `scope` names the usage that it is charged
        for: "company-wide", or lists of projects, environments, departments, teams, users, providers, models, and
        tags. `alerts` are `{"threshold": 0.8, "channels": ["email"]}`, the threshold as a share of the amount.
        `starts_on` and `ends_on` are days, both inside; `anchor` is where the periods begin; `amounts` are planned
        amounts by the day that a period begins. A call that got no answer is tried again and makes one budget only,
        by an Idempotency-Key: bring your own to be safe across processes too.
        """
        return self._transport.ask(
            calls.create_budget(
                name,
                amount,
                period=period,
                scope=scope,
                parent_budget=parent_budget,
                alerts=alerts,
                currency=currency,
                starts_on=starts_on,
                ends_on=ends_on,
                anchor=anchor,
                amounts=amounts,
                rollover=rollover,
                owner=owner,
                idempotency_key=idempotency_key,
            )
        )

    def get_budget(self, budget_id: Id) -> Budget:
        """A budget as it is now. Raises NotFoundError when there is none that this key may see."""
        return self._transport.ask(calls.get_budget(budget_id))

    def get_budget_status(self, budget_id: Id) -> BudgetStatus:
        """What is spent, reserved and left in the current period, and where it is heading."""
        return self._transport.ask(calls.get_budget_status(budget_id))

    def get_forecast(
        self,
        project_id: str | None = None,
        budget_id: Id | None = None,
        forecast_period: str = "month",
        confidence: Money = 0.95,
    ) -> Forecast:
        """Where a project or a budget is heading, day by day, with an amount to agree on for the next period.

        A budget for exactly the project answers for it, else all usage of it that the key's user may see, in the open
        `forecast_period` (day, week, month, quarter or year). A budget has its own period. `confidence` is a share
        from 0.5 to 0.99: how sure the band is. Raises NotFoundError where there is nothing to see of either.
        """
        return self._transport.ask(calls.get_forecast(project_id, budget_id, forecast_period, confidence))

    def forecast_scenarios(
        self,
        project_id: str | None = None,
        budget_id: Id | None = None,
        scenarios: Sequence[Mapping[str, Any]] = (),
        confidence: Money = 0.95,
        forecast_period: str = "month",
    ) -> list[ScenarioForecast]:
        """Where it would be heading if something changed from now on: up to 20 scenarios, answered in their order.

        Each has a `name` and `assumptions`: "current_rate", or a mapping with any of `growth_rate` (a month: 0.1 is
        10%), `model_switch` ({"from": "gpt-4", "to": "gpt-3.5-turbo", "share": 1}), `cost_reduction` (0.3 is 30% of
        what is to come), `additional_requests` with `average_cost`, and `budget_amount`, another limit.
        """
        asked = calls.forecast_scenarios(project_id, budget_id, scenarios, confidence, forecast_period)
        return self._transport.ask(asked).results

    def flush(self, timeout: float | None = None) -> bool:
        """Waits until the server has all that was recorded before, here or by a process that ended early.

        True when nothing of it waits any more; False when `timeout` (seconds) passes first, or at once when the
        server refuses this tracker's usage altogether or the system has no thread to send it with. Nothing is lost
        then: it stays on disk, and the next call tries again. Events that the server rejects one by one do not wait;
        they are told to `on_rejected`.
        """
        return self._courier.flush(timeout)

    def close(self, timeout: float | None = None) -> None:
        """Sends what it can within `timeout` (seconds; `close_timeout` by default), and leaves the rest on disk.

        Happens by itself when the process ends. What is recorded afterwards goes to disk, for the next process.
        """
        self._courier.close(timeout)

    def __enter__(self) -> CostTracker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

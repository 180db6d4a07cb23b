"""What a forecast is asked of: a budget, or a project, whose budget speaks for it where it has one of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from budgets.domain.charged import charged_to
from budgets.domain.periods import Schedule
from budgets.domain.status import Status, statuses
from budgets.domain.tree import calendar, schedule_of
from budgets.models import Budget
from forecasting.domain.asking import ask_soon, no_forecast
from forecasting.domain.assumptions import Scenario, ScenarioError
from forecasting.domain.model_switch import book_for, recent_usage, switched
from forecasting.domain.outlook import Outlook, outlook_of
from forecasting.domain.scenarios import Outcome, Switched, edges_of, outcome_of
from forecasting.domain.usage_outlook import outlook_of_usage
from usage.domain.visibility import Seen, everything
from usage.rules import seen_by

KINDS = {"day": "daily", "week": "weekly", "month": "monthly", "quarter": "quarterly", "year": "yearly"}


class NothingKnown(LookupError):
    """There is no usage of a project, and no budget for it, that the person may see."""


@dataclass(frozen=True)
class Subject:
    """A budget or a project, as somebody sees it, with its outlook."""

    user: Any
    outlook: Outlook
    schedule: Schedule
    status: Status | None = None
    project: str | None = None

    @property
    def budget(self) -> Budget | None:
        """The budget, where it is one."""
        return self.status.budget if self.status else None

    def usage(self) -> tuple[Seen, Mapping[str, tuple[str, ...]]]:
        """The usage that it is about: what the budget is charged for, or what the person sees of the project."""
        if self.budget is not None:
            return everything().part(charged_to([self.budget.pk])), {}
        return seen_by(self.user), {"project": (self.project or "",)}


def of_budget(user: Any, budget: Budget, confidence: Decimal, now: datetime) -> Subject:
    """A budget that the person may see. One that was never forecast is, soon; until then the simple method answers."""
    status = statuses([budget], now)[budget.pk]
    return Subject(user, outlook_for(status, confidence, now), schedule_of(budget), status=status)


def outlook_for(status: Status, confidence: Decimal, now: datetime) -> Outlook:
    """The outlook of a budget. Where the simple method answers, a forecast is asked for, or `fallback` says why not."""
    outlook = outlook_of(status, confidence)
    if outlook.made_at is not None or outlook.at_rest:
        return outlook
    reason = no_forecast(status, now)
    if not reason:
        ask_soon()
    return replace(outlook, fallback=reason)


def of_project(user: Any, project: str, period: str, confidence: Decimal, now: datetime) -> Subject:
    """A project in the open `period`, one of KINDS. Raises NothingKnown.

    A budget for exactly this project answers, one of that period rather than another; without one, all usage of the
    project that the person may see.
    """
    kind = KINDS[period]
    if (budget := _budget_of(user, project, kind, now)) is not None:
        return of_budget(user, budget, confidence, now)
    if not seen_by(user).label_sets.filter(project=project).exists():
        raise NothingKnown
    outlook = outlook_of_usage(user, {"projects": [project]}, kind, confidence, now)
    return Subject(user, outlook, Schedule(kind, None, None, None, calendar()), project=project)


def _budget_of(user: Any, project: str, kind: str, now: datetime) -> Budget | None:
    """The visible live budget for all of a project and nothing else, whose time it is."""
    found = Budget.objects.visible_to(user).live().filter(scope={"projects": [project]}).order_by("pk")
    budgets = [budget for budget in found.select_related("owner", "parent") if schedule_of(budget).period_at(now)]
    return min(budgets, key=lambda budget: budget.period != kind, default=None)


def compare(subject: Subject, scenarios: Sequence[Scenario]) -> list[Outcome]:
    """What each scenario comes to, in their order. Raises ScenarioError, with the place of the scenario at fault,
    or with `budget_id` where there is nothing that could change.

    Two queries where models are switched, whatever the number of scenarios; none otherwise.
    """
    outlook = subject.outlook
    if outlook.at_rest and any(scenario.assumptions.changes_spend for scenario in scenarios):
        raise ScenarioError({"budget_id": [f"{outlook.words} A scenario changes what is still to come."]})
    edges = edges_of(outlook)
    switches = [scenario.assumptions.model_switch for scenario in scenarios]
    recent = recent_usage(*subject.usage(), outlook.at) if any(switches) else []
    book = book_for(subject.user) if any(switches) else None
    found, errors = [], {}
    for place, (scenario, switch) in enumerate(zip(scenarios, switches, strict=True)):
        try:
            by = switched(switch, recent, book, outlook.at) if switch and book else Switched()
            found.append(outcome_of(outlook, edges, scenario, by))
        except ScenarioError as error:
            errors.update({f"scenarios.{place}.{field}": said for field, said in error.fields.items()})
    if errors:
        raise ScenarioError(errors)
    return found

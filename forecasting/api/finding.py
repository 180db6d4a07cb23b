"""Of what a request asks a forecast: exactly one budget or project that the caller may see."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any

from rest_framework.exceptions import NotFound, ValidationError

from budgets.api.finding import find
from budgets.domain.projection import CONFIDENCE
from forecasting.domain.assumptions import ScenarioError
from forecasting.domain.confidence import ConfidenceError, confidence_of
from forecasting.domain.subjects import NothingKnown, Subject, of_budget, of_project
from wire.queries import Query

ONE_OF_THEM = "Name a budget by budget_id or a project by project_id, one of them."
NO_USAGE = "There is no usage of this project, and no budget for it, that you may see."


def subject_of(
    user: Any, budget_id: int | None, project_id: str | None, period: str, confidence: Decimal, now: datetime
) -> Subject:
    """The budget or the project. Raises ValidationError unless it is one of them, NotFound where nothing is seen."""
    if (budget_id is None) == (project_id is None):
        raise ValidationError({"budget_id" if budget_id is not None else "project_id": [ONE_OF_THEM]})
    if budget_id is not None:
        return of_budget(user, find(user, budget_id), confidence, now)
    try:
        return of_project(user, project_id or "", period, confidence, now)
    except NothingKnown:
        raise NotFound(NO_USAGE) from None


def confidence_in(query: Query) -> Decimal:
    """How sure the band is that a request asks for; notes what is wrong with it."""
    text = query.text("confidence")
    if text is None:
        return CONFIDENCE
    try:
        return confidence_of(text)
    except ConfidenceError as error:
        query.refuse("confidence", str(error))
        return CONFIDENCE


@contextmanager
def told() -> Iterator[None]:
    """Turns scenarios that the domain refuses into errors of their fields."""
    try:
        yield
    except ScenarioError as error:
        raise ValidationError(error.fields) from None

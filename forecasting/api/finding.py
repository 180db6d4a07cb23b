"""Of what a request asks a forecast: exactly one budget or project that the caller may see."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any

from rest_framework.exceptions import NotFound, ValidationError

from budgets.api.finding import find
from forecasting.api.fields import NOT_SURE
from forecasting.domain.assumptions import ScenarioError, number_in
from forecasting.domain.subjects import LEAST_SURE, MOST_SURE, NothingKnown, Subject, of_budget, of_project
from wire.queries import Query

CONFIDENCE = Decimal("0.95")
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
    found = number_in(text)
    if found is None or not LEAST_SURE <= found <= MOST_SURE:
        query.refuse("confidence", NOT_SURE)
        return CONFIDENCE
    return found


@contextmanager
def told() -> Iterator[None]:
    """Turns scenarios that the domain refuses into errors of their fields."""
    try:
        yield
    except ScenarioError as error:
        raise ValidationError(error.fields) from None

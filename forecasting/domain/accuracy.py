"""How good forecasts were, in words and by budget: what the scores of ended periods say to who agrees on amounts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import Avg, Count, F, FloatField, Q
from django.db.models.functions import Abs, Cast, NullIf
from django.db.models.query import QuerySet

from budgets.models import Budget
from forecasting.domain.scoring import AtLead
from forecasting.models import ForecastScore

TOLD = 14
"""The lead in days of which one sentence tells, or the nearest below it."""
NAMES = {
    1: "On the last day",
    3: "Three days ahead",
    7: "A week ahead",
    14: "Two weeks ahead",
    21: "Three weeks ahead",
    28: "Four weeks ahead",
    60: "Two months ahead",
    90: "Three months ahead",
    180: "Half a year ahead",
    365: "A year ahead",
}


def lead_name(lead: int) -> str:
    """A lead of `scoring.LEADS` in words."""
    return NAMES.get(lead, f"{lead} days ahead")


def percents(share: float) -> str:
    """A share of 1 in percent, to a tenth: "4.1%"."""
    return f"{share * 100:,.1f}%"


def times_inside(found: AtLead) -> int:
    """How many of these forecasts had the truth inside their 95 % band."""
    return round(found.inside_95 * found.forecasts)


def sentence(leads: list[AtLead]) -> str:
    """The one thing to know: how far off two weeks ahead, or nearest to that; "" where nothing was scored."""
    known = [found for found in leads if found.error is not None]
    if not known:
        return ""
    found = min(known, key=lambda one: (one.lead > TOLD, abs(one.lead - TOLD)))
    count, error = found.forecasts, percents(found.error or 0)
    if count == 1:
        side = "inside" if found.inside_95 else "outside"
        return f"{lead_name(found.lead)}, the total was {error} off, {side} the 95% band."
    inside = f"{times_inside(found)} of {count} times inside the 95% band"
    return f"{lead_name(found.lead)}, the total was {error} off on average; {inside}."


def scores_seen(user: Any) -> QuerySet[ForecastScore]:
    """The scores of the budgets that someone may see."""
    return ForecastScore.objects.filter(budget__in=Budget.objects.visible_to(user).order_by().values("pk"))


def made_afterwards(scores: QuerySet[ForecastScore]) -> int:
    """How many of these are of forecasts that were made afterwards, from what was known then."""
    return scores.filter(forecast__backtested=True).count()


def by_budget(scores: QuerySet[ForecastScore]) -> QuerySet[Any, Any]:
    """Each budget's id and name, how many forecasts were scored, `error` and `bias` as shares of what was spent, and
    the share `inside` the 95 % band; those that were farthest off first.
    """
    off = Cast(F("projected") - F("actual"), FloatField()) / NullIf(Cast(F("actual"), FloatField()), 0.0)
    grouped = scores.order_by().values("budget_id", name=F("budget__name"))
    found = grouped.annotate(
        forecasts=Count("pk"),
        periods=Count("period_ends", distinct=True),
        error=Avg(Abs(off)),
        bias=Avg(off),
        hits=Count("pk", filter=Q(inside_95=True)),
    )
    return found.filter(error__isnull=False).order_by("-error", "budget_id")


def as_share(value: float | None) -> Decimal | None:
    """A float as a share for templates."""
    return None if value is None else Decimal(repr(value))

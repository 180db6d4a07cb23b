"""How good forecasts were: a budget's, for the card on its page, and the whole company's, a page."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from budgets.models import Budget
from budgets.views.tabs import A_PAGE
from forecasting.domain.accuracy import as_share, by_budget, lead_name, made_afterwards, scores_seen, sentence
from forecasting.domain.scoring import AtLead, by_lead, overall
from forecasting.models import ForecastScore
from forecasting.views.tabs import tabs
from wire.transactions import one_snapshot

PLACE = "forecasts:accuracy"


class LeadRow(NamedTuple):
    """How good forecasts of a lead were; shares of 1, and the width of the bar of its error."""

    name: str
    forecasts: int
    error: Decimal | None
    bias: Decimal | None
    inside_80: Decimal | None
    inside_95: Decimal | None
    width: str


def accuracy_of(budget: Budget) -> dict[str, Any]:
    """What a budget's page says of its own forecasts."""
    scores = ForecastScore.objects.filter(budget=budget)
    leads = by_lead(scores)
    return {
        "leads": _rows(leads),
        "accuracy": sentence(leads),
        "scored": sum(found.forecasts for found in leads),
        "afterwards": made_afterwards(scores) if leads else 0,
    }


@login_required
@require_safe
@one_snapshot()
def accuracy(request: HttpRequest) -> HttpResponse:
    """GET /forecasts/accuracy/: over all budgets that the person may see, by lead; and those that were farthest off."""
    scores = scores_seen(request.user)
    leads = by_lead(scores)
    everything = overall(leads)
    page = Paginator(by_budget(scores), A_PAGE).get_page(request.GET.get("page")) if leads else None
    rows = [
        {
            **row,
            "error": as_share(row["error"]),
            "bias": as_share(row["bias"]),
            "inside": Decimal(row["hits"]) / row["forecasts"],
        }
        for row in page or ()
    ]
    context = {
        "section": "forecasts",
        "tabs": tabs(PLACE),
        "leads": _rows(leads),
        "accuracy": sentence(leads),
        "scored": everything.forecasts if everything else 0,
        "afterwards": made_afterwards(scores),
        "overall": _rows([everything])[0] if everything else None,
        "page": page,
        "rows": rows,
    }
    return render(request, "forecasts/accuracy.html", context)


def _rows(leads: list[AtLead]) -> list[LeadRow]:
    most = max((found.error or 0 for found in leads), default=0)
    return [
        LeadRow(
            lead_name(found.lead),
            found.forecasts,
            as_share(found.error),
            as_share(found.bias),
            as_share(found.inside_80),
            as_share(found.inside_95),
            f"{100 * (found.error or 0) / most if most else 0:.1f}%",
        )
        for found in leads
    ]

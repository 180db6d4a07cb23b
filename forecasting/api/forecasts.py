"""Forecasts and scenarios: budgets/{id}/forecast/, forecasts/ and forecasts/scenarios/."""

from __future__ import annotations

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.domain.scopes import BUDGETS_READ
from budgets.api.finding import find
from budgets.domain.projection import CONFIDENCE
from forecasting.api.answers import forecast_answer, outcomes_answer
from forecasting.api.fields import (
    SURE,
    ForecastSerializer,
    OutcomesSerializer,
    ScenariosRequestSerializer,
)
from forecasting.api.finding import confidence_in, subject_of, told
from forecasting.domain.assumptions import scenarios_in
from forecasting.domain.confidence import LEAST_SURE, MOST_SURE
from forecasting.domain.subjects import KINDS, compare, of_budget
from wire.openapi import error_response
from wire.queries import Query

ASKED_SURE = OpenApiParameter(
    "confidence",
    {"type": "number", "minimum": float(LEAST_SURE), "maximum": float(MOST_SURE), "default": float(CONFIDENCE)},
    description=SURE,
)
SEED = OpenApiExample(
    "A feature to launch, and an optimization",
    request_only=True,
    value={
        "project_id": "production",
        "scenarios": [
            {"name": "Current Trajectory", "assumptions": "current_rate"},
            {"name": "With New Feature", "assumptions": {"additional_requests": 10000, "average_cost": 0.05}},
            {"name": "After Optimization", "assumptions": {"cost_reduction": 0.3}},
        ],
    },
)


class BudgetForecast(APIView):
    """Where one budget is heading."""

    needs = {"GET": BUDGETS_READ}

    @extend_schema(
        operation_id="budgets_forecast",
        summary="Read a budget's forecast",
        description="Of the open period, day by day, with a band and an amount to agree on for the next one. A budget "
        "that was never forecast is answered at once by the simple method, and forecast soon "
        "unless `fallback` says why not.",
        parameters=[ASKED_SURE],
        responses=ForecastSerializer,
        tags=["forecasts"],
    )
    def get(self, request: Request, pk: int) -> Response:
        """The outlook of the open period."""
        budget = find(request.user, pk)
        query = Query(request.query_params, ["confidence"])
        confidence = confidence_in(query)
        query.checked()
        return Response(forecast_answer(of_budget(request.user, budget, confidence, timezone.now())))


class Forecasts(APIView):
    """Where a budget or a project is heading."""

    needs = {"GET": BUDGETS_READ}

    @extend_schema(
        operation_id="forecasts_read",
        summary="Read the forecast of a project or a budget",
        description="A budget whose scope is exactly the project answers for it, preferably one of the period asked "
        "for; without one, all usage of the project that the caller may see, in that period of the calendar.",
        parameters=[
            OpenApiParameter("project_id", str, description="The project; or name a budget."),
            OpenApiParameter("budget_id", int, description="The budget; or name a project."),
            OpenApiParameter("forecast_period", str, enum=list(KINDS), description="Of a project. Default: month."),
            ASKED_SURE,
        ],
        responses={200: ForecastSerializer, 404: error_response(404)},
        tags=["forecasts"],
    )
    def get(self, request: Request) -> Response:
        """The outlook of the open period."""
        query = Query(request.query_params, ["project_id", "budget_id", "forecast_period", "confidence"])
        budget_id, project_id = query.number("budget_id"), query.text("project_id")
        period = query.choice("forecast_period", KINDS) or "month"
        confidence = confidence_in(query)
        query.checked()
        subject = subject_of(request.user, budget_id, project_id, period, confidence, timezone.now())
        return Response(forecast_answer(subject))


class Scenarios(APIView):
    """What would come of it if something changed."""

    needs = {"POST": BUDGETS_READ}

    @extend_schema(
        operation_id="forecasts_scenarios",
        summary="Compare scenarios",
        description="Works out where the open period would be heading. Only what is still to come changes. Assumptions "
        "of one scenario apply in this order: growth_rate, model_switch, cost_reduction, then the additional requests "
        "on top. Nothing is kept.",
        request=ScenariosRequestSerializer,
        responses={200: OutcomesSerializer, 404: error_response(404)},
        examples=[SEED],
        tags=["forecasts"],
    )
    def post(self, request: Request) -> Response:
        """What each scenario comes to, in the order in which they were sent."""
        wanted = ScenariosRequestSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        asked = wanted.validated_data
        with told():
            scenarios = scenarios_in(asked["scenarios"])
        subject = subject_of(
            request.user,
            asked.get("budget_id"),
            asked.get("project_id"),
            asked["forecast_period"],
            asked["confidence"],
            timezone.now(),
        )
        with told():
            outcomes = compare(subject, scenarios)
        return Response(outcomes_answer(subject, outcomes))

"""Scenarios that are kept: budgets/{id}/scenario-sets/ and scenario-sets/{id}/."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.domain.scopes import BUDGETS_READ, BUDGETS_WRITE
from budgets.api.finding import find
from forecasting.api.answers import set_answer
from forecasting.api.fields import ScenarioSetRequestSerializer, ScenarioSetSerializer
from forecasting.api.finding import told
from forecasting.domain import saved_sets
from forecasting.domain.assumptions import Scenario, scenarios_in
from forecasting.models import ScenarioSet
from wire.idempotency import idempotent
from wire.openapi import PAGE_PARAMETERS, page_of
from wire.pagination import PARAMETERS, Keyset
from wire.queries import Query

EXAMPLE = OpenApiExample(
    "What a launch would take",
    request_only=True,
    value={
        "name": "Launch in spring",
        "scenarios": [
            {"name": "As it goes", "assumptions": "current_rate"},
            {"name": "With the launch", "assumptions": {"additional_requests": 10000, "average_cost": 0.05}},
        ],
    },
)


class BudgetScenarioSets(APIView):
    """The scenarios that are kept of one budget."""

    needs = {"GET": BUDGETS_READ, "POST": BUDGETS_WRITE}

    @extend_schema(
        operation_id="scenario_sets_list",
        summary="List a budget's saved scenarios",
        parameters=PAGE_PARAMETERS,
        responses=page_of(ScenarioSetSerializer, "ScenarioSet"),
        tags=["forecasts"],
    )
    def get(self, request: Request, pk: int) -> Response:
        """A page of sets, by name."""
        budget = find(request.user, pk)
        Query(request.query_params, PARAMETERS).checked()
        page = Keyset(request, 1)
        rows = saved_sets.sets_of(budget)
        if page.position is not None:
            rows = rows.filter(**{f"name__{'lt' if page.backwards else 'gt'}": page.position[0] or ""})
        found = rows.order_by("-name" if page.backwards else "name")[: page.size + 1]
        return Response(page.answer(list(found), lambda row: [row.name], set_answer))

    @extend_schema(
        operation_id="scenario_sets_create",
        summary="Save scenarios",
        description="Whoever sees the budget may save scenarios of it; whoever sees it reads them.",
        request=ScenarioSetRequestSerializer,
        responses={201: ScenarioSetSerializer},
        examples=[EXAMPLE],
        tags=["forecasts"],
    )
    @idempotent
    def post(self, request: Request, pk: int) -> Response:
        """A new set."""
        budget = find(request.user, pk)
        with told():
            made = saved_sets.keep(budget, request.user, *_wanted(request), timezone.now())
        return Response(set_answer(made), status=201)


class ScenarioSetDetail(APIView):
    """Scenarios that are kept."""

    needs = {"GET": BUDGETS_READ, "PUT": BUDGETS_WRITE, "DELETE": BUDGETS_WRITE}

    @extend_schema(
        operation_id="scenario_sets_read",
        summary="Read saved scenarios",
        description="As they were asked; send them to forecasts/scenarios/ for figures.",
        responses=ScenarioSetSerializer,
        tags=["forecasts"],
    )
    def get(self, request: Request, pk: UUID) -> Response:
        """The set."""
        return Response(set_answer(_find(request, pk)))

    @extend_schema(
        operation_id="scenario_sets_replace",
        summary="Change saved scenarios",
        description="By who saved them, or who may change the budget.",
        request=ScenarioSetRequestSerializer,
        responses=ScenarioSetSerializer,
        examples=[EXAMPLE],
        tags=["forecasts"],
    )
    def put(self, request: Request, pk: UUID) -> Response:
        """The set as it then is."""
        found = _find_own(request, pk)
        try:
            with told():
                saved_sets.change(found, *_wanted(request), timezone.now())
        except saved_sets.Deleted:
            raise NotFound from None
        return Response(set_answer(found))

    @extend_schema(
        operation_id="scenario_sets_delete",
        summary="Delete saved scenarios",
        description="By who saved them, or who may change the budget.",
        responses={204: None},
        tags=["forecasts"],
    )
    def delete(self, request: Request, pk: UUID) -> Response:
        """Nothing any more."""
        _find_own(request, pk).delete()
        return Response(status=204)


def _find(request: Request, pk: UUID) -> ScenarioSet:
    found = saved_sets.find_set(request.user, pk)
    if found is None:
        raise NotFound
    return found


def _find_own(request: Request, pk: UUID) -> ScenarioSet:
    found = _find(request, pk)
    if not saved_sets.may_change(request.user, found):
        raise PermissionDenied(saved_sets.NOT_YOURS)
    return found


def _wanted(request: Request) -> tuple[str, list[Scenario]]:
    wanted: dict[str, Any] = _checked(request)
    return wanted["name"], scenarios_in(wanted["scenarios"])


def _checked(request: Request) -> dict[str, Any]:
    wanted = ScenarioSetRequestSerializer(data=request.data)
    wanted.is_valid(raise_exception=True)
    checked: dict[str, Any] = wanted.validated_data
    return checked

"""How budgets stand: budgets/{id}/status/, budgets/{id}/periods/ and the whole tree in one call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.domain.scopes import BUDGETS_READ
from budgets.api.answers import crossings_of, shown_with, status_answer
from budgets.api.fields import PeriodSerializer, StatusSerializer, TreeSerializer
from budgets.api.finding import find
from budgets.domain.corrections import Correction, corrections_of
from budgets.domain.outline import Entry, outline
from budgets.domain.periods import PeriodError
from budgets.domain.status import statuses
from budgets.domain.timeline import Line, timeline
from wire.money import exact
from wire.openapi import PAGE_PARAMETERS, page_of
from wire.pagination import BAD_CURSOR, PARAMETERS, Keyset
from wire.queries import Query
from wire.times import rfc3339
from wire.transactions import one_snapshot


class BudgetStatus(APIView):
    """How one budget stands."""

    needs = {"GET": BUDGETS_READ}

    @extend_schema(
        operation_id="budgets_status",
        summary="Read a budget's status",
        parameters=[
            OpenApiParameter(
                "at",
                {"type": "string", "example": "2025-03-01T09:30:00Z"},
                description="An instant in the past, RFC 3339 or a date; counts what was spent until its hour.",
            )
        ],
        responses=StatusSerializer,
        tags=["budgets"],
    )
    def get(self, request: Request, pk: int) -> Response:
        """The figures of the period in which `at` lies."""
        budget = find(request.user, pk)
        query = Query(request.query_params, ["at"])
        now = timezone.now()
        at = query.instant("at")
        if at is not None and at > now:
            query.refuse("at", "This lies in the future. Choose an instant in the past, or leave it out.")
        query.checked()
        try:
            status = statuses([budget], now, at)[budget.pk]
        except PeriodError as error:
            raise ValidationError({"at": [error.message]}) from None
        return Response(status_answer(status, crossings_of([status])))


class BudgetTree(APIView):
    """All that the caller may see, as a tree."""

    needs = {"GET": BUDGETS_READ}

    @extend_schema(
        operation_id="budgets_tree",
        summary="Read the tree",
        description="Every live budget that the caller may see, with its status, each below its parent. Where a "
        "parent is not the caller's to see, its children are tops.",
        responses=TreeSerializer,
        tags=["budgets"],
    )
    @one_snapshot()
    def get(self, request: Request) -> HttpResponse:
        """The tops, those who spent most first."""
        Query(request.query_params, []).checked()
        laid_out = outline(request.user, timezone.now())
        entries = laid_out.entries
        answers = shown_with(
            [entry.budget for entry in entries.values()],
            {pk: entry.status for pk, entry in entries.items()},
            entries,
        )
        by_id = {answer["id"]: answer for answer in answers}
        body = {"budgets": [_node(entry, by_id) for entry in laid_out.tops]}
        return HttpResponse(msgspec.json.encode(body), content_type="application/json")


def _node(entry: Entry, answers: dict[int, dict[str, Any]]) -> dict[str, Any]:
    return {**answers[entry.budget.pk], "children": [_node(child, answers) for child in entry.children]}


class BudgetPeriods(APIView):
    """One budget's periods."""

    needs = {"GET": BUDGETS_READ}

    @extend_schema(
        operation_id="budgets_periods",
        summary="List a budget's periods",
        description="Past, present and planned, the latest first.",
        parameters=PAGE_PARAMETERS,
        responses=page_of(PeriodSerializer, "Period"),
        tags=["budgets"],
    )
    def get(self, request: Request, pk: int) -> Response:
        """A page of periods."""
        budget = find(request.user, pk)
        Query(request.query_params, PARAMETERS).checked()
        page = Keyset(request, 1)
        lines = timeline(budget, timezone.now())
        if page.position is not None:
            edge = page.position[0]
            keys = [_key_of(line)[0] for line in lines]
            if edge not in keys:
                raise ValidationError(BAD_CURSOR)
            place = keys.index(edge)
            lines = lines[:place][::-1] if page.backwards else lines[place + 1 :]
        lines = lines[: page.size + 1]
        corrections = corrections_of(budget, [line.period for line in lines])
        return Response(page.answer(lines, _key_of, lambda line: _period(line, corrections.get(line.period, []))))


def _key_of(line: Line) -> list[str]:
    return [rfc3339(line.period.starts)]


def _period(line: Line, corrections: Sequence[Correction]) -> dict[str, Any]:
    return {
        "start": rfc3339(line.period.starts),
        "end": rfc3339(line.period.ends),
        "label": line.label,
        "when": line.when.value,
        "amount": exact(line.amount),
        "carried_over": None if line.carried is None else exact(line.carried),
        "spent": exact(line.spent),
        "reserved": exact(line.reserved),
        "requests": line.requests,
        "unpriced_requests": line.unpriced,
        "corrections": [
            {"at": rfc3339(mark.at), "cost_change": exact(mark.cost_change), "reason": mark.reason}
            for mark in corrections
        ],
    }

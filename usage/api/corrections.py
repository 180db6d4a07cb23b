"""reprice-jobs/ and team-departments/: past usage priced anew, and the directory that fills departments in."""

from __future__ import annotations

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.domain.scopes import PRICES_WRITE, USAGE_READ
from usage.api.price_answers import is_dry_run, preview_of
from usage.api.price_documents import JobSerializer, PreviewSerializer, TeamDepartmentSerializer
from usage.api.price_fields import RepriceRequestSerializer, TeamDepartmentRequestSerializer, told
from usage.domain import ground
from usage.domain.agreements import order_repricing
from usage.domain.anew import PREVIEW_MOST, Span, preview
from usage.domain.directory import entries, set_department
from usage.models import RepriceJob
from usage.rules import require_may_set_prices, visible_entries
from wire.idempotency import idempotent
from wire.openapi import PAGE_PARAMETERS, page_of
from wire.pagination import PARAMETERS, CursorPages
from wire.queries import Query

UPGRADE = OpenApiExample(
    "After an update of the price lists",
    request_only=True,
    value={"start": "2025-03-01", "model_pattern": "gpt-5*", "reason": "New list of March", "dry_run": True},
)
MOVE = OpenApiExample(
    "A team that moved",
    request_only=True,
    value={"team": "backend", "department": "engineering", "effective_from": "2025-03-01"},
)


class RepriceJobs(APIView):
    """All repricings."""

    needs = {"GET": USAGE_READ, "POST": PRICES_WRITE}

    @extend_schema(
        operation_id="reprice_jobs_list",
        summary="List repricings",
        description="The only corrections that may lower what was spent, with who wanted them and why. For finance "
        "and admin.",
        parameters=[OpenApiParameter("state", str, enum=RepriceJob.State.values), *PAGE_PARAMETERS],
        responses=page_of(JobSerializer, "RepriceJob"),
        tags=["prices"],
    )
    def get(self, request: Request) -> Response:
        """A page of repricings, the newest first."""
        require_may_set_prices(request.user)
        query = Query(request.query_params, ["state", *PARAMETERS])
        state = query.choice("state", RepriceJob.State.values)
        query.checked()
        rows = RepriceJob.objects.select_related("created_by")
        pages = CursorPages()
        pages.ordering = ("-id",)
        shown = pages.paginate_queryset(rows.filter(state=state) if state else rows, request)
        return pages.get_paginated_response(JobSerializer(shown, many=True).data)

    @extend_schema(
        operation_id="reprice_jobs_create",
        summary="Price past usage anew",
        description="By the prices that hold now for the day of each call. Costs that callers told, and imported "
        "ones, stay. For finance and admin.",
        request=RepriceRequestSerializer,
        parameters=[OpenApiParameter("dry_run", bool, description="The same as in the body.")],
        responses={200: OpenApiResponse(PreviewSerializer, "A dry run: what would change."), 202: JobSerializer},
        examples=[UPGRADE],
        tags=["prices"],
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """The job, or with `dry_run` what it would change."""
        by = require_may_set_prices(request.user)
        wanted = RepriceRequestSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        values, now = dict(wanted.validated_data), timezone.now()
        end = values.get("end") or now
        span = Span(
            values["start"], end, values["provider"], values["model_pattern"], only_unpriced=values["only_unpriced"]
        )
        if end <= span.start:
            raise ValidationError({"end": ["The end must be later than the start."]})
        if is_dry_run(request, values):
            return Response(preview_of(preview(span, ground.current().prices, PREVIEW_MOST)))
        with told():
            job = order_repricing(span, values["reason"], by, now)
        return Response(JobSerializer(job).data, status=202)


class RepriceJobDetail(APIView):
    """One repricing."""

    needs = {"GET": USAGE_READ}

    @extend_schema(
        operation_id="reprice_jobs_retrieve", summary="Read a repricing", responses=JobSerializer, tags=["prices"]
    )
    def get(self, request: Request, pk: int) -> Response:
        """How far it is."""
        require_may_set_prices(request.user)
        job = RepriceJob.objects.select_related("created_by").filter(pk=pk).first() if pk < 2**63 else None
        if job is None:
            raise NotFound
        return Response(JobSerializer(job).data)


class TeamDepartments(APIView):
    """The team directory."""

    needs = {"GET": USAGE_READ, "POST": PRICES_WRITE}

    @extend_schema(
        operation_id="team_departments_list",
        summary="List teams with their departments",
        parameters=[OpenApiParameter("team", str), *PAGE_PARAMETERS],
        responses=page_of(TeamDepartmentSerializer, "TeamDepartment"),
        tags=["prices"],
    )
    def get(self, request: Request) -> Response:
        """A page of entries by team, the latest first."""
        query = Query(request.query_params, ["team", *PARAMETERS])
        team = query.text("team")
        query.checked()
        pages = CursorPages()
        pages.ordering = ("team", "-effective_from")
        seen = visible_entries(request.user)
        shown = pages.paginate_queryset(seen.filter(team=team) if team else seen, request)
        return pages.get_paginated_response(TeamDepartmentSerializer(shown, many=True).data)

    @extend_schema(
        operation_id="team_departments_create",
        summary="Set a team's department",
        description="From a time on, for usage that is posted from now on and names the team but no department. "
        "Usage in the ledger keeps the department that it came with. For finance and admin.",
        request=TeamDepartmentRequestSerializer,
        responses={201: TeamDepartmentSerializer},
        examples=[MOVE],
        tags=["prices"],
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """The entry."""
        by = require_may_set_prices(request.user)
        wanted = TeamDepartmentRequestSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        values, now = wanted.validated_data, timezone.now()
        with told():
            entry = set_department(values["team"], values["department"], values.get("effective_from") or now, by, now)
        return Response(TeamDepartmentSerializer(entries().get(pk=entry.pk)).data, status=201)

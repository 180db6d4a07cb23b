"""price-overrides/ and model-aliases/: agreed, listed, read and ended, each with a dry run."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    PolymorphicProxySerializer,
    extend_schema,
)
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from accounts.domain.scopes import PRICES_WRITE, USAGE_READ
from usage.api.price_answers import is_dry_run, preview_of
from usage.api.price_documents import (
    AliasMadeSerializer,
    AliasSerializer,
    OverrideMadeSerializer,
    OverrideSerializer,
    PreviewSerializer,
)
from usage.api.price_fields import AliasRequestSerializer, EndRequestSerializer, OverrideRequestSerializer, told
from usage.domain.agreements import Agreement, Made, end, preview_end
from usage.domain.aliases import aliases, create_alias, draft_alias, preview_alias
from usage.domain.anew import PREVIEW_MOST
from usage.domain.overrides import create_override, draft_override, overrides, preview_override
from usage.models import ModelAlias, PriceOverride
from usage.rules import require_may_read_contracts, require_may_set_prices, visible_aliases
from wire.idempotency import idempotent
from wire.openapi import PAGE_PARAMETERS, page_of
from wire.pagination import PARAMETERS, CursorPages
from wire.queries import Query

OF_REQUEST = {"dry_run", "reprice", "only_unpriced"}
AT = OpenApiParameter("at", {"type": "string", "example": "2025-03-01"}, description="Only those in force then.")
DRY_RUN = OpenApiParameter("dry_run", bool, description="The same as in the body.")
LIST_PARAMETERS = [AT, *PAGE_PARAMETERS]
PREVIEWED = OpenApiResponse(PreviewSerializer, "A dry run: what past usage would change.")
DISCOUNT = OpenApiExample(
    "15% off",
    request_only=True,
    value={"provider": "openai", "model_pattern": "*", "effective_from": "2025-03-01", "percent_off": 15},
)
FLAT = OpenApiExample(
    "Rates by kind",
    request_only=True,
    value={
        "provider": "azure",
        "model_pattern": "gpt-4o*",
        "effective_from": "2025-03-01",
        "rates": {"input": "2.10", "output": "8.40"},
        "note": "Enterprise agreement 2025",
    },
)
DEPLOYMENT = OpenApiExample(
    "An Azure deployment",
    request_only=True,
    value={"provider": "azure", "pattern": "chat-prod-*", "priced_model": "gpt-4o"},
)


def _or_preview(name: str, made: type[Serializer]) -> PolymorphicProxySerializer:
    """What an end answers: the agreement, or with `dry_run` what would change."""
    return PolymorphicProxySerializer(name, [made, PreviewSerializer], resource_type_field_name=None)


class PriceOverrides(APIView):
    """All contract prices."""

    needs = {"GET": USAGE_READ, "POST": PRICES_WRITE}

    @extend_schema(
        operation_id="price_overrides_list",
        summary="List contract prices",
        description="For finance and admin.",
        parameters=LIST_PARAMETERS,
        responses=page_of(OverrideSerializer, "PriceOverride"),
        tags=["prices"],
    )
    def get(self, request: Request) -> Response:
        """A page of contract prices, the newest first."""
        require_may_read_contracts(request.user)
        return _page(request, overrides(at=_at(request)), OverrideSerializer)

    @extend_schema(
        operation_id="price_overrides_create",
        summary="Agree a contract price",
        description="Rates by kind of token, or a percentage off, for the models that a pattern fits. One that names a "
        "provider beats one for any, then the longer pattern, then the later one. It is never edited: end it, or add "
        "another. Past usage since `effective_from` is priced anew by a job. For finance and admin.",
        request=OverrideRequestSerializer,
        parameters=[DRY_RUN],
        responses={200: PREVIEWED, 201: OverrideMadeSerializer},
        examples=[DISCOUNT, FLAT],
        tags=["prices"],
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """The contract price, or with `dry_run` what it would change."""
        by = require_may_set_prices(request.user)
        wanted = _checked(OverrideRequestSerializer(data=request.data))
        dry_run, now = is_dry_run(request, wanted), timezone.now()
        with told():
            draft = draft_override(**_terms(wanted))
            if dry_run:
                return Response(preview_of(preview_override(draft, now, most=PREVIEW_MOST)))
            made = create_override(draft, by, now, reprice=wanted["reprice"])
        return _made(made, OverrideMadeSerializer, 201)


class PriceOverrideDetail(APIView):
    """One contract price."""

    needs = {"GET": USAGE_READ}

    @extend_schema(
        operation_id="price_overrides_retrieve",
        summary="Read a contract price",
        description="For finance and admin.",
        responses=OverrideSerializer,
        tags=["prices"],
    )
    def get(self, request: Request, pk: int) -> Response:
        """The contract price, ended or not."""
        require_may_read_contracts(request.user)
        return Response(OverrideSerializer(_found(overrides(), pk)).data)


class PriceOverrideEnd(APIView):
    """The end of a contract price."""

    needs = {"POST": PRICES_WRITE}

    @extend_schema(
        operation_id="price_overrides_end",
        summary="End a contract price",
        description="Usage from then on costs the list price again; a job prices what is in the ledger already.",
        request=EndRequestSerializer,
        parameters=[DRY_RUN],
        responses={200: _or_preview("OverrideEnd", OverrideMadeSerializer)},
        tags=["prices"],
    )
    def post(self, request: Request, pk: int) -> Response:
        """The contract price as it then is, or with `dry_run` what its end would change."""
        require_may_set_prices(request.user)
        return _end(request, _found(overrides(), pk), OverrideMadeSerializer)


class ModelAliases(APIView):
    """All aliases."""

    needs = {"GET": USAGE_READ, "POST": PRICES_WRITE}

    @extend_schema(
        operation_id="model_aliases_list",
        summary="List aliases",
        description="All of them for finance and admin; for others those that names in usage that they see fit.",
        parameters=LIST_PARAMETERS,
        responses=page_of(AliasSerializer, "ModelAlias"),
        tags=["prices"],
    )
    def get(self, request: Request) -> Response:
        """A page of aliases, the newest first."""
        return _page(request, visible_aliases(request.user, at=_at(request)), AliasSerializer)

    @extend_schema(
        operation_id="model_aliases_create",
        summary="Add an alias",
        description="Calls whose name fits the pattern cost what the named model costs. Past usage that had no price "
        "is priced by a job. For finance and admin.",
        request=AliasRequestSerializer,
        parameters=[DRY_RUN],
        responses={200: PREVIEWED, 201: AliasMadeSerializer},
        examples=[DEPLOYMENT],
        tags=["prices"],
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """The alias, or with `dry_run` what it would change."""
        by = require_may_set_prices(request.user)
        wanted = _checked(AliasRequestSerializer(data=request.data))
        dry_run, now = is_dry_run(request, wanted), timezone.now()
        only_unpriced = wanted["only_unpriced"]
        with told():
            draft = draft_alias(**_terms(wanted), now=now)
            if dry_run:
                found = preview_alias(draft, now, only_unpriced=only_unpriced, most=PREVIEW_MOST)
                return Response(preview_of(found))
            made = create_alias(draft, by, now, reprice=wanted["reprice"], only_unpriced=only_unpriced)
        return _made(made, AliasMadeSerializer, 201)


class ModelAliasDetail(APIView):
    """One alias."""

    needs = {"GET": USAGE_READ}

    @extend_schema(
        operation_id="model_aliases_retrieve", summary="Read an alias", responses=AliasSerializer, tags=["prices"]
    )
    def get(self, request: Request, pk: int) -> Response:
        """The alias, ended or not."""
        return Response(AliasSerializer(_found(visible_aliases(request.user), pk)).data)


class ModelAliasEnd(APIView):
    """The end of an alias."""

    needs = {"POST": PRICES_WRITE}

    @extend_schema(
        operation_id="model_aliases_end",
        summary="End an alias",
        description="Usage from then on costs what its own name says; what nobody has a price for is unpriced again.",
        request=EndRequestSerializer,
        parameters=[DRY_RUN],
        responses={200: _or_preview("AliasEnd", AliasMadeSerializer)},
        tags=["prices"],
    )
    def post(self, request: Request, pk: int) -> Response:
        """The alias as it then is, or with `dry_run` what its end would change."""
        require_may_set_prices(request.user)
        return _end(request, _found(aliases(), pk), AliasMadeSerializer)


def _checked(serializer: Serializer) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    values: dict[str, Any] = serializer.validated_data
    return values


def _terms(wanted: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in wanted.items() if name not in OF_REQUEST}


def _at(request: Request) -> Any:
    query = Query(request.query_params, ["at", *PARAMETERS])
    at = query.instant("at")
    query.checked()
    return at


def _found(rows: Any, pk: int) -> Agreement:
    found: PriceOverride | ModelAlias | None = rows.filter(pk=pk).first() if pk < 2**63 else None
    if found is None:
        raise NotFound
    return found


def _page(request: Request, rows: Any, serializer: type[Serializer]) -> Response:
    pages = CursorPages()
    pages.ordering = ("-id",)
    shown = pages.paginate_queryset(rows, request)
    return pages.get_paginated_response(serializer(shown, many=True).data)


def _end(request: Request, row: Any, serializer: type[Serializer]) -> Response:
    by = require_may_set_prices(request.user)
    wanted = _checked(EndRequestSerializer(data=request.data if request.data is not None else {}))
    dry_run, now = is_dry_run(request, wanted), timezone.now()
    at = wanted.get("effective_to") or now
    with told():
        if dry_run:
            return Response(preview_of(preview_end(row, at, now, most=PREVIEW_MOST)))
        return _made(end(row, at, by, now, reprice=wanted["reprice"]), serializer, 200)


def _made(made: Made, serializer: type[Serializer], status: int) -> Response:
    made.row.repricing = made.job  # type: ignore[union-attr]
    return Response(serializer(made.row).data, status=status)

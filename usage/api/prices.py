"""prices/: what models cost and why, for all that are in use, for one by name, and for a call."""

from __future__ import annotations

from decimal import Decimal, DecimalException
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.domain.scopes import USAGE_READ
from usage.api.price_answers import card_of
from usage.api.price_documents import PriceSerializer, QuoteSerializer
from usage.api.price_fields import QuoteRequestSerializer
from usage.domain import ground
from usage.domain.calls import Call, check
from usage.domain.price_list import DAYS, InUse, models_in_use
from usage.domain.pricing import LARGEST_COST
from usage.domain.pricing.book import UNPRICED
from usage.domain.tiers import SERVICE_TIERS
from usage.rules import Told, price_told, visible_hours
from wire.money import exact
from wire.openapi import PAGE_PARAMETERS, page_of
from wire.pagination import BAD_CURSOR, PARAMETERS, Keyset
from wire.queries import Query
from wire.times import rfc3339

LONGEST = 400
NO_RATE = "The model has a price, but not for everything that this call used."
TOO_DEAR = f"By this price the call would cost more than {LARGEST_COST:,}, which nobody believes: look at its counts."
LIST_PARAMETERS = [
    OpenApiParameter("model", str, description="The price of this name, in use or not."),
    OpenApiParameter("provider", str, description="Only this provider's models; with `model`, who is called."),
    OpenApiParameter("at", {"type": "string", "example": "2025-03-01"}, description="Prices as of then. Default: now."),
    OpenApiParameter("service_tier", str, enum=SERVICE_TIERS),
    OpenApiParameter("days", {"type": "integer", "minimum": 1, "maximum": LONGEST, "default": DAYS}),
    *PAGE_PARAMETERS,
]
EXAMPLE = OpenApiExample(
    "A call",
    request_only=True,
    value={
        "provider": "azure",
        "model": "gpt-4o",
        "input_tokens": 1200,
        "cached_input_tokens": 1000,
        "output_tokens": 350,
    },
)


class Prices(APIView):
    """What models cost."""

    needs = {"GET": USAGE_READ, "POST": USAGE_READ}

    @extend_schema(
        operation_id="prices_list",
        summary="List prices",
        description="Every name that visible usage of the last days came with, with its price: first those with "
        "requests that nobody has a price for, then the dearest. With `model`, the price of that one name. A contract "
        "price is told to finance and admin alone: `price` is null for others, and `why` says so.",
        parameters=LIST_PARAMETERS,
        responses=page_of(PriceSerializer, "Price"),
        tags=["prices"],
    )
    def get(self, request: Request) -> Response:
        """A page of names with their prices."""
        query = Query(request.query_params, ["model", "provider", "at", "service_tier", "days", *PARAMETERS])
        provider, model = query.text("provider"), query.text("model")
        at, tier, days = query.instant("at"), query.choice("service_tier", SERVICE_TIERS), query.number("days")
        if days is not None and not 1 <= days <= LONGEST:
            query.refuse("days", f"Choose a number from 1 to {LONGEST}.")
        query.checked()
        now = timezone.now()
        page = Keyset(request, 4)
        rows = visible_hours(request.user)
        if provider is not None:
            rows = rows.filter(attribution__provider=provider)
        if model is not None:
            rows = rows.filter(attribution__model=model)
        found = models_in_use(rows, now, days or DAYS)
        if model is not None and provider is None:
            found = [_together(model, found)]
        elif model is not None:
            found = found or [InUse(provider, model, 0, Decimal(0), 0, None, None)]
        book = ground.current().prices

        def told(row: InUse) -> Told:
            return price_told(request.user, book, row.provider, row.model, at or now, tier or "default")

        return Response(page.answer(_on_page(found, page), _key, lambda row: _shown(row, told(row))))

    @extend_schema(
        operation_id="prices_quote",
        summary="Price a call",
        description="What one call would cost, and why. Nothing is written. What it costs by a contract price is "
        "told to finance and admin alone.",
        request=QuoteRequestSerializer,
        responses=QuoteSerializer,
        examples=[EXAMPLE],
        tags=["prices"],
    )
    def post(self, request: Request) -> Response:
        """The cost and the price that it comes from."""
        wanted = QuoteRequestSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        values = dict(wanted.validated_data)
        now = timezone.now()
        at = values.pop("at", None) or now
        call = Call(**{**values, "provider": values["provider"] or None})
        if errors := check(call, now, Decimal(0)):
            raise ValidationError(errors)
        book = ground.current().prices
        priced = book.price(call.provider, call.model, at, call)
        card, why, withheld = price_told(request.user, book, call.provider, call.model, at, call.service_tier)
        if withheld:
            priced = UNPRICED
        elif card is not None and priced.cost is None:
            why = TOO_DEAR if priced.basis else NO_RATE
        return Response(
            {
                "cost": None if priced.cost is None else exact(priced.cost),
                "price_basis": priced.basis,
                "price": card_of(card),
                "why": why,
            }
        )


def _together(model: str, found: list[InUse]) -> InUse:
    """One row for a name whose provider was not said, with the usage of all who were called by it."""
    times = [row.unpriced_since for row in found if row.unpriced_since]
    used = [row.last_used for row in found if row.last_used]
    return InUse(
        None,
        model,
        sum(row.requests for row in found),
        sum((row.cost for row in found), Decimal(0)),
        sum(row.unpriced for row in found),
        min(times, default=None),
        max(used, default=None),
    )


def _on_page(found: list[InUse], page: Keyset) -> list[InUse]:
    if page.position is None:
        return found[: page.size + 1]
    unpriced, cost, provider, model = page.position
    try:
        edge = (-int(unpriced or 0), -Decimal(cost or 0), provider or "", model or "")
        rows = [row for row in found if (row.order < edge if page.backwards else row.order > edge)]
    except (ValueError, DecimalException):
        raise ValidationError(BAD_CURSOR) from None
    return (rows[::-1] if page.backwards else rows)[: page.size + 1]


def _key(row: InUse) -> list[str | None]:
    return [str(row.unpriced), exact(row.cost), row.provider, row.model]


def _shown(row: InUse, told: Told) -> dict[str, Any]:
    return {
        "provider": row.provider,
        "model": row.model,
        "price": card_of(told.card),
        "why": told.why,
        "requests": row.requests,
        "cost": exact(row.cost),
        "unpriced_requests": row.unpriced,
        "unpriced_since": rfc3339(row.unpriced_since) if row.unpriced_since else None,
        "last_used": rfc3339(row.last_used) if row.last_used else None,
    }

"""Answers about prices: cards, previews, and whether one is asked for."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request

from usage.api.price_documents import PreviewSerializer
from usage.domain.anew import Change, Preview
from usage.domain.price_list import agreements_in
from usage.domain.pricing import Rate, RateCard
from usage.domain.pricing.tokens import UNITS
from wire.money import exact
from wire.queries import Query

MODELS_SHOWN = 200


def is_dry_run(request: Request, wanted: dict[str, Any]) -> bool:
    """Whether the body or the address asks for a dry run."""
    query = Query(request.query_params, ["dry_run"])
    asked = query.flag("dry_run")
    query.checked()
    return bool(asked or wanted["dry_run"])


def card_of(card: RateCard | None) -> dict[str, Any] | None:
    """A price as the API tells it."""
    if card is None:
        return None
    alias, override = agreements_in(card.basis)
    return {
        "provider": card.provider,
        "model": card.model,
        "service_tier": card.service_tier,
        "currency": "USD",
        "rates": {kind: _rate(card.rates[kind], UNITS[kind]) for kind in UNITS if kind in card.rates},
        "basis": card.basis,
        "source": card.source,
        "since": card.since.isoformat() if card.since else None,
        "notes": list(card.notes),
        "override": override,
        "alias": alias,
    }


def _rate(rate: Rate, per: int) -> dict[str, Any]:
    steps = [
        {"above_input_tokens": start, "price": None if price is None else exact(price)} for start, price in rate.steps
    ]
    return {"price": None if rate.base is None else exact(rate.base), "per": per, "steps": steps}


def preview_of(found: Preview) -> dict[str, Any]:
    """What past usage would change, as the API tells it."""
    changes = sorted(found.by_name.items(), key=lambda item: (-abs(item[1].cost_change), -item[1].changed))
    shown: dict[str, Any] = PreviewSerializer(
        {
            "dry_run": True,
            "start": found.span.start,
            "end": found.span.end,
            "expected": found.expected,
            "complete": found.until is None,
            "looked_until": found.until,
            **_change(found.total),
            "models": [
                {"provider": provider, "model": model, **_change(change)}
                for (provider, model), change in changes[:MODELS_SHOWN]
            ],
        }
    ).data
    return shown


def _change(change: Change) -> dict[str, Any]:
    return {**vars(change), "cost_change": change.cost_change}

"""What the tests of prices share: calls of known cost, agreements as they are made, and what the ledger then says."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Sum

from usage.domain import reprice
from usage.domain.agreements import Made
from usage.domain.aliases import create_alias, draft_alias
from usage.domain.anew import Span
from usage.domain.calls import Call
from usage.domain.ingest import Outcome, Post, ingest
from usage.domain.overrides import create_override, draft_override
from usage.models import HourlyUsage, RepriceJob, UsageEvent

NOW = datetime(2025, 11, 19, 16, 12, tzinfo=UTC)
MILLION = 1_000_000


def call(days_ago: float = 0, **fields: Any) -> Call:
    """A call of gpt-4, whose million input tokens cost 30 USD by the list."""
    base = {"id": uuid.uuid4(), "occurred_at": NOW - timedelta(days=days_ago), "provider": "openai", "model": "gpt-4"}
    return Call(**{**base, "input_tokens": MILLION, **fields})


def post(*calls: Call, **fields: Any) -> Outcome:
    """Brings calls into the ledger."""
    return ingest([Post(list(calls), **fields)], NOW)[0]


def agree(days_ago: float, *, reprice: bool = True, **terms: Any) -> Made:
    """A contract price for gpt-4 that began so many days ago."""
    draft = draft_override(**{"model_pattern": "gpt-4", "effective_from": NOW - timedelta(days=days_ago), **terms})
    return create_override(draft, None, NOW, reprice=reprice)


def rename(pattern: str, priced_model: str, *, only_unpriced: bool = True, **terms: Any) -> Made:
    """An alias for all usage ever."""
    return create_alias(
        draft_alias(pattern=pattern, priced_model=priced_model, now=NOW, **terms),
        None,
        NOW,
        only_unpriced=only_unpriced,
    )


def wait_for(span: Span | None = None, **fields: Any) -> RepriceJob:
    """A job that waits."""
    whole = {"start": NOW - timedelta(days=400), "end": NOW + timedelta(days=1)}
    return reprice.new_job(span or Span(**{**whole, **fields}), "because", None, NOW)


def work() -> int:
    """What a worker does when it is called."""
    return reprice.run_waiting(NOW)


def costs() -> list[Decimal]:
    """The cost of each event, by time."""
    return list(UsageEvent.objects.order_by("occurred_at", "id").values_list("cost", flat=True))


def totals() -> tuple[Decimal, Decimal]:
    """What all events cost, and what all hours say."""
    events = UsageEvent.objects.aggregate(total=Sum("cost"))["total"]
    return events, HourlyUsage.objects.aggregate(total=Sum("cost"))["total"]

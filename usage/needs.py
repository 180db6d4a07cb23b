"""What of usage waits for a person: calls that nobody has a price for, and pricing of the past that failed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Min, Sum
from django.urls import reverse
from django.utils.http import urlencode

from accounts.domain.roles import may_set_prices
from usage.domain.underway import failures
from usage.exploring import NONE, Days, Question
from usage.models import HourlyUsage
from wire.days import day_of
from wire.needs import Need, Severity
from wire.templatetags.moments import short_day

MOST = 5
CALLERS = "team"


def needs(user: Any, now: datetime, known: Mapping[str, Any]) -> Iterator[Need]:
    """For those who set prices."""
    if not may_set_prices(user):
        return
    names = ("attribution__provider", "attribution__model")
    rows = HourlyUsage.objects.filter(unpriced__gt=0).order_by().values_list(*names)
    found = sorted(rows.annotate(Sum("unpriced"), Min("hour")), key=lambda row: -row[2])
    models = reverse("usage:models")
    for provider, model, calls, since in found[:MOST]:
        named = f"{model} of {provider}" if model and provider else model or "calls that name no model"
        first, last = (day_of(instant, settings.COSTOPS_ZONE) for instant in (since, now))
        days, labels = Days(first, last, "dates"), {"model": (model or NONE,), "provider": (provider or NONE,)}
        where = f"{models}?{urlencode({'pattern': model or '', 'provider': provider or ''})}#give" if model else models
        yield Need(
            Severity.WARNING,
            f"{calls:,} call{'' if calls == 1 else 's'} without a price",
            f"{named} · since {short_day(first)}, left out of all sums",
            "Set a price",
            where,
            since,
            cause=reverse("usage:explorer") + Question(days, (CALLERS,), labels).address(),
        )
    for job in failures(now):
        yield Need(Severity.WARNING, "Pricing past usage failed", job.reason, "Look", models, job.created_at)

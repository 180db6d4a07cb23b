"""Repricings that are not done: those under way with the names they are about, and failures that still matter."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from usage.domain.pricing import PriceBook
from usage.models import RepriceJob

State = RepriceJob.State
TOLD = timedelta(days=7)


def under_way() -> QuerySet[RepriceJob]:
    """Repricings that wait or run, the newest first."""
    return RepriceJob.objects.filter(state__in=(State.WAITING, State.RUNNING))


def failures(now: datetime) -> QuerySet[RepriceJob]:
    """Repricings that failed in the last seven days and whose usage no later one looked through; the newest first."""
    good = RepriceJob.objects.filter(
        Q(provider="") | Q(provider=OuterRef("provider")),
        Q(model_pattern="*") | Q(model_pattern=OuterRef("model_pattern")),
        Q(only_unpriced=False) | Q(only_unpriced=OuterRef("only_unpriced")),
        state=State.DONE,
        start__lte=OuterRef("start"),
        end__gte=OuterRef("end"),
        created_at__gte=OuterRef("created_at"),
        finished_at__gte=OuterRef("finished_at"),
    )
    return RepriceJob.objects.filter(~Exists(good), state=State.FAILED, finished_at__gt=now - TOLD)


def is_being_priced(book: PriceBook, jobs: Iterable[RepriceJob], provider: str | None, model: str | None) -> bool:
    """Whether one of the jobs under way will still look at calls of this name."""
    return any(book.may_concern(job.provider or None, job.model_pattern, provider, model) for job in jobs)

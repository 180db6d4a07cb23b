"""Repricings that are not done: what is told of them, and which names they are about."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import QuerySet

from usage.domain.pricing import PriceBook
from usage.models import RepriceJob

State = RepriceJob.State


def not_done() -> QuerySet[RepriceJob]:
    """Repricings that wait, run or failed, the newest first."""
    return RepriceJob.objects.exclude(state=State.DONE)


def is_being_priced(book: PriceBook, jobs: Iterable[RepriceJob], provider: str | None, model: str | None) -> bool:
    """Whether one of the jobs will still look at calls of this name."""
    return any(
        job.state in (State.WAITING, State.RUNNING)
        and book.may_concern(job.provider or None, job.model_pattern, provider, model)
        for job in jobs
    )

"""Repricing: a span of past events is priced anew as a job, with hourly usage and the books following each step.

This is the one way in which what was spent may fall. Who wanted it and why stands on the job. A job works in small
transactions, beside posts under way, and keeps where it is in the same transaction as what it changed: whatever stops
it, the next process goes on behind the last event that was done, and none is counted twice.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import OperationalError, connection, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from accounts.models import User
from usage.domain import ground
from usage.domain.amend import Amendment, amend
from usage.domain.anew import (
    CHUNK,
    Event,
    Name,
    Place,
    Span,
    Window,
    concerned,
    cost_of,
    hours,
    price_anew,
    read,
    windows,
)
from usage.domain.errors import Refused
from usage.domain.lock import hold_amending, hold_shared
from usage.domain.pricing import PriceBook
from usage.models import Attribution, RepriceJob
from wire.times import rfc3339
from wire.transactions import tried_again

logger = logging.getLogger(__name__)
Progress = Callable[[RepriceJob], None]
State = RepriceJob.State
STALE = timedelta(minutes=2)


class Lost(Exception):
    """Another process has taken the job over."""


def new_job(span: Span, reason: str, by: User | None, now: datetime, *, expected: int = 0) -> RepriceJob:
    """A repricing that waits for a process. `reason` says why; `by` is None for the command line. Raises Refused."""
    if span.start >= span.end:
        raise Refused("end", "The end must be later than the start.")
    if not span.model_pattern.strip():
        raise Refused("model_pattern", "Name a model, or * for all.")
    if not reason.strip():
        raise Refused("reason", "Say why, for those who read of it later.")
    return RepriceJob.objects.create(
        start=span.start,
        end=span.end,
        provider=span.provider.strip(),
        model_pattern=span.model_pattern.strip(),
        only_unpriced=span.only_unpriced,
        reason=reason.strip()[:500],
        events_expected=expected,
        cost_change=Decimal(0),
        created_at=now,
        created_by=by,
    )


def run_waiting(now: datetime) -> int:
    """Works on every job that waits, or whose process is gone, until none is left; returns how many it ended."""
    ended = 0
    for pk in _free().order_by("pk").values_list("pk", flat=True):
        ended += run(pk, now)
    return ended


def run(pk: int, now: datetime, on_progress: Progress | None = None) -> bool:
    """Works on a job to its end. False when it is not free, or another process took it over.

    What goes wrong for good is kept on the job, which then has failed. A database that is away raises, and leaves the
    job to whoever finds that nobody works on it any more.
    """
    claim = uuid.uuid4()
    if not _free().filter(pk=pk).update(state=State.RUNNING, claim=claim, touched_at=Now()):
        return False
    RepriceJob.objects.filter(pk=pk, started_at=None).update(started_at=Now())
    try:
        _work(RepriceJob.objects.get(pk=pk), claim, now, on_progress)
    except Lost:
        return False
    except (KeyboardInterrupt, SystemExit):
        RepriceJob.objects.filter(pk=pk, claim=claim).update(state=State.WAITING, claim=None)
        raise
    except OperationalError:
        raise
    except Exception as error:
        logger.exception("Repricing %s failed.", pk)
        _end(pk, claim, State.FAILED, f"{type(error).__name__}: {error}"[:2000])
        return True
    _end(pk, claim, State.DONE)
    return True


def span_of(job: RepriceJob) -> Span:
    """The events that a job is about."""
    return Span(job.start, job.end, job.provider, job.model_pattern, job.only_unpriced)


def _free() -> QuerySet[RepriceJob]:
    """Jobs that nobody works on: a process that works on one tells so at every step."""
    gone = Q(state=State.RUNNING) & (Q(touched_at=None) | Q(touched_at__lt=Now() - STALE))
    return RepriceJob.objects.filter(Q(state=State.WAITING) | gone)


def _end(pk: int, claim: uuid.UUID, state: RepriceJob.State, error: str = "") -> None:
    RepriceJob.objects.filter(pk=pk, claim=claim).update(state=state, error=error, finished_at=Now(), claim=None)


def _work(job: RepriceJob, claim: uuid.UUID, now: datetime, on_progress: Progress | None) -> None:
    span = span_of(job)
    place = _place(job.cursor)
    rest = Span(max(span.start, place.occurred_at), *_after_start(span)) if place else span
    names = _Names(span)
    planned = hours(rest, names.of(ground.current().prices))
    if place is None:
        job.events_expected = sum(count for _, count in planned)
        RepriceJob.objects.filter(pk=job.pk, claim=claim).update(events_expected=job.events_expected)
    for window in windows(rest, planned):
        more = True
        while more:
            job, more = _step(job.pk, claim, window, names, now)
            if on_progress is not None:
                on_progress(job)


class _Names:
    """The attributions that a span is about, looked for again when there are more: none ever changes or goes."""

    def __init__(self, span: Span) -> None:
        self.span = span
        self._known: tuple[PriceBook, int] | None = None
        self._names: dict[int, Name] = {}

    def of(self, book: PriceBook) -> dict[int, Name]:
        """Provider and model by attribution."""
        known = (book, Attribution.objects.count())
        if known != self._known:
            self._names, self._known = concerned(self.span, book), known
        return self._names


def _after_start(span: Span) -> tuple[datetime, str, str, bool]:
    return span.end, span.provider, span.model_pattern, span.only_unpriced


def _place(cursor: Mapping[str, str]) -> Place | None:
    return Place(datetime.fromisoformat(cursor["occurred_at"]), uuid.UUID(cursor["id"])) if cursor else None


def _step(pk: int, claim: uuid.UUID, window: Window, names: _Names, now: datetime) -> tuple[RepriceJob, bool]:
    """One chunk of a window, tried again when PostgreSQL aborts it; the job, and whether the window may hold more."""

    def chunk() -> tuple[RepriceJob, bool]:
        with transaction.atomic():
            return _reprice_chunk(pk, claim, window, names, now)

    return tried_again(chunk, f"Repricing {pk}")


def _reprice_chunk(pk: int, claim: uuid.UUID, window: Window, names: _Names, now: datetime) -> tuple[RepriceJob, bool]:
    with connection.cursor() as cursor:
        hold_amending(cursor)
        job = RepriceJob.objects.select_for_update().filter(pk=pk, state=State.RUNNING, claim=claim).first()
        if job is None:
            raise Lost
        found = names.of(ground.current().prices)
        events = read(window, names.span, found, _place(job.cursor), CHUNK)
        hold_shared(cursor)
        standing = ground.current(ground.read_versions(cursor))
        amendments = _amendments(events, found, standing.prices)
        job.cost_change += amend(cursor, amendments, now, repricing=pk)
    if events:
        job.cursor = {"occurred_at": rfc3339(events[-1].occurred_at), "id": str(events[-1].id)}
    job.events_seen += len(events)
    job.events_changed += len(amendments)
    progress = {name: getattr(job, name) for name in ("cursor", "events_seen", "events_changed", "cost_change")}
    RepriceJob.objects.filter(pk=pk).update(**progress, touched_at=Now())
    return job, len(events) == CHUNK


def _amendments(events: list[Event], names: Mapping[int, Name], book: PriceBook) -> list[Amendment]:
    found = []
    for event in events:
        after = price_anew(event, names[event.attribution_id], book)
        if after != cost_of(event):
            found.append(Amendment(event.id, event.occurred_at, event.attribution_id, *after, event.tags))
    return found

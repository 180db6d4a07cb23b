"""What contract prices and aliases share: both hold from a date to a date, are ended and never edited, and past usage
follows them by a repricing. Adding or ending one waits for posts under way, so that none still works by the old prices.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import NamedTuple, TypeVar

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.models import User
from usage.domain import ground
from usage.domain.anew import Preview, Span, concerned, hours, preview
from usage.domain.calls import AHEAD, OLDEST
from usage.domain.errors import Refused
from usage.domain.lock import hold_exclusive
from usage.domain.pricing import PriceBook
from usage.domain.reprice import new_job
from usage.models import ModelAlias, PriceOverride, RepriceJob
from wire.jobs import soon

Agreement = PriceOverride | ModelAlias
Row = TypeVar("Row", PriceOverride, ModelAlias)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
PRICE_ANEW = "usage.tasks.reprice_waiting"
NEWEST = 2**63 - 1  # the id of one that is not stored yet: of two equals, the newer wins


#: What each says, first the name that it is about.
SAYS: dict[type[Agreement], tuple[str, ...]] = {
    PriceOverride: ("model_pattern", "provider", "effective_from", "effective_to", "percent_off", "rates"),
    ModelAlias: ("pattern", "provider", "priced_provider", "priced_model", "effective_from", "effective_to"),
}


class Made(NamedTuple):
    """What was added or ended, and the job that prices past usage by it; None where no past usage is concerned.

    `expected` is the number of requests in the hours that the job goes through, as far as they are its business.
    """

    row: Agreement
    job: RepriceJob | None
    expected: int = 0


def check_dates(effective_from: datetime, effective_to: datetime | None) -> None:
    """Raises Refused for dates that hold nothing."""
    for field, moment in (("effective_from", effective_from), ("effective_to", effective_to)):
        if moment is not None and not OLDEST <= moment <= LATEST:
            raise Refused(field, f"Choose a time between {OLDEST:%Y-%m-%d} and {LATEST:%Y-%m-%d}.")
    if effective_to is not None and effective_to <= effective_from:
        raise Refused("effective_to", "It must end later than it begins.")


def refuse_twin(row: Agreement) -> None:
    """Raises Refused when there is another that says exactly the same."""
    field, *others = SAYS[type(row)]
    wanted = {name: getattr(row, name) for name in (field, *others)}
    same = {
        name if value is not None else f"{name}__isnull": True if value is None else value
        for name, value in wanted.items()
    }
    if twin := type(row).objects.filter(**same).first():
        raise Refused(field, f"There is one that says the same: number {twin.pk}.")


def in_force(rows: QuerySet[Row], at: datetime | None) -> QuerySet[Row]:
    """Those of the rows that hold at an instant; all when it is None."""
    if at is None:
        return rows
    return rows.filter(Q(effective_to=None) | Q(effective_to__gt=at), effective_from__lte=at)


def add(row: Agreement, by: User | None, now: datetime, *, reprice: bool, only_unpriced: bool) -> Made:
    """Stores a checked contract price or alias; prices the usage that it is too late for by a job, if wished.

    Raises Refused when another that says the same came first.
    """
    row.created_at, row.created_by = now, by
    span = _span(row, row.effective_from, row.effective_to, now, only_unpriced)
    expected = _expected(span, _book_with(row)) if reprice else 0
    with transaction.atomic():
        hold_exclusive()
        refuse_twin(row)
        row.save(force_insert=True)
        ground.bump("prices")
        return Made(row, _job(span, f"{_name(row)} was added", by, now, expected) if reprice else None, expected)


def end(row: Agreement, at: datetime, by: User | None, now: datetime, *, reprice: bool) -> Made:
    """Ends a contract price or alias; usage since then is priced again without it. Raises Refused.

    What has ended stays as it is, and an end is not put off: a new one may begin there.
    """
    with transaction.atomic():
        hold_exclusive()
        row = type(row).objects.select_for_update(of=("self",)).get(pk=row.pk)
        old = row.effective_to
        check_end(row, at, now)
        row.effective_to = at
        row.save(update_fields=["effective_to"])
        ground.bump("prices")
        span = _span(row, at, old, now, only_unpriced=False)
        return Made(row, _job(span, f"{_name(row)} was ended", by, now, 0) if reprice else None)


def check_end(row: Agreement, at: datetime, now: datetime) -> None:
    """Raises Refused when it cannot end then."""
    if row.effective_to is not None and row.effective_to <= now:
        raise Refused("effective_to", f"It ended on {_day(row.effective_to)} already, and what was stays.")
    if row.effective_to is not None and at > row.effective_to:
        raise Refused("effective_to", f"It ends on {_day(row.effective_to)} already. Add one that begins there.")
    if at <= row.effective_from:
        raise Refused(
            "effective_to",
            "It must end later than it begins. Of two that fit alike, the newer holds: add that instead.",
        )
    check_dates(row.effective_from, at)


def preview_add(row: Agreement, now: datetime, *, only_unpriced: bool, most: int | None = None) -> Preview:
    """What adding it would change in past usage, of the first `most` events. Writes nothing."""
    return preview(_span(row, row.effective_from, row.effective_to, now, only_unpriced), _book_with(row), most)


def preview_end(row: Agreement, at: datetime, now: datetime, *, most: int | None = None) -> Preview:
    """What ending it would change in past usage. Writes nothing. Raises Refused."""
    check_end(row, at, now)
    old, row.effective_to = row.effective_to, at
    try:
        return preview(_span(row, at, old, now, only_unpriced=False), _book_with(row), most)
    finally:
        row.effective_to = old


def order_repricing(span: Span, reason: str, by: User | None, now: datetime) -> RepriceJob:
    """A job that prices a span of past usage by today's prices, started soon. Raises Refused."""
    expected = _expected(span, ground.current().prices)
    with transaction.atomic():
        job = new_job(span, reason, by, now, expected=expected)
        soon(PRICE_ANEW)
    return job


def _span(row: Agreement, start: datetime, end: datetime | None, now: datetime, only_unpriced: bool) -> Span:
    """The usage that may be in the ledger already. Clocks of callers may be ahead, and ours may differ."""
    pattern = row.model_pattern if isinstance(row, PriceOverride) else row.pattern
    latest = now + 2 * AHEAD
    return Span(start, min(end or latest, latest), row.provider, pattern, only_unpriced)


def _expected(span: Span, book: PriceBook) -> int:
    if span.start >= span.end:
        return 0
    return sum(count for _, count in hours(span, concerned(span, book)))


def _job(span: Span, reason: str, by: User | None, now: datetime, expected: int) -> RepriceJob | None:
    if span.start >= span.end:
        return None
    job = new_job(span, reason, by, now, expected=expected)
    soon(PRICE_ANEW)
    return job


def _book_with(row: Agreement) -> PriceBook:
    """The price book as it will be with this row as it now is."""
    overrides: dict[int, PriceOverride] = {other.pk: other for other in PriceOverride.objects.all()}
    aliases: dict[int, ModelAlias] = {other.pk: other for other in ModelAlias.objects.all()}
    if isinstance(row, PriceOverride):
        overrides[row.pk or NEWEST] = row
    else:
        aliases[row.pk or NEWEST] = row
    return PriceBook(
        [replace(ground.override_of(other), id=pk) for pk, other in overrides.items()],
        [replace(ground.alias_of(other), id=pk) for pk, other in aliases.items()],
        settings.COSTOPS_USD_RATE,
        settings.COSTOPS_ZONE,
    )


def _day(moment: datetime) -> str:
    """The company's day."""
    return moment.astimezone(settings.COSTOPS_ZONE).date().isoformat()


def _name(row: Agreement) -> str:
    if isinstance(row, PriceOverride):
        return f"Contract price {row.pk} ({row.model_pattern})"
    return f"Alias {row.pk} ({row.pattern} → {row.priced_model})"

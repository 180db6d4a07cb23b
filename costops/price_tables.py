"""What the price commands show: price lists, agreements, previews, and a repricing while it runs."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

import click
from django.conf import settings
from django.utils import timezone
from rich.text import Text

from costops.progress import RowProgress
from costops.tables import console, print_table
from usage.domain import reprice
from usage.domain.agreements import Made
from usage.domain.anew import Preview
from usage.domain.price_list import InUse, explain
from usage.domain.pricing import PriceBook, Rate, RateCard
from usage.domain.pricing.tokens import UNITS
from usage.models import ModelAlias, PriceOverride, RepriceJob
from usage.words import agreed_price
from wire.money import exact, signed
from wire.times import TimeError, instant

LOOK_AGAIN = 0.5  # seconds between two looks at a job that another process works on
MOST_NAMES = 30
UNDER_WAY = {RepriceJob.State.WAITING, RepriceJob.State.RUNNING}


def moment(text: str | None, option: str) -> datetime | None:
    """An instant of the command line: RFC 3339, or a date, which is midnight in the company's time zone."""
    if text is None:
        return None
    try:
        return instant(text, settings.COSTOPS_ZONE)
    except TimeError as error:
        raise click.UsageError(f"{option}: {error}") from None


def day(at: datetime | None, none: str = "") -> str:
    """A time as tables show it, on the company's clock."""
    if at is None:
        return none
    local = at.astimezone(settings.COSTOPS_ZONE)
    return f"{local:%Y-%m-%d}" if (local.hour, local.minute, local.second) == (0, 0, 0) else f"{local:%Y-%m-%d %H:%M}"


def show_models(models: Iterable[InUse], book: PriceBook, at: datetime) -> None:
    """The names in use, those without a price first."""
    rows = []
    for model in models:
        card, _ = explain(book, model.provider, model.model, at)
        rows.append(
            (
                model.provider or "-",
                model.model or "-",
                f"{model.requests:,}",
                exact(model.cost),
                f"{model.unpriced:,} since {day(model.unpriced_since)}" if model.unpriced else "",
                _price(card, "input"),
                _price(card, "output"),
                card.source if card else "nobody knows a price",
            )
        )
    columns = ("PROVIDER", "MODEL", ">REQUESTS", ">COST", "UNPRICED", ">INPUT/M", ">OUTPUT/M", "SOURCE")
    print_table(columns, rows, "No usage in these days.")


def _price(card: RateCard | None, kind: str) -> str:
    rate = card.rates.get(kind) if card else None
    return "" if rate is None else "?" if rate.base is None else exact(rate.base)


def show_card(card: RateCard) -> None:
    """The rates of one model."""
    rows = [(kind, *_figures(card.rates[kind]), f"{UNITS[kind]:,}") for kind in UNITS if kind in card.rates]
    print_table(("KIND", ">USD", "STEPS", ">PER"), rows, "No rates.")
    for note in card.notes:
        console().print(Text(note))
    console().print(Text(f"Events keep: {card.basis}"))


def _figures(rate: Rate) -> tuple[str, str]:
    steps = (f"{'?' if price is None else exact(price)} above {start:,} input tokens" for start, price in rate.steps)
    return "?" if rate.base is None else exact(rate.base), ", ".join(steps)


def show_agreements(overrides: Iterable[PriceOverride], aliases: Iterable[ModelAlias]) -> None:
    """Contract prices and aliases with their days."""
    print_table(
        ("ID", "PROVIDER", "MODEL", "FROM", "TO", "PRICE", "NOTE"),
        (
            (row.pk, row.provider or "any", row.model_pattern, *_days(row), agreed_price(row), row.note)
            for row in overrides
        ),
        "No contract prices.",
        title="Contract prices",
    )
    print_table(
        ("ID", "PROVIDER", "NAME", "PRICED AS", "FROM", "TO"),
        (
            (
                row.pk,
                row.provider or "any",
                row.pattern,
                f"{row.priced_provider}/{row.priced_model}".lstrip("/"),
                *_days(row),
            )
            for row in aliases
        ),
        "No aliases.",
        title="Aliases",
    )


def _days(row: PriceOverride | ModelAlias) -> tuple[str, str]:
    return day(row.effective_from), day(row.effective_to, "-")


def show_preview(found: Preview) -> None:
    """What past usage would change."""
    changes = sorted(found.by_name.items(), key=lambda item: (-abs(item[1].cost_change), -item[1].changed))
    rows = [
        (provider or "-", model or "-", f"{c.events:,}", f"{c.changed:,}", *_costs(c.cost_before, c.cost_after))
        for (provider, model), c in changes[:MOST_NAMES]
    ]
    total = found.total
    if len(rows) > 1:
        rows.append(
            ("all", "", f"{total.events:,}", f"{total.changed:,}", *_costs(total.cost_before, total.cost_after))
        )
    columns = ("PROVIDER", "MODEL", ">EVENTS", ">CHANGED", ">COST NOW", ">COST THEN", ">CHANGE")
    print_table(columns, rows, "No past usage is concerned.")
    if total.unpriced_before or total.unpriced_after:
        console().print(Text(f"Without a price: {total.unpriced_before:,} now, {total.unpriced_after:,} then."))
    console().print(Text("Dry run: nothing was changed."))


def _costs(before: Decimal, after: Decimal) -> tuple[str, str, str]:
    return exact(before), exact(after), signed(after - before)


def show_jobs(jobs: Iterable[RepriceJob]) -> None:
    """Repricings, with who wanted them and why."""
    rows = [
        (
            job.pk,
            job.state,
            f"{job.events_seen:,} of {job.events_expected:,}",
            f"{job.events_changed:,}",
            exact(job.cost_change),
            day(job.start),
            day(job.end),
            job.model_pattern,
            job.created_by or "command line",
            job.error or job.reason,
        )
        for job in jobs
    ]
    columns = ("ID", "STATE", ">EVENTS", ">CHANGED", ">COST CHANGE", "FROM", "TO", "MODEL", "BY", "WHY")
    print_table(columns, rows, "No repricings.")


def show_directory(entries: Iterable[Any]) -> None:
    """Teams with their departments, each entry with `until`."""
    rows = ((e.team, e.department or "-", day(e.effective_from), day(e.until, "-")) for e in entries)
    print_table(
        ("TEAM", "DEPARTMENT", "FROM", "TO"), rows, "No team has a department: costops teams set TEAM DEPARTMENT"
    )


def follow_made(made: Made) -> None:
    """What follows from an agreement for past usage, to its end."""
    if made.job is None:
        console().print(Text("Past usage stays as it is."))
    else:
        follow(made.job)


def follow(job: RepriceJob) -> None:
    """Works on a job, or looks on while another process does, to its end; raises ClickException when it failed."""

    def tell(job: RepriceJob) -> None:
        progress.update(job.events_seen, min(1.0, job.events_seen / max(1, job.events_expected)))

    with RowProgress(f"Repricing {job.pk}", unit="events") as progress:
        try:
            reprice.run(job.pk, timezone.now(), tell)
            job.refresh_from_db()
            while job.state in UNDER_WAY:
                time.sleep(LOOK_AGAIN)
                job.refresh_from_db()
                tell(job)
        except KeyboardInterrupt:
            progress.say(f"Stopped looking. Repricing {job.pk} goes on when a worker runs: costops prices jobs")
            raise
    if job.state == RepriceJob.State.FAILED:
        raise click.ClickException(f"Repricing {job.pk} failed: {job.error}")
    change = f"{signed(job.cost_change)} {settings.COSTOPS_CURRENCY}"
    console().print(
        Text(f"Repricing {job.pk}: {job.events_changed:,} of {job.events_seen:,} events changed, {change}.")
    )

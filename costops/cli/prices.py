"""`costops prices`: what models cost and why, contract prices, aliases, and past usage priced anew."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation

import click

from costops.cli.connection import connected
from usage.domain.tiers import SERVICE_TIERS

DRY_RUN = click.option("--dry-run", is_flag=True, help="Tell what past usage would change, and change nothing.")
KEEP_PAST = click.option("--keep-past", is_flag=True, help="Leave the usage alone that is in the ledger already.")
PROVIDER = click.option("--provider", default="", metavar="NAME", help="Who is called; else any.")


@click.group("prices")
def command() -> None:
    """Read prices, agree contract prices, name aliases, and price past usage anew."""


@contextmanager
def _told() -> Iterator[None]:
    """What the domain refuses, as an option that was used wrongly."""
    from usage.domain.errors import Refused

    try:
        yield
    except Refused as error:
        raise click.UsageError(f"{error.field}: {error.message}") from None


@command.command("list")
@click.option("--days", type=click.IntRange(1, 400), default=90, show_default=True, help="Names used in the last days.")
@click.option("--unpriced", is_flag=True, help="Only names with requests that have no price.")
@connected
def show_list(days: int, unpriced: bool) -> None:
    """List the models in use with their prices, those without a price first."""
    from django.utils import timezone

    from costops.price_tables import show_models
    from usage.domain import ground
    from usage.domain.price_list import models_in_use
    from usage.models import HourlyUsage

    now = timezone.now()
    found = models_in_use(HourlyUsage.objects.all(), now, days)
    show_models([model for model in found if model.unpriced or not unpriced], ground.current().prices, now)


@command.command("show")
@click.argument("model")
@PROVIDER
@click.option("--at", metavar="TIME", help="RFC 3339 or a date; else now.")
@click.option("--tier", type=click.Choice(SERVICE_TIERS), default="default", show_default=True)
@connected
def show(model: str, provider: str, at: str | None, tier: str) -> None:
    """Show what MODEL costs and why. The exit status is 1 when nobody knows a price."""
    from django.utils import timezone

    from costops.price_tables import moment, show_card
    from usage.domain import ground
    from usage.domain.price_list import explain

    card, why = explain(ground.current().prices, provider or None, model, moment(at, "--at") or timezone.now(), tier)
    click.echo(why)
    if card is None:
        raise click.exceptions.Exit(1)
    show_card(card)


@command.command("override")
@click.argument("pattern", metavar="MODEL")
@PROVIDER
@click.option("--rate", "rates", multiple=True, metavar="KIND=USD", help="Per million tokens; web_search per thousand.")
@click.option("--percent-off", metavar="NUMBER", help="Of every list price, instead of rates.")
@click.option("--from", "begins", required=True, metavar="TIME", help="RFC 3339 or a date.")
@click.option("--to", "ends", metavar="TIME", help="Not included; else no end.")
@click.option("--note", default="", help="What was agreed, and where.")
@KEEP_PAST
@DRY_RUN
@connected
def override(
    pattern: str,
    provider: str,
    rates: tuple[str, ...],
    percent_off: str | None,
    begins: str,
    ends: str | None,
    note: str,
    keep_past: bool,
    dry_run: bool,
) -> None:
    """Agree a contract price for MODEL, where * stands for any text. Usage since then is priced anew."""
    from django.utils import timezone

    from costops.price_tables import follow_made, moment, show_preview
    from usage.domain.overrides import create_override, draft_override, preview_override
    from usage.words import agreed_price

    now = timezone.now()
    with _told():
        starts = moment(begins, "--from")
        draft = draft_override(
            model_pattern=pattern,
            provider=provider,
            effective_from=starts or now,
            effective_to=moment(ends, "--to"),
            percent_off=None if percent_off is None else _number(percent_off, "--percent-off"),
            rates=_rates(rates) or None,
            note=note,
        )
        if dry_run:
            show_preview(preview_override(draft, now))
            return
        made = create_override(draft, None, now, reprice=not keep_past)
    click.echo(f"Contract price {made.row.pk}: {agreed_price(draft)} for {draft.model_pattern}.")
    follow_made(made)


def _rates(texts: tuple[str, ...]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for text in texts:
        kind, equals, number = text.partition("=")
        if not equals or kind.strip() in found:
            raise click.UsageError(f"--rate: write each kind once, as in input=2.50; this is {text!r}.")
        found[kind.strip()] = _number(number, "--rate")
    return found


def _number(text: str, option: str) -> Decimal:
    try:
        return Decimal(text.strip())
    except InvalidOperation:
        raise click.UsageError(f"{option}: {text!r} is not a number.") from None


@command.command("alias")
@click.argument("pattern", metavar="NAME")
@click.argument("model")
@PROVIDER
@click.option("--priced-provider", default="", metavar="NAME", help="Whose price holds; else the call's provider's.")
@click.option("--from", "begins", metavar="TIME", help="RFC 3339 or a date; else for all usage ever.")
@click.option("--to", "ends", metavar="TIME", help="Not included; else no end.")
@click.option("--all", "every", is_flag=True, help="Price past usage anew that had a price, too.")
@KEEP_PAST
@DRY_RUN
@connected
def alias(
    pattern: str,
    model: str,
    provider: str,
    priced_provider: str,
    begins: str | None,
    ends: str | None,
    every: bool,
    keep_past: bool,
    dry_run: bool,
) -> None:
    """Price calls of NAME, where * stands for any text, as MODEL. Past usage without a price is priced by it."""
    from django.utils import timezone

    from costops.price_tables import follow_made, moment, show_preview
    from usage.domain.aliases import create_alias, draft_alias, preview_alias

    now = timezone.now()
    with _told():
        draft = draft_alias(
            pattern=pattern,
            priced_model=model,
            provider=provider,
            priced_provider=priced_provider,
            effective_from=moment(begins, "--from"),
            effective_to=moment(ends, "--to"),
            now=now,
        )
        if dry_run:
            show_preview(preview_alias(draft, now, only_unpriced=not every))
            return
        made = create_alias(draft, None, now, reprice=not keep_past, only_unpriced=not every)
    click.echo(f"Alias {made.row.pk}: {draft.pattern} is priced as {draft.priced_model}.")
    follow_made(made)


@command.command("agreements")
@click.option("--at", metavar="TIME", help="Only those in force then.")
@connected
def agreements(at: str | None) -> None:
    """List contract prices and aliases with their days."""
    from costops.price_tables import moment, show_agreements
    from usage.domain.aliases import aliases
    from usage.domain.overrides import overrides

    when = moment(at, "--at")
    show_agreements(overrides(at=when), aliases(at=when))


@command.command("end")
@click.argument("kind", type=click.Choice(["override", "alias"]))
@click.argument("number", type=click.IntRange(1), metavar="ID")
@click.option("--at", metavar="TIME", help="RFC 3339 or a date; else now.")
@KEEP_PAST
@DRY_RUN
@connected
def end(kind: str, number: int, at: str | None, keep_past: bool, dry_run: bool) -> None:
    """End a contract price or an alias. Usage since then is priced anew without it."""
    from django.utils import timezone

    from costops.price_tables import day, follow_made, moment, show_preview
    from usage.domain import agreements
    from usage.domain.aliases import aliases
    from usage.domain.overrides import overrides

    row = (overrides() if kind == "override" else aliases()).filter(pk=number).first()
    if row is None:
        raise click.ClickException(f"There is no {kind} {number}. `costops prices agreements` lists them.")
    now = timezone.now()
    when = moment(at, "--at") or now
    with _told():
        if dry_run:
            show_preview(agreements.preview_end(row, when, now))
            return
        made = agreements.end(row, when, None, now, reprice=not keep_past)
    click.echo(f"{kind.capitalize()} {number} ends at {day(when)}.")
    follow_made(made)


@command.command("reprice")
@click.option("--from", "begins", required=True, metavar="TIME", help="RFC 3339 or a date.")
@click.option("--to", "ends", metavar="TIME", help="Not included; else now.")
@PROVIDER
@click.option("--model", "pattern", default="*", show_default=True, help="* stands for any text.")
@click.option("--only-unpriced", is_flag=True, help="Only usage without a price.")
@click.option("--reason", default="Asked for on the command line", show_default=True, help="For those who ask later.")
@DRY_RUN
@connected
def reprice(
    begins: str, ends: str | None, provider: str, pattern: str, only_unpriced: bool, reason: str, dry_run: bool
) -> None:
    """Price past usage anew, as after an update of the price lists. Costs that callers told stay."""
    from django.utils import timezone

    from costops.price_tables import follow, moment, show_preview
    from usage.domain import ground
    from usage.domain.agreements import order_repricing
    from usage.domain.anew import Span, preview

    now = timezone.now()
    start = moment(begins, "--from") or now
    span = Span(start, moment(ends, "--to") or now, provider, pattern, only_unpriced)
    with _told():
        if dry_run:
            show_preview(preview(span, ground.current().prices))
            return
        job = order_repricing(span, reason, None, now)
    follow(job)


@command.command("jobs")
@connected
def jobs() -> None:
    """List the latest repricings, with who wanted them and why."""
    from costops.price_tables import show_jobs
    from usage.models import RepriceJob

    show_jobs(RepriceJob.objects.select_related("created_by")[:30])

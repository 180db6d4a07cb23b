"""`costops import`: files of calls that were made elsewhere."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from costops.cli.connection import migrate, set_up

if TYPE_CHECKING:
    from usage.domain.importing.mapping import Mapping
    from usage.domain.importing.rejects import Reject
    from usage.domain.importing.run import Summary

SHOWN_REJECTS = 20
EXISTING = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=EXISTING, metavar="FILE...")
@click.option("--format", "form", type=click.Choice(["csv", "jsonl", "parquet"]), help="Else the file's name tells.")
@click.option("--preset", metavar="NAME", help="Columns of a known export: azure-llm-trace, litellm-spend-logs.")
@click.option("--map", "maps", multiple=True, metavar="FIELD=COLUMN", help="Which column is a field; tag:KEY is a tag.")
@click.option("--set", "sets", multiple=True, metavar="FIELD=VALUE", help="A field of every row.")
@click.option("--tag", "tags", multiple=True, metavar="KEY=VALUE", help="A tag of every row.")
@click.option("--ignore", "ignored", multiple=True, metavar="COLUMN", help="A column to leave alone.")
@click.option("--source", metavar="NAME", help="Whose ids these are, where they are no UUIDs.")
@click.option("--zone", metavar="ZONE", help="Of times that name none; else the preset's, else the company's.")
@click.option("--rejects", type=click.Path(dir_okay=False, path_type=Path), help="Write lines that are no good here.")
@click.option("--dry-run", is_flag=True, help="Tell what would happen, and change nothing.")
def command(
    files: tuple[Path, ...],
    form: str | None,
    preset: str | None,
    maps: tuple[str, ...],
    sets: tuple[str, ...],
    tags: tuple[str, ...],
    ignored: tuple[str, ...],
    source: str | None,
    zone: str | None,
    rejects: Path | None,
    dry_run: bool,
) -> None:
    """Import usage from CSV, JSON Lines or Parquet files, .gz too.

    A column that is called like a field of the API is that field. The same import again adds nothing, so that one that
    was stopped is simply run again. Lines that are no good are reported and passed over: the exit status is 0 when
    rows of every file were imported (or were there already, or it has none), 1 when no row of a file could be taken or
    it cannot be read, 2 when the options don't fit the file.
    """
    mapping = _mapping(preset, maps, sets, tags, ignored, source, zone)
    if rejects is not None:
        _check_rejects(rejects, files)
    set_up()
    migrate()
    from usage.domain.importing.rejects import RejectsError

    failed = False
    for path in files:
        try:
            summary = _import(path, mapping, form, rejects, dry_run)
        except RejectsError as error:
            raise click.ClickException(f"--rejects {error}") from None
        failed |= summary is None or (summary.rows > 0 and not summary.new + summary.duplicates)
    if failed:
        raise click.exceptions.Exit(1)


def _check_rejects(rejects: Path, files: tuple[Path, ...]) -> None:
    if len(files) > 1:
        raise click.UsageError("--rejects goes with one file, since each has its own columns.")
    if rejects.exists() and rejects.samefile(files[0]):
        raise click.UsageError("--rejects names the file that is imported, and would write over it. Name another.")
    if not rejects.parent.is_dir():
        raise click.UsageError(f"--rejects: there is no folder {rejects.parent}. Make it first.")


def _mapping(
    preset: str | None,
    maps: tuple[str, ...],
    sets: tuple[str, ...],
    tags: tuple[str, ...],
    ignored: tuple[str, ...],
    source: str | None,
    zone: str | None,
) -> Mapping:
    from costops import env as environment
    from usage.domain.importing.mapping import MappingError, read_mapping
    from usage.domain.importing.presets import PRESETS

    name = zone or (PRESETS[preset].zone if preset in PRESETS else None) or environment.read().time_zone
    try:
        assumed = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise click.UsageError(f"There is no time zone {name!r}. Write one like Europe/Berlin.") from None
    try:
        return read_mapping(
            maps=maps, sets=sets, tags=tags, ignored=ignored, preset=preset, source=source, zone=assumed
        )
    except MappingError as error:
        raise click.UsageError(str(error)) from None


def _import(path: Path, mapping: Mapping, form: str | None, rejects: Path | None, dry_run: bool) -> Summary | None:
    """Imports one file and tells of it; None when it cannot be read."""
    from django.utils import timezone

    from costops.progress import RowProgress
    from usage.domain.importing.mapping import MappingError
    from usage.domain.importing.rejects import RejectsFile
    from usage.domain.importing.run import Progress, import_file
    from usage.domain.importing.sources import SourceError

    done = Progress(0, 0.0)
    with contextlib.ExitStack() as stack:
        progress = stack.enter_context(RowProgress(path.name))
        writer: list[RejectsFile] = []
        count = 0

        def on_columns(columns: list[str] | None) -> None:
            if rejects is not None:
                writer.append(stack.enter_context(RejectsFile(rejects, columns)))

        def on_reject(reject: Reject) -> None:
            nonlocal count
            count += 1
            if count <= SHOWN_REJECTS:
                progress.say(f"{path.name}, line {reject.line:,}: {reject.reason}")
            elif count == SHOWN_REJECTS + 1:
                where = f"{rejects} has them all" if rejects else "--rejects FILE keeps them all"
                progress.say(f"{path.name}: more lines are no good; {where}.")
            for file in writer:
                file.write(reject)

        def on_progress(now_done: Progress) -> None:
            nonlocal done
            done = now_done
            progress.update(now_done.rows, now_done.share)

        try:
            summary = import_file(
                path,
                mapping,
                timezone.now(),
                form=form,
                dry_run=dry_run,
                on_columns=on_columns,
                on_reject=on_reject,
                on_progress=on_progress,
            )
        except MappingError as error:
            raise click.UsageError(f"{path.name}: {error}") from None
        except SourceError as error:
            progress.say(f"{path}: {error}")
            if done.rows:
                progress.say(f"{done.rows:,} rows were read before that, and stay.")
            return None
        except KeyboardInterrupt:
            progress.say(f"Stopped after {done.rows:,} rows of {path.name}. The same command again goes on from there.")
            raise
    _tell(path, summary, mapping, dry_run)
    return summary


def _tell(path: Path, summary: Summary, mapping: Mapping, dry_run: bool) -> None:
    from django.conf import settings

    from wire.money import exact

    lines = [
        ("Rows read", f"{summary.rows:,}"),
        ("New", f"{summary.new:,}"),
        ("Already there", f"{summary.duplicates:,}"),
        ("Without a price", f"{summary.unpriced:,}"),
        ("Rejected", f"{summary.rejected:,}"),
        ("Cost of the new", f"{exact(summary.cost)} {settings.COSTOPS_CURRENCY}"),
    ]
    if summary.first and summary.last:
        zone = settings.COSTOPS_ZONE
        first, last = (f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S}" for at in (summary.first, summary.last))
        lines.append(("From, to", f"{first}, {last} ({zone.key})"))
    click.echo(f"{path.name}{' (dry run: nothing was changed)' if dry_run else ''}")
    for name, value in lines:
        click.echo(f"  {name:<16} {value}")
    if not summary.rows:
        click.echo("  There are no rows in it.")
    if summary.assumed:
        click.echo(f"  Times that name no zone were read as {mapping.zone.key}.")
    if summary.ignored:
        click.echo(f"  Columns not used: {', '.join(summary.ignored)}")
    if summary.odd_ids:
        click.echo(
            "  The column id holds no UUIDs, so rows are told apart by their line; --map id=id takes it as it is."
        )

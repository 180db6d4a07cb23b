"""`costops forecast evaluate`: how good forecasts are, on any table of daily series."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from forecasting.domain.engine.backtest import Outcome


@click.group("forecast")
def command() -> None:
    """Forecasts: how good they are."""


@command.command("evaluate")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--horizon", type=click.IntRange(1, 366), required=True, help="How many days ahead.")
@click.option("--season", type=click.IntRange(2, 366), default=7, show_default=True, help="Days of a season.")
@click.option(
    "--orient",
    type=click.Choice(["columns", "rows"]),
    default="columns",
    show_default=True,
    help="columns: the first column is the date, each other a series. rows: the first column is the name of a series.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def evaluate(file: Path, horizon: int, season: int, orient: str, as_json: bool) -> None:
    """Backtest forecasts on the daily series of FILE, a CSV; empty cells are gaps.

    Projects each series from rolling origins with nothing known after them, and compares with what came. AutoETS and
    MSTL of statsforecast are measured beside, as they come.
    """
    import json

    from costops.progress import RowProgress
    from forecasting.domain.engine.backtest import backtest
    from forecasting.domain.tables import TableError, read_table

    try:
        table = read_table(file, orient)
    except TableError as error:
        raise click.ClickException(str(error)) from None
    with RowProgress("Backtest", unit="series") as progress:
        outcome = backtest(table, horizon, season, lambda done, of: progress.update(done, done / of))
    if not outcome.windows:
        raise click.ClickException(
            f"No series is long enough: {horizon} days ahead need at least {horizon + max(28, 2 * season)} days."
        )
    if as_json:
        click.echo(json.dumps(asdict(outcome)))
    else:
        _tell(outcome)
    sys.stdout.flush()


def _tell(found: Outcome) -> None:
    def shown(value: float | None, percent: bool = False) -> str:
        return "—" if value is None else f"{value:.1%}" if percent else f"{value:.3f}"

    rows = [
        ("MASE", shown(found.mase)),
        ("  AutoETS beside", shown(found.mase_autoets)),
        ("  MSTL beside", shown(found.mase_mstl)),
        ("80% bands of days cover", shown(found.coverage_80_days, True)),
        ("95% bands of days cover", shown(found.coverage_95_days, True)),
        (f"80% bands of {found.horizon}-day totals cover", shown(found.coverage_80_totals, True)),
        (f"95% bands of {found.horizon}-day totals cover", shown(found.coverage_95_totals, True)),
        ("Median error of totals", shown(found.median_total_error, True)),
        ("Seconds per series", shown(found.seconds_per_series)),
    ]
    click.echo(f"{found.series:,} series, {found.windows:,} windows of {found.horizon} days")
    for name, value in rows:
        click.echo(f"{name:<36}{value:>8}")

"""`costops forecast evaluate`: tables in both orientations, gaps, bad tables, and the figures that it prints."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from costops.cli.forecast import command
from forecasting.domain.engine.backtest import backtest
from forecasting.domain.tables import TableError, read_table

FIRST = date(2025, 1, 1)
FIGURES = {
    *("mase", "mase_autoets", "mase_mstl", "coverage_80_days", "coverage_95_days"),
    *("coverage_80_totals", "coverage_95_totals", "median_total_error", "seconds_per_series"),
}


def days_of(count: int, seed: int, level: float = 100.0) -> list[float]:
    rng = np.random.default_rng(seed)
    return [level * (1 + 0.3 * (n % 7 < 5)) * float(np.exp(rng.normal(0, 0.1))) for n in range(count)]


@pytest.fixture
def columns(tmp_path: Path) -> Path:
    """Two series of 150 days; the second has a gap of a week and begins a month later."""
    one, two = days_of(150, 1), days_of(150, 2, 7)
    lines = ["date,one,two"]
    for n in range(150):
        gap = n < 30 or 80 <= n < 87
        lines.append(f"{FIRST + timedelta(days=n)},{one[n]!r},{'' if gap else repr(two[n])}")
    path = tmp_path / "columns.csv"
    path.write_text("\n".join(lines))
    return path


@pytest.fixture
def rows(columns: Path) -> Path:
    """The same, a row each."""
    cells = [line.split(",") for line in columns.read_text().splitlines()]
    path = columns.with_name("rows.csv")
    path.write_text("\n".join(",".join(row) for row in zip(*cells, strict=True)))
    return path


def told(*arguments: str) -> Result:
    return CliRunner().invoke(command, ["evaluate", *arguments])


def test_it_prints_one_object_of_figures(columns):
    found = told(str(columns), "--horizon", "14", "--json")
    assert found.exit_code == 0, found.output
    figures = json.loads(found.stdout)
    assert set(figures) >= FIGURES
    assert figures["series"] == 2
    assert figures["windows"] == 12  # six of each: as many as leave a third of the history, and none is only a gap
    assert 0.4 < figures["mase"] < 1.5
    assert 0.8 <= figures["coverage_95_days"] <= 1


def test_both_orientations_are_the_same_series(columns, rows):
    one, other = read_table(columns, "columns"), read_table(rows, "rows")
    assert [(a.name, a.first) for a in one] == [(b.name, b.first) for b in other]
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a.days, b.days)


def test_totals_of_working_days_alone_are_told(tmp_path):
    days = [FIRST + timedelta(days=n) for n in range(120)]
    lines = [f"{day},{cost if day.weekday() < 5 else ''}" for day, cost in zip(days, days_of(120, 3), strict=True)]
    path = tmp_path / "working.csv"
    path.write_text("\n".join(["date,one", *lines]))
    figures = json.loads(told(str(path), "--horizon", "14", "--json").stdout)
    assert 0 < figures["median_total_error"] < 0.1
    assert figures["coverage_95_totals"] >= 0.8


def test_it_prints_a_table_for_people(columns):
    found = told(str(columns), "--horizon", "14", "--season", "7")
    assert "95% bands of 14-day totals cover" in found.output
    assert "2 series, 12 windows of 14 days" in found.output


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("date,a\n2025-01-01,x\n", "line 2: 'x' in a is no number"),
        ("date,a\nJanuary,1\n", "line 2: 'January' is no date"),
        ("date\n2025-01-01\n", "has no series"),
        ("date,a\n2025-01-01,1\n", "No series is long enough"),
        ("date,a\n2025-01-01,inf\n", "line 2: 'inf' in a is no number"),
    ],
)
def test_a_table_that_cannot_be_read_is_told_where(tmp_path, content, says):
    path = tmp_path / "bad.csv"
    path.write_text(content)
    found = told(str(path), "--horizon", "7")
    assert found.exit_code == 1
    assert says in found.output


@pytest.mark.parametrize(
    "days",
    [
        ("12/03/1996", "13/03/1996"),
        ("12-Mar-96", "13-Mar-96"),
        ("1996-03-12 00:00:00", "1996-03-13T00:00"),
        ("19960312", "19960313"),
    ],
)
def test_dates_are_read_in_the_one_way_that_fits_them_all(tmp_path, days):
    file = tmp_path / "dates.csv"
    file.write_text("date,a\n" + "".join(f"{day},1\n" for day in days))
    [series] = read_table(file, "columns")
    assert (series.first, series.days.tolist()) == (date(1996, 3, 12), [1, 1])


def test_a_file_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / "bad.csv"
    path.write_bytes(b"\xff\xfe\x00,\n\x00,\n")
    with pytest.raises(TableError, match="no CSV in UTF-8"):
        read_table(path, "columns")


def test_nothing_after_an_origin_is_known_at_it(columns):
    (one, _) = read_table(columns, "columns")
    plain = backtest([one._replace(days=one.days[:70])], 14, processes=1)
    changed = one.days[:70].copy()
    changed[-14:] = 1e6  # what came in the last window
    other = backtest([one._replace(days=changed)], 14, processes=1)
    assert plain.windows == other.windows
    assert other.coverage_95_totals is not None
    assert other.coverage_95_totals < 1


@pytest.mark.parametrize("arguments", [["--horizon", "0"], ["--horizon", "7", "--orient", "sideways"], []])
def test_questions_that_make_no_sense_are_refused(columns, arguments):
    assert told(str(columns), *arguments).exit_code == 2

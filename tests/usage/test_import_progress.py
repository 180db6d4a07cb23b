"""A long import tells how far it is: rows, rate and the time left, as lines in a log and as a bar on a terminal."""

from __future__ import annotations

import re

import pytest

from tests.usage.importing import TRACE, imports, made_trace

pytestmark = pytest.mark.django_db


def test_lines_in_a_log_tell_rows_rate_share_and_time_left(tmp_path, monkeypatch):
    monkeypatch.setattr("costops.progress.EVERY", 0.0)
    result = imports(made_trace(tmp_path / "trace.csv", 12_000), *TRACE, "--set", "model=gpt-4")
    line = re.compile(r"trace\.csv: ([\d,]+) rows, [1-9][\d,]* a second, (\d+)%, (\d+ min \d\d s|\d+ s) left")
    told = [match.groups() for match in map(line.fullmatch, result.stderr.splitlines()) if match]
    assert [rows for rows, _, _ in told] == ["5,000", "10,000", "12,000"], result.stderr
    shares = [int(share) for _, share, _ in told]
    assert shares == sorted(shares)
    assert shares[-1] == 100
    assert told[-1][2] == "0 s"


def test_a_terminal_shows_a_bar_with_rows_rate_share_and_time_left(tmp_path, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "120")
    result = imports(made_trace(tmp_path / "trace.csv", 12_000), *TRACE, "--set", "model=gpt-4")
    shown = re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", result.stderr)
    assert re.search(r"trace\.csv .*100% 12,000 rows, [1-9][\d,]* a second 0:00:00", shown), shown

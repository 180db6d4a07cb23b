"""By what a row is known again: its own id within its source, or the content of the file, the line and the mapping."""

from __future__ import annotations

import re
import uuid
from pathlib import Path

import pytest

from tests.usage.importing import imports, ledger, write

pytestmark = pytest.mark.django_db
OWN = ("--map", "id=call")


def export(path: Path, *calls: str, day: int = 1) -> Path:
    """A file of calls with these ids, one an hour."""
    lines = [f"{call},2025-08-{day:02d}T{hour:02d}:00:00Z,gpt-4,1000" for hour, call in enumerate(calls)]
    return write(path, ["call,occurred_at,model,input_tokens", *lines])


def test_ids_that_are_no_uuids_are_those_of_another_call_in_a_file_of_another_gateway(tmp_path):
    for day, name in enumerate(("a.csv", "b.csv"), 1):
        for _ in range(2):
            assert imports(export(tmp_path / name, "1", "2", day=day), *OWN).exit_code == 0
            assert ledger()[0] == 2 * day


def test_an_export_that_grew_adds_its_new_calls_alone(tmp_path):
    for calls in ("12", "123", "123"):
        imports(export(tmp_path / "a.csv", *calls), *OWN)
        assert ledger()[0] == int(calls[-1])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (["--set", "project=a"], ["--set", "project=b"]),
        (["--set", "model=gpt-4"], ["--set", "model=gpt-4o"]),
        (["--tag", "gateway=a"], ["--tag", "gateway=b"]),
        (["--source", "a"], ["--source", "b"]),
        (["--source", "a"], []),
    ],
)
def test_the_same_ids_at_the_same_time_are_other_calls_where_the_options_name_another_source(tmp_path, one, other):
    path = export(tmp_path / "calls.csv", "1", "2")
    for options, count in ((one, 2), (other, 4), (one, 4), (other, 4)):
        imports(path, *OWN, *options)
        assert ledger()[0] == count


def test_within_a_named_source_the_id_alone_is_the_call(tmp_path):
    first, again = export(tmp_path / "1.csv", "7", "8"), export(tmp_path / "2.csv", "8", "7", "9")
    imports(first, *OWN, "--source", "eu", "--set", "project=a")
    result = imports(again, *OWN, "--source", "eu", "--set", "project=b")
    assert "Already there    2" in result.stdout
    assert ledger()[0] == 3


def test_uuids_are_the_same_call_whoever_brings_them(tmp_path):
    path = export(tmp_path / "calls.csv", str(uuid.uuid4()))
    for options in ([], ["--source", "b"], ["--set", "project=a"]):
        imports(path, *OWN, *options)
    assert ledger()[0] == 1


def test_a_column_called_id_counts_as_it_is_where_the_source_is_named(tmp_path):
    lines = ["id,occurred_at,input_tokens", *[f"{n},2025-08-01T10:00:00Z,5" for n in "112"]]
    imports(write(tmp_path / "calls.csv", lines), "--source", "eu")
    assert ledger()[0] == 2


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--set", f"id={uuid.uuid4()}"], "--set id: each call has an id of its own."),
        (["--set", "id=1"], "Name the column that holds it: --map id=COLUMN."),
        (["--source", "eu"], "--source says whose ids a column holds. Say which: --map id=COLUMN."),
        ([*OWN, "--source", " "], "--source says nothing."),
    ],
)
def test_an_id_for_all_and_a_source_without_ids_are_refused(tmp_path, options, told):
    result = imports(export(tmp_path / "calls.csv", "1", "2"), *options)
    assert result.exit_code == 2
    assert told in " ".join(re.sub(r"[│╭╮╰╯─]", " ", result.stderr).split())
    assert ledger()[0] == 0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (["--set", "model=gpt-4"], ["--set", "model=gpt-4o"]),
        (["--set", "project=a"], ["--set", "project=b"]),
        (["--map", "output_tokens=n"], ["--map", "cached_input_tokens=n"]),
        (["--map", "tag:n=n"], ["--ignore", "input_tokens", "--map", "output_tokens=n"]),
        ([], ["--tag", "origin=old"]),
    ],
)
def test_rows_without_ids_are_other_rows_under_another_mapping_and_the_same_under_the_same(tmp_path, one, other):
    path = write(tmp_path / "calls.csv", ["occurred_at,input_tokens,n", "2025-03-01T10:00:00Z,1000,5"])
    for options, count in ((one, 1), (other, 2), (one, 2), (other, 2)):
        assert imports(path, *options).exit_code == 0
        assert ledger()[0] == count

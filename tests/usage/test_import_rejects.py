"""`--rejects FILE`: whatever a line holds is kept readable, and no file is lost by it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

import pyarrow
import pytest
from pyarrow import parquet

from tests.usage.importing import imports, ledger, write

pytestmark = pytest.mark.django_db
GOOD = '{"occurred_at": "2025-03-01T10:00:00Z", "model": "gpt-4", "input_tokens": 1000}'


def test_a_json_line_that_is_not_utf_8_is_kept_as_it_can_be_and_stops_nothing(tmp_path):
    path, rejects = tmp_path / "calls.jsonl", tmp_path / "rejects.jsonl"
    bad = GOOD.replace("gpt-4", "g\u00fc").encode("latin-1")
    path.write_bytes(b"\n".join([GOOD.encode(), bad, GOOD.encode()]) + b"\n")
    result = imports(path, "--rejects", rejects)
    assert result.exit_code == 0, result.output
    assert ledger()[0] == 2
    (kept,) = map(json.loads, rejects.read_text().splitlines())
    assert kept["rejected_line"] == 2
    assert kept["rejected_text"] == bad.decode("utf-8", "backslashreplace") + "\n"
    assert "\\xfc" in kept["rejected_text"]


def test_numbers_of_rejected_json_lines_keep_their_digits(tmp_path):
    path, rejects = tmp_path / "calls.jsonl", tmp_path / "rejects.jsonl"
    write(path, [GOOD[:-1].replace("1000", "-1") + ', "cost": 0.12345678901234567890}'])
    imports(path, "--rejects", rejects)
    assert '"cost":0.12345678901234567890' in rejects.read_text()


def test_rejected_rows_of_parquet_keep_what_json_has_no_form_for(tmp_path):
    path, rejects = tmp_path / "calls.parquet", tmp_path / "rejects.jsonl"
    at = datetime(2025, 3, 1, 10, tzinfo=UTC)
    table = {
        "occurred_at": [at] * 3,
        "cost": [float("nan"), float("inf"), -0.1],
        "user": pyarrow.array([b"ann", b"Z\xfcrich", b"bo"], pyarrow.binary()),
        "tags": [{"a": b"x"}] * 3,
    }
    parquet.write_table(pyarrow.table(table), path)
    imports(path, "--rejects", rejects)
    kept = [json.loads(line) for line in rejects.read_text().splitlines()]
    assert [row["cost"] for row in kept] == ["nan", "inf", -0.1]
    assert [row["user"] for row in kept] == ["ann", "Z\\xfcrich", "bo"]
    assert kept[0]["tags"] == {"a": "x"}


@pytest.mark.parametrize("way", ["itself", "a symbolic link", "a hard link"])
def test_rejects_never_write_over_the_file_that_is_imported(tmp_path, way):
    path, other = write(tmp_path / "calls.jsonl", [GOOD, "{oops"]), tmp_path / "other.jsonl"
    before = path.read_bytes()
    if way == "a symbolic link":
        other.symlink_to(path)
    elif way == "a hard link":
        other.hardlink_to(path)
    result = imports(path, "--rejects", path if way == "itself" else other)
    assert result.exit_code == 2
    assert "--rejects names the file that is imported" in result.stderr
    assert (path.read_bytes(), ledger()[0]) == (before, 0)


def test_rejects_in_a_folder_that_is_not_there_say_so_before_anything_is_imported(tmp_path):
    result = imports(write(tmp_path / "calls.jsonl", [GOOD]), "--rejects", tmp_path / "none" / "rejects.jsonl")
    assert result.exit_code == 2
    assert "--rejects: there is no folder" in result.stderr
    assert ledger()[0] == 0


def test_rejects_that_cannot_be_written_are_told_as_that(tmp_path):
    result = imports(write(tmp_path / "calls.jsonl", ["{oops"] * 5_000), "--rejects", "/dev/full")
    assert result.exit_code == 1
    assert "--rejects /dev/full cannot be written: No space left on device." in result.stderr


def test_a_cost_of_many_digits_is_kept_through_a_file_of_rejects(tmp_path):
    path, rejects = tmp_path / "calls.jsonl", tmp_path / "rejects.jsonl"
    write(path, [GOOD[:-1] + ', "team": {}, "cost": 0.1234567891}'])
    imports(path, "--rejects", rejects)
    rejects.write_text(rejects.read_text().replace('"team":{}', '"team":"core"'))
    assert imports(rejects).exit_code == 0
    assert ledger()[1] == Decimal("0.1234567891")

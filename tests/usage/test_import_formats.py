"""JSON Lines and Parquet say the same as CSV, and a large file takes little memory."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pyarrow
import pytest
from pyarrow import parquet

from tests.usage import importing
from tests.usage.importing import TRACE, imports, ledger, made_trace, total_of, write
from usage.models import UsageEvent

AT = datetime(2025, 3, 1, 10, tzinfo=UTC)


@pytest.mark.django_db
@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_a_trace_in_another_format_has_the_same_total(tmp_path, ending):
    trace = made_trace(tmp_path / "trace.csv", 12_000)
    total, path = total_of(trace, "gpt-4"), tmp_path / f"trace.{ending}"
    rows = [line.split(",") for line in trace.read_text().splitlines()[1:]]
    if ending == "jsonl":
        write(
            path,
            [json.dumps({"TIMESTAMP": at, "ContextTokens": int(i), "GeneratedTokens": int(o)}) for at, i, o in rows],
        )
    else:
        columns = {
            "TIMESTAMP": pyarrow.array([datetime.fromisoformat(row[0]) for row in rows], pyarrow.timestamp("ns")),
            "ContextTokens": [int(row[1]) for row in rows],
            "GeneratedTokens": [int(row[2]) for row in rows],
        }
        parquet.write_table(pyarrow.table(columns), path, row_group_size=7_000)
    for _ in range(2):
        result = imports(path, *TRACE, "--set", "model=gpt-4")
        assert result.exit_code == 0, result.output
        assert ledger()[:2] == (12_000, total)


@pytest.mark.django_db
def test_json_numbers_keep_their_digits_and_objects_inside_are_reached_with_a_dot(tmp_path):
    row = {"at": 1740823200, "usage": {"prompt_tokens": 10, "completion_tokens": 5}, "tags": {"a": "b"}, "extra": [1]}
    text = json.dumps(row)[:-1] + ', "cost": 0.1234567891}'
    path = write(tmp_path / "calls.jsonl", [text, "", text.replace("1740823200", "1740823201")])
    result = imports(
        path,
        *("--map", "occurred_at=at", "--map", "input_tokens=usage.prompt_tokens"),
        *("--map", "output_tokens=usage.completion_tokens"),
    )
    assert result.exit_code == 0, result.output
    event = UsageEvent.objects.order_by("occurred_at").first()
    assert (event.occurred_at, event.input_tokens, event.output_tokens, event.cost, event.tags) == (
        AT,
        10,
        5,
        Decimal("0.1234567891"),
        {"a": "b"},
    )
    assert "Columns not used: extra" in result.stdout


@pytest.mark.django_db
def test_parquet_brings_decimals_timestamps_with_zone_and_structs(tmp_path):
    table = pyarrow.table(
        {
            "occurred_at": pyarrow.array([AT, AT + timedelta(hours=1)], pyarrow.timestamp("ms", "America/New_York")),
            "usage": [{"in": 10, "out": 5}, {"in": None, "out": 7}],
            "cost": pyarrow.array([Decimal("1.0000000001"), None], pyarrow.decimal128(20, 10)),
            "model": pyarrow.array(["gpt-4", "gpt-4"]).dictionary_encode(),
        }
    )
    parquet.write_table(table, tmp_path / "calls.parquet")
    result = imports(tmp_path / "calls.parquet", "--map", "input_tokens=usage.in", "--map", "output_tokens=usage.out")
    assert result.exit_code == 0, result.output
    first, second = UsageEvent.objects.order_by("occurred_at")
    assert (first.occurred_at, first.input_tokens, first.cost, first.cost_source) == (
        AT,
        10,
        Decimal("1.0000000001"),
        "imported",
    )
    assert (second.input_tokens, second.output_tokens, second.cost) == (0, 7, Decimal("0.00042"))


@pytest.mark.django_db
@pytest.mark.parametrize("kind", [pyarrow.timestamp("ms", "UTC"), pyarrow.timestamp("us")])
def test_a_time_of_parquet_beyond_all_years_rejects_its_row_alone(tmp_path, kind):
    times = pyarrow.array([10**18, 1_740_823_200 * (1_000 if kind.unit == "ms" else 1_000_000)], kind)
    parquet.write_table(pyarrow.table({"occurred_at": times, "input_tokens": [1, 1]}), tmp_path / "calls.parquet")
    result = imports(tmp_path / "calls.parquet")
    assert result.exit_code == 0, result.output
    assert "line 1: occurred_at: " in result.stderr
    assert "is not a time" in result.stderr
    assert UsageEvent.objects.get().occurred_at == AT


@pytest.mark.django_db
def test_a_rejected_row_of_parquet_is_numbered_and_kept_as_json(tmp_path):
    parquet.write_table(pyarrow.table({"occurred_at": [AT, AT], "input_tokens": [1, -1]}), tmp_path / "calls.parquet")
    result = imports(tmp_path / "calls.parquet", "--rejects", tmp_path / "rejects.jsonl")
    assert "line 2: input_tokens" in result.stderr
    assert json.loads((tmp_path / "rejects.jsonl").read_text())["input_tokens"] == -1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "content", "status", "told"),
    [
        ("calls.parquet", b"PAR1 no", 1, "not a Parquet file"),
        ("calls.json", b"[{}]", 1, "one JSON array"),
        ("calls.xlsx", b"PK", 1, "Say --format"),
    ],
)
def test_a_file_of_another_kind_is_refused_in_a_sentence(tmp_path, name, content, status, told):
    (tmp_path / name).write_bytes(content)
    result = imports(tmp_path / name)
    assert result.exit_code == status
    assert told in result.stderr


@pytest.mark.django_db
def test_two_columns_of_parquet_with_one_name_are_refused_and_the_other_files_go_on(tmp_path):
    columns = [pyarrow.array([AT]), pyarrow.array([1]), pyarrow.array([2])]
    parquet.write_table(pyarrow.table(columns, ["occurred_at", "input_tokens", "input_tokens"]), tmp_path / "1.parquet")
    parquet.write_table(pyarrow.table(columns[:2], ["occurred_at", "input_tokens"]), tmp_path / "2.parquet")
    result = imports(tmp_path / "1.parquet", tmp_path / "2.parquet")
    assert (result.exit_code, ledger()[0]) == (1, 1), result.output
    assert "1.parquet: Two of its columns are called 'input_tokens'." in result.stderr


@pytest.mark.django_db
def test_a_text_of_parquet_that_is_not_utf_8_rejects_its_row_alone(tmp_path):
    teams = pyarrow.array([b"core", b"Z\xfcrich"]).view(pyarrow.string())
    parquet.write_table(pyarrow.table({"occurred_at": [AT] * 2, "cost": [1, 1], "team": teams}), tmp_path / "1.parquet")
    result = imports(tmp_path / "1.parquet", "--rejects", tmp_path / "rejects.jsonl")
    assert ledger()[0] == 1
    assert "line 2: team: 'Z\\udcfcrich' is not valid UTF-8" in result.stderr
    assert json.loads((tmp_path / "rejects.jsonl").read_text())["team"] == "Z\\xfcrich"


@pytest.mark.django_db
def test_nanoseconds_of_parquet_are_cut_off_and_costs_of_floats_keep_the_digits_they_were_written_with(tmp_path):
    nanoseconds = int(AT.timestamp()) * 10**9 - 1
    table = {
        "occurred_at": pyarrow.array([nanoseconds, nanoseconds + 1], pyarrow.timestamp("ns")),
        "cost": pyarrow.array([0.1, 1.1234567891], pyarrow.float64()),
    }
    parquet.write_table(pyarrow.table(table), tmp_path / "calls.parquet")
    result = imports(tmp_path / "calls.parquet")
    assert result.exit_code == 0, result.output
    assert list(UsageEvent.objects.order_by("occurred_at").values_list("occurred_at", "cost")) == [
        (AT - timedelta(microseconds=1), Decimal("0.1")),
        (AT, Decimal("1.1234567891")),
    ]


@pytest.mark.django_db
def test_json_lines_with_a_mark_at_the_begin_and_blank_lines_of_windows_are_read(tmp_path):
    line = json.dumps({"occurred_at": AT.isoformat(), "input_tokens": 1})
    (tmp_path / "calls.jsonl").write_bytes(f"\ufeff{line}\r\n\r\n   \r\n{line}\r\n\r\n".encode())
    result = imports(tmp_path / "calls.jsonl")
    assert "Rows read        2" in result.stdout, result.output
    assert ledger()[0] == 2


RUN = """
import pathlib, sys
from costops.cli import costops
try:
    costops(sys.argv[1:], standalone_mode=False)
finally:
    status = pathlib.Path("/proc/self/status").read_text()
    print("peak", int(status.split("VmHWM:")[1].split()[0]) // 1024)
"""


def test_two_hundred_thousand_rows_take_less_than_300_mb(committed, tmp_path):
    path = made_trace(tmp_path / "large.csv", 200_000)
    done = subprocess.run(
        [sys.executable, "-c", RUN, "import", str(path), *TRACE, "--set", "model=gpt-4"],
        env=importing.database_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert ledger()[:2] == (200_000, total_of(path, "gpt-4"))
    assert int(done.stdout.split("peak ")[1]) < 300

"""Lines that are no good are told by number and reason and stop nothing; all others are imported."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tests.usage.importing import imports, ledger, write
from usage.models import UsageEvent

pytestmark = pytest.mark.django_db
HEADER = "occurred_at,model,input_tokens,output_tokens"
GOOD = "2025-03-01T10:00:00Z,gpt-4,1000,0"


def test_each_bad_line_is_told_with_its_number_and_reason_and_the_others_are_imported(tmp_path):
    path = write(
        tmp_path / "calls.csv",
        [
            HEADER,
            GOOD,
            "yesterday,gpt-4,1,1",
            "2025-03-01T10:00:00Z,gpt-4,-5,1",
            "2025-03-01T10:00:00Z,gpt-4,many,1",
            ",gpt-4,1,1",
            "2025-03-01T10:00:00Z,gpt-4",
            "2999-03-01T10:00:00Z,gpt-4,1,1",
            "2025-03-01T10:00:00Z,gpt-4,1.5,1",
            "2025-03-01T10:00:00Z," + "x" * 201 + ",1,1",
            GOOD,
        ],
    )
    result = imports(path)
    assert result.exit_code == 0
    assert ledger()[0] == 2
    told = {
        int(line.split("line ")[1].split(":")[0]): line.split(": ", 1)[1]
        for line in result.stderr.splitlines()
        if "line " in line
    }
    assert {number: reason.split(":")[0] for number, reason in told.items()} == {
        3: "occurred_at",
        4: "input_tokens",
        5: "input_tokens",
        6: "occurred_at",
        7: "It has 2 cells, the first line 4.",
        8: "occurred_at",
        9: "input_tokens",
        10: "model",
    }
    assert "'many' is not a number" in told[5]
    assert "Rejected         8" in result.stdout


DIGITS, DEEP = "1" * 5_000, '{"a":' * 300 + "1" + "}" * 300


@pytest.mark.parametrize(
    ("field", "cell", "told"),
    [
        ("input_tokens", DIGITS, "is not between 0 and 1,000,000,000"),
        ("input_tokens", "0." + DIGITS, "is not a whole number"),
        ("input_tokens", "1e999999999", "is not between 0 and 1,000,000,000"),
        ("cost", DIGITS, "is more than this installation takes"),
        ("cost", "1e999999999", "is more than this installation takes"),
        ("occurred_at", DIGITS, "is not a time"),
        ("occurred_at", "12345678e999999999", "is not a time"),
        ("metadata", DEEP, "Metadata goes at most"),
        ("metadata", '{"a":' * 20_000, "is not a JSON object"),
        ("tags", DEEP, "The value of a tag is a text"),
    ],
)
def test_a_cell_beyond_all_measure_rejects_its_line_alone(tmp_path, field, cell, told):
    good = {"occurred_at": "2025-03-01T10:00:00Z", "model": "gpt-4", "input_tokens": "1000"}
    row = {**good, field: cell}
    path = tmp_path / "calls.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(row))
        writer.writeheader()
        writer.writerows([row, good])
    result = imports(path)
    assert result.exit_code == 0, result.output
    assert f"line 2: {field}: " in result.stderr
    assert told in result.stderr
    assert len(result.stderr) < 2_000
    assert ledger()[0] == 1


@pytest.mark.parametrize("number", ["1" * 5_000, "1e99999999999999999999", "1e-99999999999999999999"])
def test_a_number_beyond_all_measure_in_json_rejects_its_line_alone(tmp_path, number):
    path = write(
        tmp_path / "calls.jsonl",
        [
            f'{{"occurred_at": "2025-03-01T10:00:00Z", "model": "gpt-4", "input_tokens": {tokens}}}'
            for tokens in (number, 1000)
        ],
    )
    result = imports(path)
    assert result.exit_code == 0, result.output
    assert "line 1: " in result.stderr
    assert ledger()[0] == 1


def test_twenty_bad_lines_are_shown_and_all_of_them_kept_in_a_file_that_can_be_mended_and_imported(tmp_path):
    bad = [f"2025-03-01T10:00:{number:02d}Z,gpt-4,none,0" for number in range(50)]
    path, rejects = write(tmp_path / "calls.csv", [HEADER, GOOD, *bad]), tmp_path / "rejects.csv"
    result = imports(path, "--rejects", rejects)
    assert sum("'none' is not a number" in line for line in result.stderr.splitlines()) == 20
    rows = list(csv.DictReader(rejects.open(newline="")))
    assert [int(row["rejected_line"]) for row in rows] == list(range(3, 53))
    assert {row["rejected_because"] for row in rows} == {"input_tokens: 'none' is not a number."}
    rejects.write_text(rejects.read_text().replace("gpt-4,none", "gpt-4,1000"))
    assert imports(rejects).exit_code == 0
    assert ledger()[:2] == (51, Decimal("0.03") * 51)


def test_rejected_json_lines_keep_their_fields_and_text_that_is_no_json(tmp_path):
    path = write(tmp_path / "calls.jsonl", ['{"occurred_at": "2025-03-01T10:00:00Z", "input_tokens": "x"}', "{oops"])
    rejects = tmp_path / "rejects.jsonl"
    result = imports(path, "--rejects", rejects)
    assert result.exit_code == 1
    first, second = map(json.loads, rejects.read_text().splitlines())
    assert (first["input_tokens"], first["rejected_line"]) == ("x", 1)
    assert (second["rejected_text"], second["rejected_line"]) == ("{oops\n", 2)


def test_a_file_of_which_nothing_could_be_taken_ends_with_status_1(tmp_path):
    assert imports(write(tmp_path / "calls.csv", [HEADER, "never,gpt-4,1,1"])).exit_code == 1
    assert ledger()[0] == 0


def test_a_file_without_rows_is_said_to_have_none_and_ends_with_status_0(tmp_path):
    import pyarrow
    from pyarrow import parquet

    table = pyarrow.table({"occurred_at": pyarrow.array([], pyarrow.timestamp("us")), "cost": pyarrow.array([], "f8")})
    parquet.write_table(table, tmp_path / "empty.parquet")
    (tmp_path / "empty.jsonl").write_text("")
    for path in (write(tmp_path / "empty.csv", [HEADER]), tmp_path / "empty.parquet", tmp_path / "empty.jsonl"):
        result = imports(path)
        assert (result.exit_code, "There are no rows in it." in result.stdout) == (0, True), result.output


@pytest.mark.parametrize(
    ("content", "status", "told"),
    [
        (b"", 1, "no first line that names the columns"),
        (b"\n\n", 1, "no first line that names the columns"),
        (b"a,a\n1,2\n", 1, "Two of its columns are called 'a'"),
        (b"\x00\x01\xff", 2, "which column holds the time"),
    ],
)
def test_a_file_that_is_no_csv_is_refused_in_a_sentence(tmp_path, content, status, told):
    path = tmp_path / "calls.csv"
    path.write_bytes(content)
    result = imports(path)
    assert (result.exit_code, told in result.stderr) == (status, True), result.output


def test_a_truncated_archive_keeps_what_could_be_read_and_ends_with_status_1(tmp_path):
    import gzip

    path = tmp_path / "calls.csv.gz"
    path.write_bytes(gzip.compress("\n".join([HEADER, *[GOOD] * 30_000]).encode())[:-200])
    result = imports(path)
    assert result.exit_code == 1
    assert "cannot be read" in result.stderr


@pytest.mark.parametrize(
    "text",
    [
        f"\ufeff{HEADER}\r\n{GOOD}\r\n",
        f"{HEADER}\n{GOOD}",
        f"{HEADER}\n\n{GOOD}\n\n",
        '"occurred_at","model","input_tokens","output_tokens"\n"2025-03-01T10:00:00Z","gpt-4","1000",""\n',
        " occurred_at , model , input_tokens , output_tokens \n 2025-03-01T10:00:00Z , gpt-4 , 1000 , 0 \n",
        f"{HEADER}\n{GOOD}\n".replace(",", ";"),
        f"{HEADER}\n{GOOD}\n".replace(",", "\t"),
        f"{HEADER}\n2025-03-01T10:00:00Z,gpt-4,1000.0,\n",
    ],
    ids=["bom-crlf", "no-line-end", "empty-lines", "quoted", "spaces", "semicolons", "tabs", "floats"],
)
def test_csv_is_read_however_a_tool_writes_it(tmp_path, text):
    path = tmp_path / "calls.csv"
    path.write_bytes(text.encode())
    result = imports(path)
    assert result.exit_code == 0, result.output
    event = UsageEvent.objects.select_related("attribution").get()
    assert (event.occurred_at, event.attribution.model, event.input_tokens, event.cost) == (
        datetime(2025, 3, 1, 10, tzinfo=UTC),
        "gpt-4",
        1000,
        Decimal("0.03"),
    )


def test_utf_16_with_its_mark_is_read_as_well(tmp_path):
    path = tmp_path / "calls.csv"
    path.write_bytes(f"{HEADER},team\n{GOOD},Zürich\n".encode("utf-16"))
    assert imports(path).exit_code == 0
    assert UsageEvent.objects.get().attribution.team == "Zürich"


def test_a_label_that_is_not_utf_8_rejects_its_line_alone(tmp_path):
    path = tmp_path / "calls.csv"
    path.write_bytes(f"{HEADER},team\n{GOOD},a\n".encode() + f"{GOOD},Z".encode() + b"\xfcrich\n")
    result = imports(path)
    assert "line 3: team:" in result.stderr
    assert "not valid UTF-8" in result.stderr
    assert ledger()[0] == 1


def test_a_record_that_spans_lines_is_numbered_by_its_first(tmp_path):
    path = write(tmp_path / "calls.csv", [HEADER + ",note", GOOD + ',"two', 'lines"', "bad,gpt-4,1,1,x"])
    result = imports(path)
    assert "line 4: occurred_at" in result.stderr
    assert ledger()[0] == 1


def test_a_quote_that_never_ends_costs_a_stretch_of_the_file_and_says_which(tmp_path):
    rest = [GOOD] * 6_000
    path = write(tmp_path / "calls.csv", [HEADER, GOOD, 'x,"gpt-4,1,1', *rest])
    result = imports(path)
    assert result.exit_code == 0
    assert "line 3: This is not CSV (lines 3 to " in result.stderr
    assert 1 < ledger()[0] < 6_000


def test_a_row_that_says_neither_tokens_nor_a_cost_is_rejected_and_one_of_zeros_is_not(tmp_path):
    path = tmp_path / "calls.csv"
    path.write_text(
        "occurred_at,model,input_tokens,output_tokens\n2025-03-01T10:00:00Z,gpt-4,,\n2025-03-01T10:00:00Z,gpt-4,0,\n"
    )
    result = imports(path)
    assert "line 2: input_tokens: The row says neither tokens nor a cost" in result.stderr
    assert ledger()[0] == 1


def test_half_of_a_surrogate_pair_is_called_what_it_is(tmp_path):
    path = tmp_path / "calls.jsonl"
    path.write_bytes(
        rb'{"occurred_at":"2025-03-01T10:00:00Z","model":"gpt-4","cost":1,"project":"im\ud83d"}' + b"\n"
        rb'{"occurred_at":"2025-03-01T10:00:00Z","model":"gpt-4","cost":1,"project":"im\ud83d\ude00"}' + b"\n"
    )
    result = imports(path)
    assert "line 1: This is not a JSON object: half of a surrogate pair is no character." in result.stderr
    assert ledger()[0] == 1

"""A quote that is opened and not closed hides no call of a CSV file: what cannot be told apart is said and kept."""

from __future__ import annotations

import csv

import pytest

from tests.usage.importing import imports, ledger, write

pytestmark = pytest.mark.django_db
HEADER = "occurred_at,model,input_tokens,note"


def row(number: int, note: str = "fine") -> str:
    return f"2025-03-01T10:{number:02d}:00Z,gpt-4,1000,{note}"


def kept(rejects) -> list[dict[str, str]]:
    return list(csv.DictReader(rejects.open(newline="")))


@pytest.mark.parametrize(
    ("closing", "good"),
    [(None, 1), ('fine"', 12), ('"said"', 12), ('"', 12)],
    ids=["never", "at-the-end-of-a-cell", "at-the-begin-of-a-cell", "alone"],
)
def test_a_stretch_that_a_quote_swallows_is_told_with_its_lines_and_kept_line_by_line(tmp_path, closing, good):
    lines = [row(number) for number in range(50)]
    lines[1] = row(1, '"oops')
    if closing:
        lines[38] = row(38, closing)
    last = 40 if closing else 51
    count = last - 2
    rejects = tmp_path / "rejects.csv"
    result = imports(write(tmp_path / "calls.csv", [HEADER, *lines]), "--rejects", rejects)
    assert f"calls.csv, line 3: This is not CSV (lines 3 to {last}, {count} in all): " in result.stderr
    assert f"Rejected         {count}\n" in result.stdout
    assert "Rows read        50\n" in result.stdout
    assert ledger()[0] == good == 50 - count
    assert [int(found["rejected_line"]) for found in kept(rejects)] == list(range(3, last + 1))
    assert kept(rejects)[0]["note"] == '"oops'
    assert row(5) in rejects.read_text()
    assert imports(rejects).exit_code == 0
    assert ledger()[0] == 50


def test_a_stretch_begun_in_the_first_column_is_told_as_well(tmp_path):
    lines = [f"fine,{row(number)}" for number in range(20)]
    lines[3], lines[9] = '"oops' + lines[3], f'closed",{row(9)}'
    result = imports(write(tmp_path / "calls.csv", ["comment," + HEADER, *lines]))
    assert "line 5: This is not CSV (lines 5 to 11, 7 in all): text in quotes holds whole rows." in result.stderr
    assert ledger()[0] == 13


def test_a_quote_in_the_line_of_names_is_refused(tmp_path):
    lines = [HEADER.replace("note", '"note'), row(1), row(2, 'x"'), row(3)]
    result = imports(write(tmp_path / "calls.csv", lines))
    assert (result.exit_code, "a quote there never closes" in result.stderr) == (1, True), result.output
    assert ledger()[0] == 0


def test_text_in_quotes_may_hold_line_ends_commas_and_quotes_as_long_as_it_holds_no_rows(tmp_path):
    notes = ['"two\nlines"', '"one, two, three, four\nfive, six, seven, eight"', '"a\n\nb, ""c"""', '"\r\n"']
    path = write(tmp_path / "calls.csv", [HEADER, *[row(number, note) for number, note in enumerate(notes)]])
    result = imports(path)
    assert "Rejected         0" in result.stdout, result.stderr
    assert ledger()[0] == len(notes)


def test_a_line_after_a_stretch_keeps_its_number(tmp_path):
    lines = [row(0, '"oops'), row(1), row(2, 'x"'), row(3), "never,gpt-4,1,x"]
    result = imports(write(tmp_path / "calls.csv", [HEADER, *lines]))
    assert "line 6: occurred_at" in result.stderr
    assert ledger()[0] == 1


def test_what_is_longer_than_a_cell_can_be_is_kept_line_by_line_and_can_be_imported_from_there(tmp_path):
    rejects = tmp_path / "rejects.csv"
    lines = [row(number % 60) for number in range(6_000)]
    lines[2] = row(2, '"oops')
    imports(write(tmp_path / "calls.csv", [HEADER, *lines]), "--rejects", rejects)
    told, taken = kept(rejects), ledger()[0]
    assert 0 < len(told) == 6_000 - taken < 6_000
    assert imports(rejects).exit_code == 0
    assert ledger()[0] == 6_000


@pytest.mark.parametrize("last", [[row(1, '"oops')], [row(1, '"oops'), "and more"]])
def test_a_quote_that_is_open_at_the_end_of_the_file_is_told_even_where_it_hides_no_row(tmp_path, last):
    result = imports(write(tmp_path / "calls.csv", [HEADER, row(0), *last]))
    assert "line 3: This is not CSV" in result.stderr
    assert "a quote opens and never closes" in result.stderr
    assert ledger()[0] == 1

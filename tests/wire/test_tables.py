"""Tables as spreadsheets and people write them."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wire.csv_files import FORMULA, as_meant, harmless
from wire.lists import joined, split
from wire.tables import Record, Table, TableError, read_table

TEXT = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=30)


def table(content: bytes | str, most: int = 100) -> Table:
    return read_table(content, lambda cell: cell.strip().lower() in ("name", "amount", "owner"), most)


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_delimiter_and_encoding_are_found(mark: str, encoding: str, end: str) -> None:
    text = end.join([mark.join(row) for row in (["name", "amount"], ["Büro 東京", "1"])])
    assert table(text.encode(encoding)).rows == [Record(2, ["Büro 東京", "1"])]


def test_latin_1_is_read_and_said() -> None:
    found = table("name;amount\nBüro;1".encode("latin-1"))
    assert (found.rows, found.encoding) == ([Record(2, ["Büro", "1"])], "latin-1")


def test_rows_above_the_headings_and_empty_ones_are_passed_over_and_told() -> None:
    found = table("Plan 2027,,\n,,\nAgreed,,Money\nname,owner,amount\n,,\nA,b,1\n")
    assert found.headings == ["name", "owner", "amount"]
    assert found.rows == [Record(6, ["A", "b", "1"])]
    assert (found.above, found.empty) == ([1, 3], 1)


def test_lines_are_those_of_the_file_where_cells_hold_line_ends() -> None:
    found = table('name,amount\n"A\nB",1\nC,2\n')
    assert [record.line for record in found.rows] == [2, 4]


def test_the_separator_that_excel_names_is_used() -> None:
    found = table("sep=;\r\nname;amount\r\nA;1\r\n")
    assert found.rows == [Record(3, ["A", "1"])]


def test_short_rows_are_filled_and_long_ones_keep_what_has_no_heading() -> None:
    found = table("name,amount\nA\nB,2,more\n")
    assert found.headings == ["name", "amount", ""]
    assert [record.cells for record in found.rows] == [["A", "", ""], ["B", "2", "more"]]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "No row names the columns"),
        (b"a,b\n1,2\n", "No row names the columns"),
        (b"PK\x03\x04rest", "workbook"),
        (b'name,amount\n"A,1\nB,2\n', "Line 2 is not CSV: a quote opens there and never closes"),
        (b"name,amount\n" + b"A,1\n" * 101, "more than 100 rows"),
        (("name,amount\n" + "A" * 140_000 + ",1\n").encode(), "longer than 131,072"),
    ],
)
def test_what_is_no_table_is_refused_in_a_sentence(content: bytes, words: str) -> None:
    with pytest.raises(TableError, match=words):
        table(content)


@given(TEXT)
def test_a_cell_made_harmless_comes_back_exactly_and_is_no_formula(text: str) -> None:
    cell = harmless(text)
    assert as_meant(cell) == text
    assert cell == text or cell.startswith("'")
    assert cell[:1] not in "=+-@\t\r" or not cell


@pytest.mark.parametrize("text", ["=SUM(A1)", "'=SUM(A1)", "''=1", "+1", "-1", "@x", "'", "it's", "\t=1"])
def test_cells_that_look_like_formulas_come_back(text: str) -> None:
    assert as_meant(harmless(text)) == text
    assert not FORMULA.match(text) or harmless(text).startswith("'")


@given(st.lists(TEXT), st.sampled_from((",", "/")))
def test_a_list_in_one_cell_comes_back_exactly(values: list[str], mark: str) -> None:
    assert split(joined(values, mark), mark) == values


@given(st.lists(st.lists(TEXT, min_size=2, max_size=2), min_size=1, max_size=5))
def test_any_cells_come_back_through_csv(rows: list[list[str]]) -> None:
    file = io.StringIO(newline="")
    csv.writer(file).writerows([["name", "amount"], *([harmless(cell) for cell in row] for row in rows)])
    found = table("\ufeff" + file.getvalue())
    kept = [row for row in rows if any(cell.strip() for cell in row)]
    assert [[as_meant(cell) for cell in record.cells] for record in found.rows] == kept

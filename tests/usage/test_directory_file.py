"""A file of teams: what is read of it, and what is said of each line that is wrong."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usage.domain.directory_file import Unreadable, decoded, read
from wire.csv_files import harmless

ZONE = ZoneInfo("Asia/Kolkata")


def lines(text: str) -> list[tuple[int, str, str, datetime | None]]:
    """What is right in a file."""
    return [tuple(line) for line in read(text, ZONE).lines]  # type: ignore[misc]


def problems(text: str) -> dict[int, str]:
    """What is wrong in a file, by line."""
    return dict(read(text, ZONE).problems)


def test_columns_come_in_any_order_and_dates_are_midnights_of_the_company() -> None:
    text = "From,Department,TEAM\n2026-03-01,product,backend\n,,search\n2026-03-01T12:00:00Z,ops,infra\n"
    assert lines(text) == [
        (2, "backend", "product", datetime(2026, 2, 28, 18, 30, tzinfo=UTC)),
        (3, "search", "", None),
        (4, "infra", "ops", datetime(2026, 3, 1, 12, tzinfo=UTC)),
    ]


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_commas_semicolons_and_tabs_stand_between_cells(mark: str) -> None:
    assert lines(f"team{mark}department\nbackend{mark}product\n") == [(2, "backend", "product", None)]


def test_empty_rows_and_cells_at_the_end_are_passed_over_and_lines_keep_their_numbers() -> None:
    text = 'team,department,,\r\n\r\n,,,\r\n"back\r\nend",x,,\r\nsearch,product,,\r\n'
    assert lines(text) == [(6, "search", "product", None)]
    assert problems(text) == {4: "The team holds a line break or another character that cannot be shown."}


def test_columns_that_mean_nothing_here_are_named() -> None:
    assert read("team,department,cost center\na,b,c\n", ZONE).left_out == ["cost center"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (",product,", "It names no team."),
        ("x" * 201 + ",product,", "The team has 201 characters. At most 200 fit."),
        ("backend," + "x" * 201, "The department has 201 characters. At most 200 fit."),
        ("backend,product,31.03.2026", "'31.03.2026' is no date. Write it as 2026-03-31."),
        ("backend,product,2026-02-30", "'2026-02-30' is no date. Write it as 2026-03-31."),
        ("backend,product,1999-01-01", "Choose a time between 2015-01-01 and 2200-01-01."),
        ("backend,product,2026-01-01,more", "It has 4 cells, the first line 3. Put text with commas into quotes."),
        ("search,product,2026-01-01", "'search' is on line 2 already, from the same time on. Keep one of them."),
    ],
)
def test_each_line_that_is_wrong_says_what_to_do(row: str, message: str) -> None:
    text = f"team,department,from\nsearch,other,2026-01-01\n{row}\nlast,fine,\n"
    assert problems(text) == {3: message}
    assert [line[0] for line in lines(text)] == [2, 4]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "The first line must name the columns team and department, and may name from. It names nothing."),
        ("name,dep\na,b\n", "It names 'name', 'dep'."),
        ("team,Team,department\n", "Two columns are called 'Team'."),
        ("team,department\n", "No row follows the first line."),
        ('team,department\n"backend,product\n', "Line 2 is not CSV: a quote opens there and never closes."),
        ("team,department\n" + "a,b\n" * 5001, "more than 5,000 rows"),
    ],
)
def test_a_file_that_cannot_be_read_as_a_whole_says_why(text: str, message: str) -> None:
    with pytest.raises(Unreadable, match=message.replace(".", r"\.").replace("?", r"\?")):
        read(text, ZONE)


@pytest.mark.parametrize(
    ("encoding", "guessed"), [("utf-8", False), ("utf-8-sig", False), ("utf-16", False), ("latin-1", True)]
)
def test_text_is_read_in_whatever_spreadsheets_write(encoding: str, guessed: bool) -> None:
    assert decoded("team,department\nMünchen,Café\n".encode(encoding)) == ("team,department\nMünchen,Café\n", guessed)


def test_what_stands_above_the_names_of_the_columns_is_passed_over_and_told() -> None:
    found = read("sep=;\nTeams of 2026;;\n;;\nteam;department;from\nbackend;product;\n", ZONE)
    assert (found.lines, found.above) == ([(5, "backend", "product", None)], [2])


NAMES = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=30).map(str.strip)


@given(
    st.lists(st.tuples(NAMES.filter(bool), NAMES), min_size=1, max_size=5, unique_by=lambda row: row[0]),
    st.sampled_from(",;\t|"),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_any_names_come_back_from_any_way_to_write_a_file(
    rows: list[tuple[str, str]], mark: str, encoding: str
) -> None:
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=mark)
    writer.writerows([("team", "department"), *([harmless(cell) for cell in row] for row in rows)])
    text, _ = decoded(file.getvalue().encode(encoding))
    assert [(line.team, line.department) for line in read(text, ZONE).lines] == rows


@pytest.mark.parametrize(
    ("data", "message"), [(b"PK\x03\x04\x00\x00\xff", "no CSV file"), (b"a" * 1_000_001, "larger")]
)
def test_what_is_no_text_or_too_much_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(Unreadable, match=message):
        decoded(data)

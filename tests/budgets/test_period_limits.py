"""Limits per period, read from tables as people copy them out of spreadsheets."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from budgets.domain.period_limits import PlanError, grow, read_table
from budgets.domain.period_names import Slot
from budgets.domain.periods import Calendar, Schedule, day_of
from budgets.domain.typed_sums import Marks

ZONE = ZoneInfo("America/New_York")
MOST = Decimal(10) ** 9
TWELVE = [Decimal(1000 + 100 * month) for month in range(12)]
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def slots_of(kind: str, first: date, count: int, fiscal: int = 1, anchor: int | None = None) -> list[Slot]:
    """Periods that follow one another from the one around `first`."""
    schedule = Schedule(kind, anchor, None, None, Calendar(ZONE, fiscal))
    period, found = schedule.period_on(first), []
    while period is not None and len(found) < count:
        found.append(Slot(day_of(period.starts, ZONE), day_of(period.ends, ZONE), schedule.label(period)))
        period = schedule.next(period)
    return found


NOVEMBER = slots_of("monthly", date(2026, 11, 26), 36)


def read(text: str, kind: str = "monthly", slots: list[Slot] = NOVEMBER, **options: object) -> dict[str, Decimal]:
    """The limits by the label of their period."""
    amounts = read_table(text, slots, kind, "USD", MOST, **options).amounts  # type: ignore[arg-type]
    return {slots[place].label: amount for place, amount in sorted(amounts.items())}


def said(text: str, kind: str = "monthly", slots: list[Slot] = NOVEMBER, **options: object) -> str:
    """What there is to know of a reading."""
    return " ".join(read_table(text, slots, kind, "USD", MOST, **options).said)  # type: ignore[arg-type]


YEAR = {slot.label: amount for slot, amount in zip(NOVEMBER[2:], TWELVE, strict=False)}
PLAIN = [f"{amount}" for amount in TWELVE]
DOLLARS = [f"${amount:,}.00" for amount in TWELVE]


def down(lines: str, amounts: list[str]) -> str:
    """A line for each month: its number is {n}, its name {m}, its amount {a}."""
    rows = zip(range(1, 13), MONTHS, amounts, strict=True)
    return "\n".join(lines.format(n=n, m=month, a=amount) for n, month, amount in rows)


def across(*rows: list[str]) -> str:
    """Rows of cells."""
    return "\r\n".join("\t".join(cells) for cells in rows)


TABLES = {
    "down": down("{m} 2027\t{a}", PLAIN),
    "across": across([f"{month}-27" for month in MONTHS], DOLLARS),
    "semicolons": down("2027-{n:02};{a}", PLAIN),
    "commas": down("{n:02}/2027,{a}", PLAIN),
    "commas and thousands": down("{m} 2027,{a}", DOLLARS),
    "dates of the US": down("{n}/1/2027\t{a}", DOLLARS),
    "dates and sums of Germany": down("01.{n:02}.2027;{a},00", PLAIN),
    "merged year": across(["2027", *[""] * 11], MONTHS, DOLLARS),
    "title and gaps": "Budget plan 2027\n\n\nMonth\tLimit\n" + down("{m}\t\t{a}\n\t\t", DOLLARS),
    "total column": across(["", *MONTHS, "Total"], ["2027 limit", *DOLLARS, "$18,600.00"]),
    "typed": down("{m} 2027 {a}", DOLLARS) + "\nTotal: $18,600.00",
    "year column": "2027" + down("\t{m}\t{a}", DOLLARS),
    "bars": "|Month|Limit|\n" + down("|{m} 2027|{a}|", DOLLARS),
    "years across": "Month\t2025\t2027\n" + down("{m}\t{n}\t{a}", PLAIN),
    "narrow blanks": down("{m} 2027\t{a[0]}\u202f{a[1]}{a[2]}{a[3]},00 €", PLAIN),
    "points": down("{m} 2027\t{a[0]}.{a[1]}{a[2]}{a[3]},00", PLAIN),
    "apostrophes": down("{m} 2027\tUSD {a[0]}'{a[1]}{a[2]}{a[3]}", PLAIN),
}


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_twelve_months_are_read_however_they_were_copied(table: str) -> None:
    assert read(table) == YEAR


def test_months_without_a_year_are_the_next_ones() -> None:
    table = "November\t1\nDecember\t2\nJanuary\t3"
    assert read(table) == {"November 2026": 1, "December 2026": 2, "January 2027": 3}
    assert "“November” names no year: it is taken as November 2026." in said(table)
    assert read("Feb\t2\nMar\t3\nJan\t4", first=3) == {"February 2027": 2, "March 2027": 3, "January 2028": 4}


def test_amounts_alone_begin_at_the_period_that_was_chosen() -> None:
    assert read("100\n200\n300", first=2) == {"January 2027": 100, "February 2027": 200, "March 2027": 300}
    assert read("100\t200\t300") == {"November 2026": 100, "December 2026": 200, "January 2027": 300}
    assert read("10000,12000,15000") == {"November 2026": 10_000, "December 2026": 12_000, "January 2027": 15_000}
    assert read("10,000, 12,000, 15,000") == {"November 2026": 10_000, "December 2026": 12_000, "January 2027": 15_000}
    assert "the first amount is taken for January 2027" in said("100\n200", first=2)


def test_totals_are_left_out_and_said_so() -> None:
    table = "Jan 2027\t10\nFeb 2027\t20\nQ1 2027\t30\nTotal\t30\n"
    assert read(table) == {"January 2027": 10, "February 2027": 20}
    assert "Left out as totals: Total." in said(table)
    assert "Left out, since they are no periods of this budget: Q1 2027." in said(table)
    assert read("10\n20\n30\n60") == {"November 2026": 10, "December 2026": 20, "January 2027": 30}
    assert "60, which those before it add up to" in said("10\n20\n30\n60")
    rows = "\tJan 2027\tFeb 2027\nLimit\t10\t20\nTotal\t10\t20"
    assert read(rows) == {"January 2027": 10, "February 2027": 20}


def test_what_is_over_keeps_its_limit_and_empty_cells_plan_nothing() -> None:
    table = "Oct 2026\t5\nNov 2026\t-\nDec 2026\t$ -\nJan 2027\t\nFeb 2027\t7\nFeb 2099\t9"
    assert read(table) == {"February 2027": 7}
    assert "Left out, since they are over already and keep their limits: Oct 2026." in said(table)
    assert "further ahead than can be planned here: Feb 2099" in said(table)


def test_another_currency_is_said_and_two_are_refused() -> None:
    assert "The table says EUR: its numbers are taken as USD, nothing is converted." in said("Jan 2027\t€ 10")
    with pytest.raises(PlanError, match="The amounts are in EUR and in USD"):
        read("Jan 2027\t€ 10\nFeb 2027\t$ 10")


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("", "There is nothing in it."),
        ("\t\t\n\t", "There is nothing in it."),
        ("Jan 2027\t(1,200)", "“(1,200)” is negative. A limit is 0 or more."),
        ("Jan 2027\t-5", "negative"),
        ("Jan 2027\t1.234", "“1.234”: are the digits after the point thousands or decimals? Write 1234 or 1.2340."),
        ("Jan 2027\t1.234,50\nFeb 2027\t1,234.50", "Write all amounts one way"),
        ("Jan 2027\t1.234,50\nFeb 2027\t1,234", "are the digits after the comma thousands or decimals?"),
        ("Jan 2027\t#REF!\nFeb 2027\t5", "“#REF!” is no amount."),
        ("Jan 2027\t12k\nFeb 2027\t5", "“12k” is no amount."),
        ("Jan 2027\t1000000000", "January 2027: 1,000,000,000 is too much."),
        ("Jan 2027\t0.12345678901", "more than 10 decimals"),
        ("Jan 2027\t5\nJan 2027\t6", "January 2027 is there twice, with 5 and 6."),
        ("Jan 2027\nFeb 2027", "no amounts beside them"),
        ("Oct 2026\t5", "There is no limit for a period to come in it."),
        ("Januar\t5\nMärz\t6", "“März” cannot be read as a month. Write it as in Jan 2027 or 2027-01"),
        ("Jan 2027\t5\nFevrier 2027\t6", "“Fevrier 2027” cannot be read as a month."),
        ("\tJan 2027\tFeb 2027\nSearch\t1\t2\nBackend\t3\t4", "There are 2 lines of amounts: “Search”, “Backend”."),
        ("1\t2\n3\t4", "several rows and columns of amounts"),
        ("100,200,300", "one amount, or several?"),
        ("02/03/2027\t5", "which is the month? Write 2027-02-03 or 2027-03-02."),
        ("our plan", "there is no amount in it"),
        ("Jan 2027\t3e88", "is too much. Write less than 1,000,000,000."),
        ("<script>alert(1)</script>\t<b>", "there is no amount in it"),
        ("x\t" * 6000, "more than 5,000 cells"),
    ],
)
def test_what_makes_no_limits_is_refused_with_what_to_do(table: str, words: str) -> None:
    with pytest.raises(PlanError) as refused:
        read(table)
    assert words in str(refused.value)


def test_who_says_how_decimals_are_written_is_not_asked_again() -> None:
    assert read("Jan 2027\t1.234", marks=Marks.COMMA) == {"January 2027": 1234}
    assert read("Jan 2027\t1.234", marks=Marks.POINT) == {"January 2027": Decimal("1.234")}


def test_quarters_weeks_days_and_years_have_names_of_their_own() -> None:
    quarters = slots_of("quarterly", date(2026, 11, 26), 8)
    assert read("Q1 2027\t5\n2027-Q2\t6\nJul 2027\t7", "quarterly", quarters) == {
        "Q1 2027": 5,
        "Q2 2027": 6,
        "Q3 2027": 7,
    }
    fiscal = slots_of("quarterly", date(2026, 11, 26), 8, fiscal=7)
    assert read("Q3 FY27\t5\nQ4\t6", "quarterly", fiscal) == {"Q3 FY 2027": 5, "Q4 FY 2027": 6}
    years = slots_of("yearly", date(2026, 11, 26), 4)
    assert read("2027\t2,050\n2028\t2,060", "yearly", years) == {"FY 2027": 2050, "FY 2028": 2060}
    assert read("FY27\tFY28\n5\t6", "yearly", years) == {"FY 2027": 5, "FY 2028": 6}
    weeks = slots_of("weekly", date(2026, 11, 26), 13)
    assert read("2026-11-30\t5\nDec 7\t6\nW51 2026\t7", "weekly", weeks) == {
        "Nov 30 – Dec 6, 2026": 5, "Dec 7–13, 2026": 6, "Dec 14–20, 2026": 7,
    }  # fmt: skip
    days = slots_of("daily", date(2026, 11, 26), 14)
    assert read("11/27/2026\t5\n11/28/2026\t6", "daily", days) == {"Nov 27, 2026": 5, "Nov 28, 2026": 6}


def test_months_that_begin_on_another_day_are_named_by_the_month_they_begin_in() -> None:
    slots = slots_of("monthly", date(2026, 11, 26), 12, anchor=15)
    assert read("Dec 2026\t5\nJan 2027\t6", slots=slots) == {
        "Dec 15, 2026 – Jan 14, 2027": 5, "Jan 15 – Feb 14, 2027": 6,
    }  # fmt: skip


def test_growth_is_rounded_to_what_was_chosen_and_grows_unrounded() -> None:
    grown = grow(NOVEMBER[:4], Decimal(10_000), Decimal("3.5"), MOST, percent=True, rounded_to=100)
    assert list(grown.values()) == [10_000, 10_400, 10_700, 11_100]
    cents = grow(NOVEMBER[:3], Decimal(100), Decimal("1.005"), MOST, percent=True, rounded_to=0, first=1)
    assert cents == {1: Decimal("100.00"), 2: Decimal("101.01")}
    assert list(grow(NOVEMBER[:3], Decimal(100), Decimal(-40), MOST, percent=False, rounded_to=1).values()) == [
        100,
        60,
        20,
    ]
    with pytest.raises(PlanError, match="It falls below 0 in February 2027"):
        grow(NOVEMBER, Decimal(100), Decimal(-40), MOST, percent=False, rounded_to=1)
    with pytest.raises(PlanError, match="Choose less growth"):
        grow(NOVEMBER, Decimal(100), Decimal(1000), MOST, percent=True, rounded_to=1)


money = st.decimals(0, 10**8, places=2, allow_nan=False, allow_infinity=False)


@given(
    st.lists(money, min_size=1, max_size=36),
    st.sampled_from([",", ".", " ", "'", ""]),
    st.sampled_from(["", "$", "USD "]),
)
def test_any_amounts_come_back_from_any_way_to_write_them(amounts: list[Decimal], thousands: str, sign: str) -> None:
    decimals = "," if thousands == "." else "."
    lines = []
    for slot, amount in zip(NOVEMBER, amounts, strict=False):
        whole, part = f"{amount:,.2f}".split(".")
        lines.append(f"{slot.label}\t{sign}{whole.replace(',', thousands)}{decimals}{part}")
    assert list(read("\n".join(lines)).values()) == amounts


@given(
    st.text(max_size=300)
    | st.lists(st.sampled_from([*"\t\n;,|() -.$€12345%", "Jan", "2027", "Total", "Q1", '"', "٣"])).map("".join)
)
def test_whatever_is_pasted_is_read_or_refused_in_a_sentence(text: str) -> None:
    try:
        amounts = read_table(text, NOVEMBER, "monthly", "USD", MOST).amounts
    except PlanError as error:
        refused = str(error)
    else:
        refused = ""
        assert amounts
        assert all(0 <= amount < MOST for amount in amounts.values())
    assert not refused or refused.endswith((".", "?"))

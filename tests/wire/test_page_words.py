"""How pages write money, shares and times."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from wire.templatetags.moments import days_and_hour, moment, on_day, short_day
from wire.templatetags.money import cents_in, in_words, percent, signed


@pytest.mark.parametrize(
    ("amount", "cents", "words"),
    [
        ("12345.6", None, "$12,346"),
        ("640.25", None, "$640.25"),
        ("640.25", False, "$640"),
        ("0.4", False, "<$1"),
        ("0.5", False, "$1"),
        ("0", False, "$0"),
        ("0.00021", None, "$0.00021"),
        ("-3.2", None, "−$3.20"),
    ],
)
def test_money_is_rounded_only_as_far_as_nothing_looks_like_none(amount: str, cents: bool | None, words: str) -> None:
    assert in_words(Decimal(amount), cents) == words


def test_no_amount_is_a_dash() -> None:
    assert in_words(None) == "—"


def test_a_column_has_cents_when_all_of_it_is_small() -> None:
    assert cents_in([Decimal("999.99"), None, Decimal(0)])
    assert not cents_in([Decimal("999.99"), Decimal(1000)])


def test_the_companys_currency_is_used(settings: Any) -> None:
    settings.COSTOPS_CURRENCY = "EUR"
    assert in_words(Decimal("3.5")) == "€3.50"


@pytest.mark.parametrize(
    ("share", "words"),
    [("0.87593", "87.6%"), ("0.9999", "99.9%"), ("1", "100.0%"), ("1.0006", "100.1%"), ("12.5", "1,250.0%")],
)
def test_a_share_is_rounded_and_never_said_to_be_whole_too_early(share: str, words: str) -> None:
    assert percent(Decimal(share)) == words
    assert percent(None) == "—"


def test_a_moment_is_in_the_companys_zone_with_the_exact_time_on_hover(settings: Any) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    year = timezone.localdate().year
    element = str(moment(datetime(year, 1, 18, 15, 2, 8, tzinfo=UTC)))
    assert ">Jan 18, 16:02</time>" in element
    assert f'title="Jan 18, {year}, 16:02:08 CET"' in element


def test_another_year_is_named() -> None:
    assert short_day(date(2025, 3, 18), date(2025, 1, 1)) == "Mar 18"
    assert short_day(date(2024, 3, 18), date(2025, 1, 1)) == "Mar 18, 2024"
    assert on_day(None) == "—"


@pytest.mark.parametrize(
    ("starts", "ends", "words"),
    [
        ("2025-10-01T00:00", "2025-10-27T00:00", "Oct 1, 2025 – Oct 26, 2025"),
        ("2025-10-01T00:00", "2025-10-27T01:00", "Oct 1, 2025 – Oct 27, 2025, 01:00"),
        ("2025-10-01T00:00", "2025-10-01T05:00", "Oct 1, 2025, until 05:00"),
        ("2025-10-01T00:00", "2025-10-01T00:00", "Oct 1, 2025, until 00:00"),
        ("2025-10-01T00:00", "2025-10-02T00:00", "Oct 1, 2025"),
    ],
)
def test_a_stretch_of_time_says_its_hour_where_it_ends_inside_a_day(starts: str, ends: str, words: str) -> None:
    assert days_and_hour(*(datetime.fromisoformat(f"{text}:00+00:00") for text in (starts, ends))) == words


def test_days_of_this_year_go_without_it() -> None:
    year = timezone.localdate().year
    ends = [datetime(year, 2, day, hour, tzinfo=UTC) for day, hour in ((15, 0), (15, 9))]
    starts = datetime(year, 1, 1, tzinfo=UTC), datetime(year, 2, 1, tzinfo=UTC)
    assert [days_and_hour(begins, end) for begins in starts for end in ends] == [
        "Jan 1 – Feb 14",
        "Jan 1 – Feb 15, 09:00",
        "Feb 1 – 14",
        "Feb 1 – 15, 09:00",
    ]


@pytest.mark.parametrize(
    ("amount", "cents", "words"),
    [("12.3", False, "+$12"), ("0.3", False, "+$0.30"), ("-0.3", False, "−$0.30"), ("-0.3", True, "−$0.30")],
)
def test_a_small_change_is_said_with_its_cents(amount: str, cents: bool, words: str) -> None:
    assert signed(Decimal(amount), cents) == words

"""The company's months, quarters and years: named as budgets name theirs, and compared with those before."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import settings as tries
from hypothesis import strategies as st

from budgets.domain.periods import Calendar, Period, Schedule
from wire.calendar import KINDS, Stretch, around, present, read, same_day_before

PERIODS = {"month": "monthly", "quarter": "quarterly", "year": "yearly"}


@tries(max_examples=200, deadline=None)
@given(
    day=st.dates(date(2001, 1, 1), date(2090, 1, 1)),
    fiscal=st.integers(1, 12),
    zone=st.sampled_from(["UTC", "Asia/Kolkata", "America/Santiago"]),
    kind=st.sampled_from(KINDS),
)
def test_every_day_lies_in_the_stretch_that_budgets_have_there(day, fiscal, zone, kind):
    from django.test import override_settings

    with override_settings(COSTOPS_ZONE=ZoneInfo(zone), COSTOPS_FISCAL_YEAR_START=fiscal):
        found = around(day, kind)
        schedule = Schedule(PERIODS[kind], None, None, None, Calendar(ZoneInfo(zone), fiscal))
        period = Period(found.starts, found.ends)
        assert schedule.period_on(day) == period
        assert schedule.label(period) == found.label
        assert read(found.written) == found
        assert found.moved(1).moved(-1) == found
        assert found.moved(1).first == found.after
        assert present(kind, found.ends - timedelta(seconds=1)) == found


@pytest.mark.parametrize("text", ["", "2026-13", "2026-Q5", "26-01", "1999", "3000", "2026-1", "2026-01-01", "٢٠٢٦"])
def test_what_names_no_stretch_is_none(text):
    assert read(text) is None


@pytest.mark.parametrize(
    ("stretch", "at", "then"),
    [
        (
            Stretch(date(2026, 3, 1), "month"),
            datetime(2026, 3, 19, 16, 12, tzinfo=UTC),
            datetime(2026, 2, 19, 16, tzinfo=UTC),
        ),
        (Stretch(date(2026, 3, 1), "month"), datetime(2026, 3, 30, 9, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)),
        (Stretch(date(2026, 3, 1), "month"), datetime(2026, 4, 7, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)),
        (Stretch(date(2026, 1, 1), "year"), datetime(2026, 2, 1, tzinfo=UTC), datetime(2025, 2, 1, tzinfo=UTC)),
    ],
)
def test_the_one_before_is_as_old_as_this_one(stretch, at, then):
    assert same_day_before(stretch, at) == then

"""Invariant 6: every instant lies in exactly one period of a budget, in every zone, through every change of clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from budgets.domain.periods import (
    FIRST_DAY,
    LAST_DAY,
    PERIODS,
    Calendar,
    Period,
    PeriodError,
    Schedule,
    day_bounds,
    validate,
)
from wire.days import ONE_DAY, TICK, day_of, hour_of

HOUR = timedelta(hours=1)
NEW_YORK, BERLIN, KOLKATA = ZoneInfo("America/New_York"), ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kolkata")
SAO_PAULO, APIA, LORD_HOWE = ZoneInfo("America/Sao_Paulo"), ZoneInfo("Pacific/Apia"), ZoneInfo("Australia/Lord_Howe")
ST_JOHNS = ZoneInfo("America/St_Johns")
LEGACY = ("right/", "posix", "localtime", "Factory")
ZONES = sorted(name for name in available_timezones() if not name.startswith(LEGACY))


@lru_cache(maxsize=4096)
def clock_changes(name: str, year: int) -> tuple[datetime, ...]:
    """The seconds of the year at which the zone changes its offset, found by halving."""
    zone, found = ZoneInfo(name), []
    for hours in range(0, 366 * 24, 12):
        low = datetime(year, 1, 1, tzinfo=UTC) + hours * HOUR
        high = low + 12 * HOUR
        before = low.astimezone(zone).utcoffset()
        if high.astimezone(zone).utcoffset() != before:
            while high - low > timedelta(seconds=1):
                middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
                low, high = (middle, high) if middle.astimezone(zone).utcoffset() == before else (low, middle)
            found.append(high)
    return tuple(found)


@st.composite
def places(draw: st.DrawFn) -> tuple[ZoneInfo, datetime]:
    """A zone and an instant, half of the time within two days of a change of its clock."""
    name, year = draw(st.sampled_from(ZONES)), draw(st.integers(2003, 2045))
    changes = clock_changes(name, year) if draw(st.booleans()) else ()
    if changes:
        near = timedelta(microseconds=draw(st.integers(-172_800_000_000, 172_800_000_000)))
        return ZoneInfo(name), draw(st.sampled_from(changes)) + near
    seconds = st.integers(0, 366 * 86400)
    return ZoneInfo(name), datetime(year, 1, 2, tzinfo=UTC) + timedelta(seconds=draw(seconds))


ANCHORS = {
    "weekly": st.integers(1, 7),
    "monthly": st.integers(1, 31),
    "quarterly": st.integers(1, 12),
    "yearly": st.integers(1, 12),
}


@st.composite
def schedules(draw: st.DrawFn, zone: ZoneInfo, around: date) -> Schedule:
    """Any schedule that makes sense, cut somewhere near `around` or not at all."""
    period = draw(st.sampled_from(PERIODS))
    anchor = draw(st.none() | ANCHORS[period]) if period in ANCHORS else None
    near = st.integers(-800, 800).map(lambda days: around + timedelta(days=days))
    optional = near if period == "custom" else st.none() | near
    first, last = draw(optional), draw(optional)
    if first and last and last < first:
        first, last = last, first
    first, last = first and max(first, FIRST_DAY), last and max(last, FIRST_DAY)
    return Schedule(period, anchor, first, last, Calendar(zone, draw(st.integers(1, 12))))


@given(st.data(), places())
def test_every_instant_lies_in_exactly_one_period(data: st.DataObject, place: tuple[ZoneInfo, datetime]) -> None:
    zone, instant = place
    schedule = data.draw(schedules(zone, instant.date()))
    period = schedule.period_at(instant)
    starts, ends = schedule.applies()
    assert (period is not None) == ((starts is None or starts <= instant) and (ends is None or instant < ends))
    if period is None:
        return
    assert period.starts <= instant < period.ends
    assert schedule.period_at(period.starts) == period
    assert schedule.period_at(period.ends - TICK) == period
    after, before = schedule.next(period), schedule.previous(period)
    assert (after.starts if after else ends) == period.ends
    assert (before.ends if before else starts) == period.starts
    assert after is None or schedule.previous(after) == period
    assert before is None or schedule.next(before) == period


@given(st.data(), places(), st.integers(0, 900))
def test_periods_between_cover_a_range_without_gap_or_overlap(
    data: st.DataObject, place: tuple[ZoneInfo, datetime], days: int
) -> None:
    zone, start = place
    end = start + timedelta(days=days, hours=5)
    schedule = data.draw(schedules(zone, start.date()))
    found = list(schedule.periods_between(start, end))
    applies_from, applies_to = schedule.applies()
    low, high = max(start, applies_from or start), min(end, applies_to or end)
    if low >= high:
        assert found == []
        return
    assert found[0].starts <= low < found[0].ends
    assert found[-1].starts < high <= found[-1].ends
    assert all(one.ends == two.starts for one, two in pairwise(found))
    assert all(one.starts < one.ends for one in found)


@given(st.data(), places())
def test_hours_never_straddle_two_periods(data: st.DataObject, place: tuple[ZoneInfo, datetime]) -> None:
    zone, instant = place
    schedule = data.draw(schedules(zone, instant.date()))
    hour = hour_of(instant, zone)
    assert instant - HOUR < hour <= instant
    assert hour_of(hour + (instant - hour) / 2, zone) <= hour_of(instant, zone)
    assert schedule.period_at(hour) == schedule.period_at(instant)
    if period := schedule.period_at(instant):
        assert hour_of(period.starts, zone) == period.starts
        assert hour_of(period.ends, zone) == period.ends


@given(places())
@example((LORD_HOWE, datetime(2025, 4, 5, 15, 10, tzinfo=UTC)))
def test_hours_are_cut_as_postgresql_cuts_them(place: tuple[ZoneInfo, datetime]) -> None:
    """date_trunc('hour', t, zone): the local fields, minutes and below zero, read back at the offset that t had."""
    zone, instant = place
    local = instant.astimezone(zone)
    offset = local.utcoffset()
    assert offset is not None
    wall = datetime(local.year, local.month, local.day, local.hour, tzinfo=timezone(offset))
    assert hour_of(instant, zone) == wall
    assert hour_of(instant, zone).tzinfo is UTC


@given(places())
def test_a_day_begins_at_the_first_instant_whose_date_has_reached_it(place: tuple[ZoneInfo, datetime]) -> None:
    zone, instant = place
    day = instant.astimezone(zone).date()
    starts, ends = day_bounds(day, zone)
    assert starts.astimezone(zone).date() >= day
    quarters = [starts - TICK, *(starts - timedelta(minutes=15 * n) for n in range(1, 110))]
    assert all(moment.astimezone(zone).date() < day for moment in quarters)
    assert ends == day_bounds(day + ONE_DAY, zone).starts
    own = day_bounds(day_of(instant, zone), zone)
    assert own.starts <= instant < own.ends


@given(st.data(), places())
def test_the_days_of_a_period_add_up_to_it(data: st.DataObject, place: tuple[ZoneInfo, datetime]) -> None:
    zone, instant = place
    schedule = data.draw(schedules(zone, instant.date()))
    period = schedule.period_at(instant)
    assume(period is not None)
    assert period is not None
    days = [day_bounds(day, zone) for day in schedule.days(period)]
    assert (days[0].starts, days[-1].ends) == period
    assert all(one.ends == two.starts for one, two in pairwise(days))
    assert all(day.starts < day.ends for day in days)


def monthly(zone: ZoneInfo = NEW_YORK, anchor: int | None = None, **dates: date) -> Schedule:
    return Schedule("monthly", anchor, dates.get("starts_on"), dates.get("ends_on"), Calendar(zone, 1))


def at(zone: ZoneInfo, *fields: int) -> datetime:
    return datetime(*fields, tzinfo=zone).astimezone(UTC)  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("day", "zone", "hours"),
    [
        (date(2025, 3, 9), NEW_YORK, 23),
        (date(2025, 11, 2), NEW_YORK, 25),
        (date(2025, 4, 6), LORD_HOWE, 24.5),
        (date(2025, 10, 5), LORD_HOWE, 23.5),
        (date(2018, 11, 4), SAO_PAULO, 23),
        (date(2011, 12, 30), APIA, 0),
        (date(2025, 3, 9), KOLKATA, 24),
    ],
)
def test_a_day_is_as_long_as_the_clock_makes_it(day: date, zone: ZoneInfo, hours: float) -> None:
    starts, ends = day_bounds(day, zone)
    assert (ends - starts) / HOUR == hours


@pytest.mark.parametrize(
    ("zone", "day", "starts"),
    [
        (SAO_PAULO, date(2018, 11, 4), datetime(2018, 11, 4, 3, tzinfo=UTC)),
        (ZoneInfo("Asia/Beirut"), date(2022, 3, 27), datetime(2022, 3, 26, 22, tzinfo=UTC)),
        (APIA, date(2011, 12, 31), datetime(2011, 12, 30, 10, tzinfo=UTC)),
        (ST_JOHNS, date(2010, 11, 7), datetime(2010, 11, 7, 2, 30, tzinfo=UTC)),
        (ZoneInfo("America/Toronto"), date(1919, 3, 31), datetime(1919, 3, 31, 4, 30, tzinfo=UTC)),  # 23:30 to 00:30
    ],
)
def test_a_missing_or_double_midnight_still_gives_one_start(zone: ZoneInfo, day: date, starts: datetime) -> None:
    assert day_bounds(day, zone).starts == starts


def test_the_hour_between_two_midnights_belongs_to_the_later_day() -> None:
    between = datetime(2010, 11, 7, 3, 0, tzinfo=UTC)
    assert between.astimezone(ST_JOHNS).date() == date(2010, 11, 6)
    assert day_of(between, ST_JOHNS) == date(2010, 11, 7)


def test_a_month_in_autumn_has_745_hours() -> None:
    period = monthly(BERLIN).period_at(at(BERLIN, 2025, 10, 7))
    assert period is not None
    assert (period.ends - period.starts) / HOUR == 745


def test_hours_begin_on_the_half_in_a_half_hour_zone() -> None:
    assert hour_of(datetime(2025, 3, 1, 12, 10, tzinfo=UTC), KOLKATA) == datetime(2025, 3, 1, 11, 30, tzinfo=UTC)


def test_a_daily_budget_skips_the_date_that_never_was() -> None:
    daily = Schedule("daily", None, None, None, Calendar(APIA, 1))
    eve = daily.period_at(at(APIA, 2011, 12, 29, 12))
    assert eve is not None
    after = daily.next(eve)
    assert after == day_bounds(date(2011, 12, 31), APIA)
    assert daily.days(Period(eve.starts, after.ends)) == [date(2011, 12, 29), date(2011, 12, 31)]


def local_days(schedule: Schedule, year: int, month: int, day: int) -> tuple[date, date]:
    """First and last day of the period around noon of that day."""
    period = schedule.period_at(at(schedule.calendar.zone, year, month, day, 12))
    assert period is not None
    days = schedule.days(period)
    return days[0], days[-1]


@pytest.mark.parametrize(
    ("anchor", "inside", "expected"),
    [
        (None, (2024, 2, 29), (date(2024, 2, 1), date(2024, 2, 29))),
        (31, (2025, 2, 28), (date(2025, 2, 28), date(2025, 3, 30))),
        (31, (2024, 2, 28), (date(2024, 1, 31), date(2024, 2, 28))),
        (31, (2024, 2, 29), (date(2024, 2, 29), date(2024, 3, 30))),
        (30, (2025, 3, 1), (date(2025, 2, 28), date(2025, 3, 29))),
        (29, (2025, 2, 27), (date(2025, 1, 29), date(2025, 2, 27))),
        (15, (2025, 1, 14), (date(2024, 12, 15), date(2025, 1, 14))),
    ],
)
def test_a_month_begins_on_its_anchor_or_its_last_day(
    anchor: int | None, inside: tuple[int, int, int], expected: tuple[date, date]
) -> None:
    assert local_days(monthly(anchor=anchor), *inside) == expected


@pytest.mark.parametrize(
    ("period", "anchor", "fiscal", "expected"),
    [
        ("daily", None, 1, (date(2025, 8, 20), date(2025, 8, 20))),
        ("weekly", None, 1, (date(2025, 8, 18), date(2025, 8, 24))),
        ("weekly", 7, 1, (date(2025, 8, 17), date(2025, 8, 23))),
        ("weekly", 3, 1, (date(2025, 8, 20), date(2025, 8, 26))),
        ("quarterly", None, 1, (date(2025, 7, 1), date(2025, 9, 30))),
        ("quarterly", None, 2, (date(2025, 8, 1), date(2025, 10, 31))),
        ("quarterly", 3, 1, (date(2025, 6, 1), date(2025, 8, 31))),
        ("quarterly", 12, 1, (date(2025, 6, 1), date(2025, 8, 31))),
        ("yearly", None, 1, (date(2025, 1, 1), date(2025, 12, 31))),
        ("yearly", None, 10, (date(2024, 10, 1), date(2025, 9, 30))),
        ("yearly", 8, 1, (date(2025, 8, 1), date(2026, 7, 31))),
    ],
)
def test_periods_begin_where_anchor_or_fiscal_year_says(
    period: str, anchor: int | None, fiscal: int, expected: tuple[date, date]
) -> None:
    schedule = Schedule(period, anchor, None, None, Calendar(NEW_YORK, fiscal))
    assert local_days(schedule, 2025, 8, 20) == expected


def test_first_and_last_period_are_cut_at_the_days_that_the_budget_applies() -> None:
    schedule = monthly(starts_on=date(2025, 1, 15), ends_on=date(2025, 3, 10))
    found = list(schedule.periods_between(at(NEW_YORK, 2024, 1, 1), at(NEW_YORK, 2026, 1, 1)))
    assert [(schedule.days(one)[0], schedule.days(one)[-1]) for one in found] == [
        (date(2025, 1, 15), date(2025, 1, 31)),
        (date(2025, 2, 1), date(2025, 2, 28)),
        (date(2025, 3, 1), date(2025, 3, 10)),
    ]
    assert schedule.applies() == (at(NEW_YORK, 2025, 1, 15), at(NEW_YORK, 2025, 3, 11))
    assert schedule.previous(found[0]) is None
    assert schedule.next(found[-1]) is None


def test_an_empty_or_backward_range_has_no_periods() -> None:
    moment = at(NEW_YORK, 2025, 1, 5)
    assert list(monthly().periods_between(moment, moment)) == []
    assert list(monthly().periods_between(moment, moment - HOUR)) == []


def test_custom_dates_are_one_period() -> None:
    schedule = Schedule("custom", None, date(2025, 1, 1), date(2025, 3, 31), Calendar(NEW_YORK, 1))
    found = list(schedule.periods_between(at(NEW_YORK, 2020, 1, 1), at(NEW_YORK, 2030, 1, 1)))
    assert found == [Period(at(NEW_YORK, 2025, 1, 1), at(NEW_YORK, 2025, 4, 1))]


@pytest.mark.parametrize(
    ("period", "anchor", "fiscal", "label"),
    [
        ("daily", None, 1, "Mar 5, 2025"),
        ("weekly", None, 1, "Mar 3–9, 2025"),
        ("monthly", None, 1, "March 2025"),
        ("monthly", 15, 1, "Feb 15 – Mar 14, 2025"),
        ("quarterly", None, 1, "Q1 2025"),
        ("quarterly", None, 7, "Q3 FY 2025"),
        ("quarterly", None, 2, "Q1 FY 2026"),
        ("quarterly", 2, 1, "Feb 1 – Apr 30, 2025"),
        ("yearly", None, 1, "FY 2025"),
        ("yearly", None, 3, "FY 2026"),
        ("yearly", 4, 1, "Apr 1, 2024 – Mar 31, 2025"),
    ],
)
def test_a_period_is_called_as_people_call_it(period: str, anchor: int | None, fiscal: int, label: str) -> None:
    schedule = Schedule(period, anchor, None, None, Calendar(KOLKATA, fiscal))
    found = schedule.period_at(at(KOLKATA, 2025, 3, 5, 23, 59))
    assert found is not None
    assert schedule.label(found) == label


@pytest.mark.parametrize(
    ("period", "starts_on", "ends_on", "label"),
    [
        ("custom", date(2025, 1, 1), date(2025, 3, 31), "Jan 1 – Mar 31, 2025"),
        ("custom", date(2024, 12, 1), date(2025, 3, 31), "Dec 1, 2024 – Mar 31, 2025"),
        ("monthly", date(2025, 3, 5), None, "Mar 5–31, 2025"),
        ("monthly", date(2025, 3, 1), date(2025, 3, 31), "March 2025"),
        ("yearly", None, date(2025, 6, 30), "Jan 1 – Jun 30, 2025"),
        ("weekly", date(2025, 3, 5), date(2025, 3, 5), "Mar 5, 2025"),
    ],
)
def test_a_period_cut_short_is_called_by_its_days(
    period: str, starts_on: date | None, ends_on: date | None, label: str
) -> None:
    schedule = Schedule(period, None, starts_on, ends_on, Calendar(NEW_YORK, 1))
    found = schedule.period_at(at(NEW_YORK, 2025, 3, 5, 12))
    assert found is not None
    assert schedule.label(found) == label


@pytest.mark.parametrize(
    ("kind", "anchor", "starts_on", "ends_on", "field", "message"),
    [
        ("montly", None, None, None, "period", "Did you mean monthly?"),
        ("daily", 1, None, None, "anchor", "A daily budget has no anchor. Leave it out."),
        ("custom", 1, date(2025, 1, 1), date(2025, 1, 2), "anchor", "A custom budget has no anchor. Leave it out."),
        ("weekly", 8, None, None, "anchor", "a weekday from 1 (Monday) to 7 (Sunday), not 8"),
        ("monthly", 0, None, None, "anchor", "a day of the month from 1 to 31"),
        ("monthly", 32, None, None, "anchor", "not 32"),
        ("yearly", 13, None, None, "anchor", "a month from 1 (January) to 12 (December), not 13"),
        ("quarterly", 13, None, None, "anchor", "a month from 1 (January) to 12 (December), not 13"),
        ("quarterly", True, None, None, "anchor", "not True"),
        ("custom", None, None, date(2025, 1, 1), "starts_on", "needs both starts_on and ends_on"),
        ("custom", None, date(2025, 1, 1), None, "ends_on", "needs both starts_on and ends_on"),
        ("monthly", None, date(2025, 3, 2), date(2025, 3, 1), "ends_on", "The last day (2025-03-01) is before"),
        ("monthly", None, date(1999, 12, 31), None, "starts_on", "Choose a day from 2000-01-01 to 2999-12-31"),
        ("monthly", None, None, date(9999, 12, 31), "ends_on", "Choose a day from 2000-01-01 to 2999-12-31"),
    ],
)
def test_dates_that_make_no_period_are_refused_with_the_field_and_a_way_out(
    kind: str, anchor: int | None, starts_on: date | None, ends_on: date | None, field: str, message: str
) -> None:
    with pytest.raises(PeriodError) as refused:
        validate(kind, anchor, starts_on, ends_on)
    assert refused.value.field == field
    assert message in refused.value.message
    with pytest.raises(PeriodError):
        Schedule(kind, anchor, starts_on, ends_on, Calendar(NEW_YORK, 1))


def test_a_budget_for_one_day_is_accepted() -> None:
    validate("monthly", 31, date(2025, 3, 1), date(2025, 3, 1))


def test_the_first_and_the_last_day_that_are_kept_are_accepted() -> None:
    validate("monthly", None, FIRST_DAY, LAST_DAY)


@pytest.mark.parametrize("day", [date.min, date(1999, 6, 1), date(3000, 1, 2), date.max])
def test_a_time_beyond_the_years_that_are_kept_is_refused(day: date) -> None:
    with pytest.raises(PeriodError, match="Choose a time from 2000-01-01 to 2999-12-31"):
        monthly().period_at(datetime.combine(day, time.max, UTC))


def test_periods_end_with_the_years_that_are_kept() -> None:
    yearly = Schedule("yearly", 4, None, None, Calendar(NEW_YORK, 1))
    first = yearly.period_at(datetime.combine(FIRST_DAY, time(12), NEW_YORK))
    last = yearly.period_at(datetime.combine(LAST_DAY, time(12), NEW_YORK))
    assert first is not None
    assert last is not None
    assert yearly.previous(first) is None
    assert yearly.next(last) is None
    beginning, end = datetime.combine(date.min, time.min, UTC), datetime.combine(date.max, time.max, UTC)
    every = list(yearly.periods_between(beginning, end))
    assert (every[0], every[-1], len(every)) == (first, last, 1001)


def test_a_time_without_a_zone_is_refused() -> None:
    naive = datetime(2025, 1, 1)  # noqa: DTZ001
    for ask in (hour_of, day_of):
        with pytest.raises(ValueError, match="names no time zone"):
            ask(naive, NEW_YORK)


def test_a_fiscal_year_starts_in_a_month() -> None:
    with pytest.raises(ValueError, match="from 1 to 12, not 13"):
        Calendar(NEW_YORK, 13)

"""What follows from a curve for any stretch of its days, and from quantiles for any confidence."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecasting.domain.curve import EVENLY, Ahead, come_by, rest_of_day, stretch
from forecasting.domain.distribution import PROBABILITIES, probability_above, quantile, tails
from forecasting.domain.estimates import sensible
from forecasting.domain.plain import SHAPE

DAY = date(2026, 11, 27)


def test_plain_shape_has_a_value_for_each_probability():
    assert len(SHAPE) == len(PROBABILITIES)
    assert list(SHAPE) == sorted(SHAPE)


@given(st.floats(0.006, 0.994))
def test_the_chance_above_a_quantile_is_what_is_left(probability):
    assert probability_above(SHAPE, quantile(SHAPE, probability)) == pytest.approx(1 - probability, abs=1e-6)


@given(st.floats(-50, 50), st.floats(0, 10))
def test_more_is_never_likelier_than_less(value, more):
    assert probability_above(SHAPE, value + more) <= probability_above(SHAPE, value)


def test_confidence_is_the_middle():
    assert tails(0.95) == pytest.approx((0.025, 0.975))


@given(st.floats(0, 1000), st.floats(0, 500), st.floats(0.5, 0.99))
def test_what_is_expected_lies_in_its_band_and_nothing_is_below_nothing(expected, spread, confidence):
    low, high = Ahead(expected, spread, SHAPE).band(confidence)
    assert 0 <= low <= expected <= high


def test_a_stretch_errs_by_the_root_of_its_share():
    totals, spreads = [0.0, 10.0, 20.0, 30.0, 40.0], [0.0, 1.0, 2.0, 3.0, 4.0]
    assert stretch(totals, spreads, SHAPE, 0, 4)[:2] == (40.0, 4.0)
    assert stretch(totals, spreads, SHAPE, 3, 4)[:2] == (10.0, 2.0)
    assert stretch(totals, spreads, SHAPE, 2.5, 4)[:2] == pytest.approx((15.0, 4 * (1.5 / 4) ** 0.5))
    assert stretch(totals, spreads, SHAPE, 4, 4)[:2] == (0.0, 0.0)


def test_a_day_that_went_as_usual_ends_as_usual():
    assert rest_of_day(expected=24, spent=12, come=come_by(EVENLY, 0.5)) == pytest.approx(12)


def test_the_later_it_is_the_more_today_says_of_itself():
    early = rest_of_day(expected=24, spent=2 * 6, come=0.25) / 18  # twice as fast as usual
    late = rest_of_day(expected=24, spent=2 * 18, come=0.75) / 6
    assert 1 < early < late < 2


def test_nothing_is_to_come_of_a_day_that_is_over():
    assert rest_of_day(expected=24, spent=5, come=1.0) == 0


@pytest.mark.parametrize(
    ("amount", "rounded", "step"),
    [
        ("10212", "10500", "500"),
        ("10500", "10500", "500"),
        ("87.3", "88", "1"),
        ("0.152", "0.155", "0.005"),
        ("2410", "2500", "100"),
        ("999", "1000", "10"),
    ],
)
def test_an_advised_amount_is_rounded_up_to_a_sensible_figure(amount, rounded, step):
    assert sensible(Decimal(amount)) == (Decimal(rounded), Decimal(step))


def test_few_days_far_ahead_err_no_more_than_they_do_together():
    totals, spreads, singles = [10.0 * n for n in range(101)], [0.5 * n**1.5 for n in range(101)], [0.0] + [5.0] * 100
    assert stretch(totals, spreads, SHAPE, 99, 100)[:2] == (10.0, pytest.approx(50.0))
    assert stretch(totals, spreads, SHAPE, 99, 100, singles)[:2] == (10.0, 5.0)
    assert stretch(totals, spreads, SHAPE, 0, 1, singles)[:2] == (10.0, 0.5)

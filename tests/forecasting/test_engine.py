"""What the engine says of histories of every length and kind: always something, never nonsense."""

from __future__ import annotations

import math
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forecasting.domain.curve import Ahead, Curve
from forecasting.domain.engine import ensemble
from forecasting.domain.engine.days import evened, filled, month_days
from forecasting.domain.engine.run import Run, run

UNTIL = date(2026, 11, 27)  # a Friday
HORIZON = 35


def weekly(count: int, noise: float = 1.0) -> list[float]:
    """Days of 13 on five days of a week and of 10 on two, give or take."""
    rng = np.random.default_rng(1)
    weekdays = [(UNTIL - timedelta(days=count - n)).weekday() for n in range(count)]
    return [10 + 3 * (weekday < 5) + float(rng.normal(0, noise)) for weekday in weekdays]


def total(found: Run, days: int = HORIZON) -> Ahead:
    curve = found.curve
    return Ahead(curve.totals[days], curve.spreads[days], curve.total_shape)


def is_sane(curve: Curve) -> bool:
    """Whether nothing is negative or NaN, sums never fall and spreads of sums do not either."""
    values = [*curve.totals, *curve.spreads, *curve.day_spreads]
    grows = all(after >= before for row in (curve.totals, curve.spreads) for before, after in pairwise(row))
    shapes = (curve.total_shape, curve.day_shape)
    ordered = all(after >= before for shape in shapes for before, after in pairwise(shape))
    return all(math.isfinite(value) and value >= 0 for value in values) and grows and ordered


@pytest.mark.parametrize(
    ("count", "method"),
    [
        (0, "no_history"),
        (1, "short_history"),
        (3, "short_history"),
        (10, "short_history"),
        (40, "ensemble"),
        (400, "ensemble"),
    ],
)
def test_a_history_of_any_length_gets_an_answer_that_says_how_it_was_made(count, method):
    found = run(weekly(count), UNTIL, HORIZON)
    assert is_sane(found.curve)
    assert found.method == method
    assert found.words.endswith(".")
    assert found.fallback == ""


@pytest.mark.parametrize("count", [1, 3, 10, 27, 28, 40, 100, 400, 1100])
def test_a_steady_spend_goes_on(count):
    found = total(run(weekly(count), UNTIL, 28), 28)
    low, high = found.band(0.95)
    assert low <= 28 * 12.14 <= high
    assert found.expected == pytest.approx(28 * 12.14, rel=0.15)


def test_the_longer_the_history_the_narrower_the_band():
    widths = [
        high - low for count in (3, 40, 400) for low, high in [total(run(weekly(count), UNTIL, HORIZON)).band(0.95)]
    ]
    assert widths == sorted(widths, reverse=True)


def test_a_weekend_is_projected_as_a_weekend():
    curve = run(weekly(120, noise=0.3), UNTIL, 7).curve
    days = np.diff(curve.totals)
    weekend = [(UNTIL + timedelta(days=n)).weekday() >= 5 for n in range(7)]
    assert max(days[n] for n in range(7) if weekend[n]) < min(days[n] for n in range(7) if not weekend[n])


def test_the_band_of_a_total_is_narrower_than_the_bands_of_its_days_together():
    curve = run(weekly(400), UNTIL, HORIZON).curve
    low, high = Ahead(curve.totals[28], curve.spreads[28], curve.total_shape).band(0.95)
    days = [Ahead(0.0, curve.day_spreads[n], curve.day_shape) for n in range(1, 29)]
    together = sum(one.spread * (one.shape[-3] - one.shape[2]) for one in days)
    assert high - low < 0.8 * together


@pytest.mark.parametrize("when", [-1, -20, -200])
def test_a_spike_does_not_become_the_trend(when):
    costs = weekly(400)
    plain = total(run(costs, UNTIL, HORIZON)).expected
    costs[when] *= 12
    assert total(run(costs, UNTIL, HORIZON)).expected == pytest.approx(plain, rel=0.05)


def test_a_new_level_is_taken_over():
    costs = weekly(400)
    costs[-14:] = [3 * cost for cost in costs[-14:]]
    assert total(run(costs, UNTIL, 28), 28).expected == pytest.approx(28 * 12.14 * 3, rel=0.15)


def test_days_that_just_changed_widen_the_band_over_both_levels():
    costs = weekly(400)
    usual = total(run(costs, UNTIL, 28), 28).expected
    costs[-3:] = [0.0, 0.0, 0.0]
    found = run(costs, UNTIL, 28)
    low, high = total(found, 28).band(0.95)
    assert low < usual * 0.3
    assert high > usual * 0.9
    assert "The last days went otherwise than usual" in found.words


def test_a_budget_that_stopped_expects_nothing_and_says_since_when():
    found = run([*weekly(200), *[0.0] * 30], UNTIL, HORIZON)
    assert (found.method, total(found).expected) == ("stopped", 0.0)
    assert "since Oct 27" in found.words
    assert total(found).band(0.95)[1] > 0  # it may begin again


def test_pauses_that_were_always_there_are_no_stop():
    costs = ([5.0] * 5 + [0.0] * 14) * 12
    assert run(costs, UNTIL, HORIZON).method == "ensemble"


def test_month_ends_that_always_stand_out_are_projected_again():
    start = UNTIL - timedelta(days=400)
    costs = [cost * (2.5 if (start + timedelta(days=n + 1)).day == 1 else 1) for n, cost in enumerate(weekly(400))]
    found = run(costs, UNTIL, 7)
    days = np.diff(found.curve.totals)
    assert days[3] == pytest.approx(2.5 * 13, rel=0.15)  # Nov 30, a Monday
    assert "Days of the month" in found.words


def test_days_that_differ_by_chance_are_no_month_ends():
    assert month_days(np.asarray(weekly(400)), UNTIL - timedelta(days=400)).is_flat


def test_a_year_is_seen_once_it_is_there():
    count = 3 * 364
    costs = [100 + 60 * math.sin(2 * math.pi * (n - count) / 364) for n in range(count)]
    found = total(run(costs, UNTIL, 91), 91)
    assert found.expected == pytest.approx(sum(100 + 60 * math.sin(2 * math.pi * n / 364) for n in range(91)), rel=0.05)


def test_gaps_are_filled_with_what_such_days_cost():
    costs = weekly(120, noise=0.0)
    with_gap = np.asarray(costs)
    with_gap[60:67] = np.nan
    assert filled(with_gap).tolist() == pytest.approx(costs)
    assert is_sane(run(with_gap.tolist(), UNTIL, HORIZON).curve)


def test_a_new_budget_borrows_its_parents_week():
    parent = [10.0 if (UNTIL - timedelta(days=56 - n)).weekday() < 5 else 0.0 for n in range(56)]
    found = run([4.0, 4.0], UNTIL, 7, parent=parent)
    days = np.diff(found.curve.totals)
    assert [round(float(day), 6) for day in days[1:3]] == [0, 0]  # Saturday and Sunday
    assert "those of the budget above it" in found.words


def test_a_fit_that_fails_falls_back_and_says_so(monkeypatch):
    def broken(*arguments: object) -> None:
        raise RuntimeError("no convergence")

    monkeypatch.setattr(ensemble, "members", broken)
    found = run(weekly(100), UNTIL, HORIZON)
    assert found.method == "short_history"
    assert found.fallback == "Models could not be fitted (RuntimeError), so a simpler method stands in."
    assert is_sane(found.curve)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    costs=st.lists(
        st.one_of(st.just(0.0), st.floats(0, 1e6), st.floats(0, 1e-6), st.just(float("nan"))), min_size=0, max_size=90
    ),
    horizon=st.integers(1, 70),
)
def test_whatever_was_spent_nothing_is_negative_or_nan(costs, horizon):
    assert is_sane(run(costs, UNTIL, horizon).curve)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    costs=st.lists(st.floats(1, 100), min_size=1, max_size=60),
    factor=st.sampled_from([0.001, 0.5, 3.0, 1000.0]),
)
def test_spend_times_k_is_every_figure_times_k(costs, factor):
    one, other = run(costs, UNTIL, 30).curve, run([factor * cost for cost in costs], UNTIL, 30).curve
    for name in ("totals", "spreads", "day_spreads"):
        assert [factor * value for value in getattr(one, name)] == pytest.approx(list(getattr(other, name)), rel=1e-3)
    assert list(one.total_shape) == pytest.approx(list(other.total_shape), rel=1e-3)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(costs=st.lists(st.floats(0, 100), min_size=1, max_size=60))
def test_bands_widen_with_confidence_and_with_lead(costs):
    found = run(costs, UNTIL, 30)
    bands = [total(found, 30).band(confidence) for confidence in (0.5, 0.8, 0.9, 0.95, 0.99)]
    assert all(wide[0] <= narrow[0] and narrow[1] <= wide[1] for narrow, wide in pairwise(bands))
    widths = [total(found, days).spread for days in range(1, 31)]
    assert widths == sorted(widths)


def test_a_run_is_the_same_when_made_again():
    assert run(weekly(90), UNTIL, 30).curve == run(weekly(90), UNTIL, 30).curve


def test_only_days_that_stand_far_out_are_evened():
    costs = np.asarray(weekly(100))
    costs[50] *= 8
    even = evened(costs)
    assert np.flatnonzero(even != costs).tolist() == [50]
    assert even[50] < 1.2 * np.sort(np.delete(costs, 50))[-1]


def test_a_first_day_that_the_parents_week_hardly_knows_is_no_giant():
    parent = [100.0 if (UNTIL - timedelta(days=60 - n)).weekday() < 5 else 0.0 for n in range(60)]
    monday = date(2026, 11, 30)
    parent += [100.0, 0.0, 0.0]
    found = run([5.0], monday, 30, parent=parent)
    assert is_sane(found.curve)
    assert total(found, 30).expected <= 30 * 5 * 7 / 5


@pytest.mark.parametrize("every", ["month", "30 days"])
def test_a_bill_that_comes_every_month_is_projected_again(every):
    start = UNTIL - timedelta(days=400)
    costs = weekly(400)
    for n in range(400):
        if (start + timedelta(days=n)).day == 15 if every == "month" else n % 30 == 7:
            costs[n] += 300
    usual = total(run(weekly(400), UNTIL, 31), 31).expected
    assert total(run(costs, UNTIL, 31), 31).expected == pytest.approx(usual + 300, rel=0.15)

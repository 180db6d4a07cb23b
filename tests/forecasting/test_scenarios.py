"""Scenarios as rules: only what is to come changes, in a fixed order, and what cannot be meant is refused in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from budgets.domain.periods import Period
from forecasting.domain.assumptions import Assumptions, Scenario, ScenarioError, Switch, scenarios_in
from forecasting.domain.outlook import Outlook, outlook_from
from forecasting.domain.plain import METHOD, PlainWay
from forecasting.domain.scenarios import Outcome, Switched, edges_of, outcome_of

MARCH = Period(datetime(2025, 3, 1, tzinfo=UTC), datetime(2025, 4, 1, tzinfo=UTC))
NOON = datetime(2025, 3, 11, 12, tzinfo=UTC)  # 20.5 days are to come
CENT = Decimal("0.01")
AS_IT_IS = Switched()


def outlook(
    spent: object = 105, limit: object | None = 300, rate: object = 10, at: datetime = NOON, period: Period = MARCH
) -> Outlook:
    """A period that goes on at `rate` a day."""
    spent, limit = Decimal(str(spent)), None if limit is None else Decimal(str(limit))
    way, advised = PlainWay(Decimal(str(rate)), at, 10), (period, None)
    return outlook_from(way, period, at, spent, limit, Decimal("0.95"), {}, advised, METHOD, "", "", 10, None)


def worked_out(of: Outlook, switched: Switched = AS_IT_IS, **assumed: Any) -> Outcome:
    """What a scenario comes to."""
    return outcome_of(of, edges_of(of), Scenario("S", Assumptions(**assumed)), switched)


def test_the_current_rate_is_the_outlook_itself() -> None:
    found, of = worked_out(outlook()), outlook()
    assert (found.projected, found.low, found.high) == (of.projected, of.low, of.high) == (310, of.low, of.high)
    assert (found.change, found.exceeds, found.exceeds_at) == (0, True, of.exceeds_at)
    assert found.exceed_probability == of.exceed_probability


def test_additional_requests_come_on_top_spread_evenly() -> None:
    found = worked_out(outlook(), additional_requests=10_000, average_cost=Decimal("0.0205"))
    assert (found.projected, found.change) == (515, 205)
    first, *_, last = [total.total for total in found.totals]
    assert first == 105 + Decimal("0.5") * 20
    assert last == 515
    assert found.exceeds_at == NOON + timedelta(days=9.75)
    assert found.days_until_exceeded == Decimal("9.7")


def test_a_reduction_leaves_what_was_spent() -> None:
    found = worked_out(outlook(), cost_reduction=Decimal("0.3"))
    assert found.projected == 105 + Decimal("143.5")
    assert (found.exceeds, found.days_until_exceeded) == (False, None)
    assert worked_out(outlook(), cost_reduction=Decimal(1)).projected == 105


def test_growth_is_compounded_by_the_day_and_leaves_today() -> None:
    found = worked_out(outlook(), growth_rate=Decimal("0.1"))
    daily = 1.1 ** (1 / 30.4375)
    came = 5 + sum(10 * daily**day for day in range(1, 21))
    assert float(found.projected) == pytest.approx(105 + came)
    assert found.totals[0].total == 110


def test_a_day_is_told_by_its_hours_and_is_one_day_of_growth() -> None:
    day = Period(NOON.replace(hour=0), NOON.replace(hour=0) + timedelta(days=1))
    found = worked_out(outlook(spent=6, limit=8, rate=12, period=day), growth_rate=Decimal("0.5"))
    assert [total.at.hour for total in found.totals] == [*range(13, 24), 0]
    assert [total.total for total in found.totals] == [Decimal(6) + Decimal("0.5") * n for n in range(1, 13)]
    assert found.projected == 12
    assert found.exceeds_at == NOON + timedelta(hours=4)


def test_assumptions_apply_in_their_order() -> None:
    found = worked_out(
        outlook(),
        Switched(Decimal("0.5")),
        model_switch=Switch("a", "b"),
        cost_reduction=Decimal("0.2"),
        additional_requests=10,
        average_cost=Decimal(1),
    )
    assert found.projected == 105 + 205 * Decimal("0.4") + 10


def test_another_limit_changes_no_spend() -> None:
    found = worked_out(outlook(), budget_amount=Decimal(155))
    assert (found.projected, found.change, found.limit) == (310, 0, 155)
    assert (found.exceeds, found.exceeds_at) == (True, NOON + timedelta(days=5))
    reached = worked_out(outlook(), budget_amount=Decimal(100))
    assert (reached.exceed_probability, reached.days_until_exceeded) == (1, 0)
    assert worked_out(outlook(limit=None), budget_amount=Decimal(400)).exceeds is False


def test_nothing_is_added_where_nothing_is_to_come() -> None:
    over = outlook(at=MARCH.ends, rate=0)
    found = worked_out(over, additional_requests=10, average_cost=Decimal(1))
    assert (found.projected, found.change, found.totals) == (105, 0, [])


def test_what_is_beyond_counting_is_refused() -> None:
    with pytest.raises(ScenarioError, match="more than can be counted"):
        worked_out(outlook(), additional_requests=10**12, average_cost=Decimal(10) ** 9)


SHARES = st.decimals(0, 1, places=4)
SUMS = st.decimals(0, 10**6, places=2)


@given(rate=SUMS, spent=SUMS, share=SHARES)
def test_a_reduction_takes_its_share_of_what_is_to_come(rate: Decimal, spent: Decimal, share: Decimal) -> None:
    of = outlook(spent, None, rate)
    found = worked_out(of, cost_reduction=share)
    assert abs(-found.change - (of.projected - spent) * share) < CENT
    assert found.low <= found.projected <= found.high
    if of.projected - spent > 1:
        assert abs((found.high - found.low) - (of.high - of.low) * (1 - share)) < 1


@given(
    rate=SUMS,
    growth=st.decimals("-0.99", 10, places=2),
    share=SHARES,
    count=st.integers(0, 10**6),
    average=st.decimals(0, 100, places=4),
)
def test_totals_never_fall_and_end_at_what_is_projected(
    rate: Decimal, growth: Decimal, share: Decimal, count: int, average: Decimal
) -> None:
    found = worked_out(
        outlook(50, 500, rate),
        growth_rate=growth,
        cost_reduction=share,
        additional_requests=count,
        average_cost=average,
    )
    totals = [Decimal(50), *(total.total for total in found.totals)]
    assert totals == sorted(totals)
    assert abs(totals[-1] - found.projected) < CENT
    assert found.low <= found.projected <= found.high
    assert found.exceed_probability is not None
    assert 0 <= found.exceed_probability <= 1
    assert (found.days_until_exceeded is not None) == (found.projected > 500)


@pytest.mark.parametrize(
    ("assumed", "place", "sentence"),
    [
        ({"growth_rate": -3}, "growth_rate", "above -1 and up to 10"),
        ({"growth_rate": "11"}, "growth_rate", "above -1 and up to 10"),
        ({"cost_reduction": 1.2}, "cost_reduction", "A share from 0 to 1"),
        ({"cost_reduction": True}, "cost_reduction", "A share from 0 to 1"),
        ({"cost_reduction": "NaN"}, "cost_reduction", "A share from 0 to 1"),
        ({"additional_requests": -1, "average_cost": 1}, "additional_requests", "A whole number of requests"),
        ({"additional_requests": "1.5", "average_cost": 1}, "additional_requests", "A whole number of requests"),
        ({"additional_requests": 10**13, "average_cost": 1}, "additional_requests", "A whole number of requests"),
        ({"additional_requests": 1}, "average_cost", "what one of the additional requests costs"),
        ({"average_cost": 1}, "additional_requests", "how many requests"),
        ({"average_cost": -1, "additional_requests": 1}, "average_cost", "What one request costs"),
        ({"budget_amount": -1}, "budget_amount", "An amount from 0"),
        ({"budget_amount": "1E-200000"}, "budget_amount", "An amount from 0"),
        ({"average_cost": "1E-200000", "additional_requests": 1}, "average_cost", "What one request costs"),
        ({"cost_reductoin": 0.3}, "cost_reductoin", "Did you mean cost_reduction?"),
        ({"model_switch": "gpt-4"}, "model_switch", "Write an object"),
        ({"model_switch": {"from": "gpt-4"}}, "model_switch.to", "Name a model"),
        ({"model_switch": {"from": "a", "to": "b", "share": 0}}, "model_switch.share", "A share above 0"),
        ({"model_switch": {"from": "a", "too": "b", "to": "c"}}, "model_switch.too", "Did you mean to?"),
    ],
)
def test_what_cannot_be_meant_is_refused_at_its_place(assumed: dict[str, Any], place: str, sentence: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        scenarios_in([{"name": "Fine"}, {"name": "Not", "assumptions": assumed}])
    assert list(refused.value.fields) == [f"scenarios.1.assumptions.{place}"]
    assert sentence in refused.value.fields[f"scenarios.1.assumptions.{place}"][0]


@pytest.mark.parametrize(
    ("raw", "place"),
    [
        ([], "scenarios"),
        ({}, "scenarios"),
        ([{"name": f"{n}"} for n in range(10_000)], "scenarios"),
        ([{"name": " "}], "scenarios.0.name"),
        ([{"name": "a" * 121}], "scenarios.0.name"),
        ([{"name": "a"}, {"name": "A "}], "scenarios.1.name"),
        (["current_rate"], "scenarios.0"),
        ([{"name": "a", "assumptions": "fast"}], "scenarios.0.assumptions"),
        ([{"name": "a", "assumption": {}}], "scenarios.0.assumption"),
    ],
)
def test_scenarios_have_names_of_their_own_and_are_not_too_many(raw: Any, place: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        scenarios_in(raw)
    assert list(refused.value.fields) == [place]


def test_what_was_asked_is_written_as_it_is_read() -> None:
    raw = [
        {"name": "As it goes", "assumptions": "current_rate"},
        {
            "name": "All",
            "assumptions": {
                "growth_rate": "0.1",
                "model_switch": {"from": "a", "to": "b", "share": "0.5"},
                "cost_reduction": "0.3",
                "additional_requests": 10,
                "average_cost": "0.05",
                "budget_amount": "7",
            },
        },
    ]
    assert [scenario.plain() for scenario in scenarios_in(raw)] == raw


@pytest.mark.parametrize("key", ["growth_rate", "cost_reduction", "average_cost", "budget_amount"])
@pytest.mark.parametrize("zero", ["0E-200000", "-0.000E+99999", "0." + "0" * 1000])
def test_a_zero_of_many_digits_is_zero(key: str, zero: str) -> None:
    [found] = scenarios_in([{"name": "a", "assumptions": {key: zero, "additional_requests": 1, "average_cost": zero}}])
    assert len(str(found.plain())) < 200
    assert f"{getattr(found.assumptions, key):f}" == "0"

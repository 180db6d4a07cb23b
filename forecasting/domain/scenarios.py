"""Scenarios: where a period would be heading if something changed from now on. Pure rules over an outlook.

Only what is still to come is changed, never what was spent. What is assumed is applied in this order: growth (each day
after today is larger than the one before, by the daily part of the monthly rate), the switch of models, the reduction,
and last the additional requests, which come on top as they are, spread evenly over what remains of the period. What is
scaled keeps its doubt in proportion; what is added brings a doubt of its own, ADDED_DOUBT of its sum.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_DOWN, Decimal
from math import hypot
from typing import NamedTuple

from django.conf import settings

from budgets.domain.course import Unit, cut
from budgets.domain.outline import Standing
from budgets.domain.status import CLOSE
from forecasting.domain.assumptions import Assumptions, Scenario, ScenarioError
from forecasting.domain.curve import Ahead
from forecasting.domain.estimates import STEP, as_chance, as_money
from forecasting.domain.outlook import Outlook
from wire.days import ONE_DAY, TICK, day_begins, day_of, days_in

MONTH = 30.4375  # days, on average
ADDED_DOUBT = 0.1
"""The spread of what additional requests cost, as a share of it."""
BEYOND = Decimal(10) ** 15
TENTH = Decimal("0.1")
ZERO, ONE = Decimal(0), Decimal(1)


class Edge(NamedTuple):
    """The end of a day to come, of an hour where the period is as short, or of the period; and what comes until then if
    nothing changes.
    """

    day: date
    at: datetime
    expected: Decimal
    ahead: Ahead


class Switched(NamedTuple):
    """By what a switch of models scales what is to come, and what there is to say of it."""

    factor: Decimal = ONE
    note: str = ""


class Total(NamedTuple):
    """What will have been spent since the period began, when a day or an hour ends."""

    day: date
    at: datetime
    total: Decimal


@dataclass(frozen=True)
class Outcome:
    """Where the period is heading under a scenario, in the company's currency; `limit` is None without a budget."""

    scenario: Scenario
    spent: Decimal
    projected: Decimal
    low: Decimal
    high: Decimal
    change: Decimal
    """Against the current rate."""
    limit: Decimal | None
    exceed_probability: Decimal | None
    days_until_exceeded: Decimal | None
    exceeds_at: datetime | None
    note: str
    totals: Sequence[Total]

    @property
    def exceeds(self) -> bool | None:
        """Whether the limit is expected to be passed; None without one."""
        return None if self.limit is None else self.projected > self.limit

    @property
    def standing(self) -> Standing | None:
        """How the budget would stand, as it is said of any; None without one."""
        if self.limit is None:
            return None
        if self.spent > 0 and self.spent >= self.limit:
            return Standing.EXCEEDED
        if self.exceeds:
            return Standing.CRITICAL
        return Standing.WARNING if self.spent and self.projected >= self.limit * CLOSE else Standing.OK


def edges_of(outlook: Outlook) -> list[Edge]:
    """The days to come of an outlook; none where nothing more is to come."""
    if outlook.at_rest:
        return []
    found = []
    for at in _ends_of_steps(outlook):
        expected = outlook.way.until(at, float(outlook.confidence)).expected
        found.append(Edge(day_of(at - TICK, settings.COSTOPS_ZONE), at, expected, outlook.way.ahead(at)))
    return found


def _ends_of_steps(outlook: Outlook) -> Iterator[datetime]:
    unit, steps = cut(outlook.period)
    if unit is Unit.HOUR:
        yield from (ends for _, ends in steps if ends > outlook.at)
        return
    zone = settings.COSTOPS_ZONE
    day, last = day_of(outlook.begins, zone), day_of(outlook.period.ends - TICK, zone)
    while day <= last and outlook.at < outlook.period.ends:
        yield min(day_begins(day + ONE_DAY, zone), outlook.period.ends)
        day += ONE_DAY


def outcome_of(outlook: Outlook, edges: Sequence[Edge], scenario: Scenario, switched: Switched) -> Outcome:
    """What a scenario comes to. Raises ScenarioError, its field being `assumptions`, where that is beyond counting."""
    assumed = scenario.assumptions
    limit = outlook.limit if assumed.budget_amount is None else assumed.budget_amount
    ahead = list(changed(outlook.at, outlook.begins, edges, assumed, switched.factor))
    if not ahead or not assumed.changes_spend:
        projected, low, high = outlook.projected, outlook.low, outlook.high
    else:
        expected, doubt = ahead[-1]
        lowest, highest = doubt.band(float(outlook.confidence))
        projected = outlook.spent + expected
        low = min(outlook.spent + as_money(lowest), projected)
        high = max(outlook.spent + as_money(highest), projected)
    chance, until, exceeds_at = _against(outlook, edges, ahead, limit, assumed)
    return Outcome(
        scenario,
        outlook.spent,
        projected,
        low,
        high,
        projected - outlook.projected,
        limit,
        chance,
        until,
        exceeds_at,
        switched.note,
        [Total(e.day, e.at, outlook.spent + found.expected) for e, found in zip(edges, ahead, strict=True)],
    )


class Changed(NamedTuple):
    """What is still to come until a day ends under a scenario, as money and with its doubt."""

    expected: Decimal
    ahead: Ahead


def changed(
    at: datetime, begins: datetime, edges: Sequence[Edge], assumed: Assumptions, switch: Decimal = ONE
) -> Iterator[Changed]:
    """What is to come until each edge, after growth since `at`, switch, reduction, and additional requests, which are
    spread from where what is to come `begins`.
    """
    kept, today = switch * (ONE - assumed.cost_reduction), day_of(at, settings.COSTOPS_ZONE)
    before, grown = ZERO, ZERO
    for edge in edges:
        grown += (edge.expected - before) * _growth(assumed.growth_rate, (edge.day - today).days)
        before = edge.expected
        scaled = (grown if assumed.growth_rate else edge.expected) * kept
        added = assumed.added * _share(begins, edge.at, edges[-1].at)
        if scaled + added > BEYOND:
            raise _beyond()
        expected = (scaled + added).quantize(STEP)
        ratio = float(scaled / edge.expected) if edge.expected > 0 else float(kept)
        spread = hypot(edge.ahead.spread * ratio, ADDED_DOUBT * float(added))
        yield Changed(expected, Ahead(float(expected), spread, edge.ahead.shape))


def _growth(rate: Decimal, day: int) -> Decimal:
    """How much larger a day is than today, `day` days from it."""
    try:
        return Decimal(repr((1 + float(rate)) ** (day / MONTH))) if rate else ONE
    except OverflowError:
        raise _beyond() from None


def _share(at: datetime, edge: datetime, ends: datetime) -> Decimal:
    return ONE if edge >= ends else days_in(edge - at) / days_in(ends - at)


def _beyond() -> ScenarioError:
    return ScenarioError({"assumptions": ["This comes to more than can be counted. Choose smaller numbers."]})


def _against(
    outlook: Outlook, edges: Sequence[Edge], ahead: Sequence[Changed], limit: Decimal | None, assumed: Assumptions
) -> tuple[Decimal | None, Decimal | None, datetime | None]:
    """How likely the limit is passed, in how many days, and when; each None where that does not apply."""
    if limit == outlook.limit and not assumed.changes_spend:
        return outlook.exceed_probability, outlook.days_until_exceeded, outlook.exceeds_at
    if limit is None:
        return None, None, None
    left = limit - outlook.spent
    if outlook.spent > 0 and left <= 0:
        return ONE, ZERO, None
    if not ahead:
        return ZERO, None, None
    chance = as_chance(ahead[-1].ahead.chance_above(float(left)))
    if assumed.changes_spend:
        exceeds_at = _passes(outlook.begins, edges, ahead, left)
    else:
        exceeds_at = outlook.way.passes(float(left), outlook.period.ends)
    if exceeds_at is None or ahead[-1].expected <= left:
        return chance, None, None
    return chance, days_in(exceeds_at - outlook.at).quantize(TENTH, ROUND_DOWN), exceeds_at


def _passes(at: datetime, edges: Sequence[Edge], ahead: Sequence[Changed], left: Decimal) -> datetime | None:
    """When so much more will have come, straight between the ends of two days."""
    begins, before = at, ZERO
    for edge, found in zip(edges, ahead, strict=True):
        if found.expected > left:
            share = (left - before) / (found.expected - before)
            return begins + (edge.at - begins) * float(share)
        begins, before = edge.at, found.expected
    return None

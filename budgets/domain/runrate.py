"""The plain run rate: where a period ends if it goes on as it went. Pure; it stands in where nothing was forecast."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal

from budgets.domain.periods import Period
from budgets.domain.projection import Projection
from wire.days import days_in

EARLY = Decimal("0.1")  # before a tenth of the period has passed, its spend is spread over that tenth
STEP = Decimal("0.0000000001")


def run_rate(
    spent: Decimal, limit: Decimal, period: Period, now: datetime, recorded_since: datetime | None = None
) -> Projection:
    """Projects what was `spent` until `now` to the end of the period.

    The burn rate is what was spent per day passed. Days before `recorded_since`, when the installation began to record
    calls, are none of them: nobody knows what was spent then. The projected rate is the same, but counts at least a
    tenth of the period as passed: the first hour of a month says little of its end, and seven dollars at one in the
    morning are not a forecast of five thousand. `days_until_exceeded` is None when the limit holds until the period
    ends, 0 when it was reached.
    """
    at = min(max(now, period.starts), period.ends)
    burn, since = burn_rate(spent, period, at, recorded_since)
    passed, left = days_in(at - (since or period.starts)), days_in(period.ends - at)
    rate = spent / max(passed, days_in(period.ends - period.starts) * EARLY) if left else Decimal(0)
    forecast = (spent + rate * left).quantize(STEP)
    until: Decimal | None = None
    exceeds_at: datetime | None = None
    if spent > 0 and spent >= limit:
        until = Decimal(0)
    elif rate > 0 and forecast > limit:
        until = ((limit - spent) / rate).quantize(Decimal("0.1"), ROUND_DOWN)
        exceeds_at = at + timedelta(seconds=int((limit - spent) / rate * 86_400))
    return Projection(burn, rate.quantize(STEP), forecast, until, since, exceeds_at)


def burn_rate(
    spent: Decimal, period: Period, at: datetime, recorded_since: datetime | None
) -> tuple[Decimal, datetime | None]:
    """What was spent per day passed, and since when recording began, where that is within the period."""
    at = min(max(at, period.starts), period.ends)
    since = recorded_since if recorded_since and period.starts < recorded_since < at else None
    passed = days_in(at - (since or period.starts))
    return (spent / passed if passed else Decimal(0)).quantize(STEP), since

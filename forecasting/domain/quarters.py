"""What a run says of the periods of a budget that begin in a quarter. It is kept with the run for the quarter after the
one it was made in, so that a page of all budgets needs no curve.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection

from budgets.domain.periods import Period, Schedule
from budgets.models import Budget
from forecasting.domain.estimates import ENOUGH, STEP, as_money
from forecasting.domain.reading import AnyWay
from usage.domain import arrays
from wire.calendar import Stretch
from wire.days import ONE_DAY, TICK, day_of

ZERO = Decimal(0)

LATEST = """
SELECT asked.budget_id, f.budget_version, f.next_quarter FROM unnest(%s::bigint[]) AS asked(budget_id)
JOIN LATERAL (
    SELECT budget_version, next_quarter FROM forecasting_forecast
    WHERE budget_id = asked.budget_id AND NOT backtested AND made_at <= %s ORDER BY made_at DESC LIMIT 1
) f ON true
"""


class QuarterAhead(NamedTuple):
    """What a budget's periods cost that begin in the quarter whose first day is `quarter`, in money.

    `dearest` is the one that needs most: `expected` is what it costs, `enough` what is so with the probability ENOUGH.
    `average` is what one costs; `parts` and `total` are how many periods and what cost lie within the quarter.
    """

    quarter: date
    periods: int = 0
    dearest: Period | None = None
    expected: Decimal = ZERO
    enough: Decimal = ZERO
    average: Decimal = ZERO
    parts: Decimal = ZERO
    total: Decimal = ZERO

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        dearest = [edge.isoformat() for edge in self.dearest] if self.dearest else None
        sums = {name: str(getattr(self, name)) for name in SUMS}
        return {"quarter": self.quarter.isoformat(), "periods": self.periods, "dearest": dearest, **sums}


SUMS = ("expected", "enough", "average", "parts", "total")


def read(plain: Mapping[str, Any]) -> QuarterAhead:
    """The other way round of `plain`."""
    dearest = Period(*map(datetime.fromisoformat, plain["dearest"])) if plain["dearest"] else None
    sums = {name: Decimal(plain[name]) for name in SUMS}
    return QuarterAhead(date.fromisoformat(plain["quarter"]), plain["periods"], dearest, **sums)


def ahead_in(quarter: Stretch, schedule: Schedule, way: AnyWay) -> QuarterAhead | None:
    """What a way says of a quarter to come; None where it does not reach so far."""
    periods = periods_in(schedule, quarter)
    if not periods:
        return QuarterAhead(quarter.first)
    if not way.reaches(min(periods[-1].ends, quarter.ends)):
        return None
    periods = [period for period in periods if way.reaches(period.ends)]
    if not periods:
        return None
    costs = {period: way.between(*period) for period in periods}
    enough = {period: max(cost.at(float(ENOUGH)), cost.expected) for period, cost in costs.items()}
    parts = {period: part_in(period, quarter) for period in periods}
    dearest = max(periods, key=enough.__getitem__)
    expected = {period: as_money(cost.expected) for period, cost in costs.items()}
    return QuarterAhead(
        quarter.first,
        len(periods),
        dearest,
        expected[dearest],
        as_money(enough[dearest]),
        (sum(expected.values(), ZERO) / len(periods)).quantize(STEP),
        sum(parts.values(), ZERO),
        sum((expected[period] * parts[period] for period in periods), ZERO).quantize(STEP),
    )


def periods_in(schedule: Schedule, quarter: Stretch) -> list[Period]:
    """A budget's periods that begin in a quarter."""
    between = schedule.periods_between(quarter.starts, quarter.ends)
    return [period for period in between if period.starts >= quarter.starts]


def part_in(period: Period, quarter: Stretch) -> Decimal:
    """How much of a period that begins in a quarter lies in it, as a share of its days."""
    if period.ends <= quarter.ends:
        return Decimal(1)
    zone = settings.COSTOPS_ZONE
    first, after = day_of(period.starts, zone), day_of(period.ends - TICK, zone) + ONE_DAY
    return Decimal((min(after, quarter.after) - first).days) / (after - first).days


def kept_for(quarter: Stretch, budgets: Sequence[Budget], now: datetime) -> dict[int, QuarterAhead]:
    """What the latest runs kept of a quarter, by the budget's id. Budgets whose latest run was made in another quarter,
    before their dates changed, or does not reach so far, are missing.
    """
    with connection.cursor() as cursor:
        cursor.execute(LATEST, [arrays.plain(budget.pk for budget in budgets), now])
        rows = {pk: (version, json.loads(said or "null")) for pk, version, said in cursor.fetchall()}
    found = {}
    for budget in budgets:
        version, said = rows.get(budget.pk, (None, None))
        if version == budget.version and said and said["quarter"] == quarter.first.isoformat():
            found[budget.pk] = read(said)
    return found

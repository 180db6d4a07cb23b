"""The calls of the demo company, day by day: weekdays, growth, a spike and a runaway, by chance with a fixed seed."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import accumulate
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from budgets.domain.periods import day_bounds
from costops.demo import workloads
from costops.demo.workloads import WORKLOADS, Kind, Workload
from usage.domain.calls import Call

SEED: Final = "costops demo 1"
DAY: Final = timedelta(days=1)
SPREAD: Final = 0.55  # sigma of the logarithm of tokens
MOST_TOKENS: Final = 1_000_000
OFFICE: Final = (1, 1, 1, 1, 1, 2, 4, 8, 16, 22, 24, 22, 18, 21, 24, 23, 20, 15, 9, 6, 4, 3, 2, 1)
NIGHT: Final = (20, 24, 24, 20, 12, 4, 2, *[1] * 14, 4, 8, 14)


def counts(today: date, days: int, total: int) -> list[list[int]]:
    """How many calls each workload makes on each of the `days` up to today, today in full.

    The days before today make `total` calls together.
    """
    wanted = [[_expected(work, today, days - 1 - number, days) for work in WORKLOADS] for number in range(days)]
    scale = total / sum(sum(day) for day in wanted[:-1])
    found, owed, given = [], 0.0, 0
    for day in wanted:
        row = []
        for expected in day:
            owed += expected * scale
            row.append(round(owed) - given)
            given += row[-1]
        found.append(row)
    return found


def _expected(work: Workload, today: date, ago: int, days: int) -> float:
    day = today - ago * DAY
    calls = work.calls * (1 - work.growth * ago / days)
    if day.weekday() >= 5:
        calls *= work.weekend
    calls *= Random(f"{SEED} {day} {work.project}").uniform(0.93, 1.07)  # noqa: S311
    if work.runs_away and ago < workloads.RUNAWAY_DAYS:
        calls *= 1 + (workloads.RUNAWAY_TIMES - 1) * (1 - ago / workloads.RUNAWAY_DAYS)
    if work.spikes and ago == workloads.SPIKE_DAY:
        calls *= workloads.SPIKE_TIMES
    return calls


def calls_of(day: date, numbers: list[int], zone: ZoneInfo, spike: bool, until: datetime) -> Iterator[Call]:
    """The calls of one local day that happened before `until`. The same day, numbers and zone give the same calls."""
    chance = Random(f"{SEED} {day}")  # noqa: S311
    starts, ends = day_bounds(day, zone)
    hour = (ends - starts) / 24
    for work, number in zip(WORKLOADS, numbers, strict=True):
        kinds = list(accumulate(kind.weight for kind in work.kinds))
        hours = list(accumulate(_hours(work, spike)))
        for _ in range(number):
            at = starts + hour * (chance.choices(range(24), cum_weights=hours)[0] + chance.random())
            call = _call(work, chance.choices(work.kinds, cum_weights=kinds)[0], at, chance)
            if at < until:
                yield call


def _hours(work: Workload, spike: bool) -> tuple[int, ...]:
    if spike and work.spikes:
        return tuple(300 if 13 <= hour < 17 else weight for hour, weight in enumerate(OFFICE))
    return NIGHT if work.nightly else OFFICE


def _call(work: Workload, kind: Kind, at: datetime, chance: Random) -> Call:
    into = min(MOST_TOKENS, int(kind.input_tokens * chance.lognormvariate(0, SPREAD)))
    out = int(kind.output_tokens * chance.lognormvariate(0, SPREAD))
    tags: dict[str, str | int | float | bool | None] = dict(work.tags)
    if work.features:
        tags["feature"] = chance.choice(work.features)
    return Call(
        id=uuid.UUID(int=chance.getrandbits(128), version=4),
        occurred_at=at,
        provider=kind.provider,
        model=kind.model,
        input_tokens=into,
        output_tokens=out,
        cached_input_tokens=int(into * kind.cached * chance.random() * 2) if kind.cached else 0,
        reasoning_tokens=int(out * kind.reasoning),
        service_tier=kind.tier,  # type: ignore[arg-type]
        project=work.project,
        environment=work.environment,
        team=work.team,
        user=chance.choice(work.users) if work.users else None,
        tags=tags or None,
    )

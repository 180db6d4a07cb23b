"""The calls of the demo company, day by day: weekdays, growth, moves, a runaway, by chance with a fixed seed."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import accumulate
from random import Random
from typing import Any, Final
from zoneinfo import ZoneInfo

from budgets.domain.periods import day_bounds
from costops.demo import days as turns
from costops.demo.workload import Kind, Workload
from costops.demo.workloads import WORKLOADS
from usage.domain.calls import Call

SEED: Final = "costops demo 2"
DAY: Final = timedelta(days=1)
SPREAD: Final = 0.55  # sigma of the logarithm of tokens
MOST_TOKENS: Final = 1_000_000
OFFICE: Final = (1, 1, 1, 1, 1, 2, 4, 8, 16, 22, 24, 22, 18, 21, 24, 23, 20, 15, 9, 6, 4, 3, 2, 1)
BY_HAND: Final = (*[0] * 6, 1, 8, 16, 22, 24, 22, 18, 21, 24, 23, 20, 15, 9, 6, 3, 1, 0, 0)
NIGHT: Final = (20, 24, 24, 20, 12, 4, 2, *[1] * 14, 4, 8, 14)
AFTERNOON: Final = (*[0] * 13, 20, 30, 30, 20, *[0] * 7)


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
            if not expected:
                row.append(0)
                continue
            owed += expected * scale
            row.append(round(owed) - given)
            given += row[-1]
        found.append(row)
    return found


def _expected(work: Workload, today: date, ago: int, days: int) -> float:
    if not work.ended <= ago <= (days if work.began is None else work.began):
        return 0.0
    day = today - ago * DAY
    calls = work.calls * max(0.1, 1 - work.growth * ago / days)
    if day.weekday() >= 5:
        calls *= work.weekend
    calls *= Random(f"{SEED} {day} {work.project}").uniform(0.93, 1.07)  # noqa: S311
    if work.runs_away and ago < turns.RUNAWAY_DAYS:
        calls *= 1 + (turns.RUNAWAY_TIMES - 1) * (1 - ago / turns.RUNAWAY_DAYS)
    return calls


def calls_of(
    day: date, numbers: Sequence[int], zone: ZoneInfo, ago: int, until: datetime, times: float = 1
) -> Iterator[Call]:
    """The calls of one local day, so many days `ago`, that happened before `until`, each `times` as long as it is.

    The same day, numbers and zone give the same calls.
    """
    chance = Random(f"{SEED} {day}")  # noqa: S311
    starts, ends = day_bounds(day, zone)
    hour = (ends - starts) / 24
    for work, number in zip(WORKLOADS, numbers, strict=True):
        hours = list(accumulate(_hours(work)))
        old, new = _choice(work.kinds), _choice(work.moves_to)
        moved = _moved(ago) if work.moves_to else 0.0
        environments = list(work.environments), list(accumulate(work.environments.values()))
        for _ in range(number):
            at = starts + hour * (chance.choices(range(24), cum_weights=hours)[0] + chance.random())
            kind = _one_of(new if moved and chance.random() < moved else old, chance)
            call = _call(work, kind, _one_of(environments, chance), at, chance, times)
            if at < until:
                yield call


def _choice(kinds: Sequence[Kind]) -> tuple[Sequence[Kind], list[int]]:
    return kinds, list(accumulate(kind.weight for kind in kinds))


def _one_of(choice: tuple[Sequence[Any], list[int]], chance: Random) -> Any:
    options, weights = choice
    return options[0] if len(options) == 1 else chance.choices(options, cum_weights=weights)[0]


def _moved(ago: int) -> float:
    """The share of a workload's calls that have moved to its new models by then."""
    begins, ends = turns.MOVE_DAYS
    return min(1.0, max(0.0, (begins - ago) / (begins - ends)))


def _hours(work: Workload) -> tuple[int, ...]:
    if work.at_once:
        return AFTERNOON
    if work.nightly:
        return NIGHT
    return BY_HAND if work.users else OFFICE


def _call(work: Workload, kind: Kind, environment: str | None, at: datetime, chance: Random, times: float) -> Call:
    into = int(min(MOST_TOKENS, kind.input_tokens * chance.lognormvariate(0, SPREAD)) * times)
    out = int(kind.output_tokens * chance.lognormvariate(0, SPREAD) * times)
    tags: dict[str, str | int | float | bool | None] = dict(work.tags)
    if work.features:
        tags["feature"] = chance.choice(work.features)
    if work.customers:
        tags["customer"] = chance.choice(work.customers)
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
        environment=environment,
        team=work.team,
        user=chance.choice(work.users) if work.users else None,
        tags=tags or None,
    )

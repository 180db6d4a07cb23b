"""The proof of invariant 1: what budgets say was spent is what the ledger holds, to the last digit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.conf import settings
from django.db import connection

from budgets.domain import tree
from budgets.domain.candidates import label_sets
from budgets.domain.membership import Membership
from budgets.domain.opening import gaps
from budgets.models import Budget, BudgetAttribution
from usage.domain import partitions
from usage.domain.days import DIFFERING, EVER
from usage.models import Attribution
from wire.transactions import one_snapshot

#: What is looked at, how much of it is done and how much there is in all.
Progress = Callable[[str, int, int], None]
AT_MOST = 1_000
STEP = 500
DAILY = "Daily usage"
SUMMED = ("", "requests", "unpriced", "input tokens", "cached input tokens", "output tokens")

#: What hourly usage is the sum of, between two edges of hours.
EVENTS = """
SELECT date_trunc('hour', occurred_at, %(zone)s) AS hour, attribution_id, sum(cost) AS cost, count(*) AS requests,
    count(*) FILTER (WHERE cost_source = 'unpriced') AS unpriced, sum(input_tokens) AS input_tokens,
    sum(cached_input_tokens) AS cached_input_tokens, sum(output_tokens) AS output_tokens
FROM usage_event WHERE occurred_at >= %(start)s AND occurred_at < %(end)s GROUP BY 1, 2
"""

MONTHS = """
SELECT date_trunc('month', hour, %(zone)s), sum(requests)::bigint FROM usage_hourly GROUP BY 1 ORDER BY 1
"""

EVENTS_AND_HOURS = f"""
WITH events AS ({EVENTS}), hours AS (SELECT * FROM usage_hourly WHERE hour >= %(start)s AND hour < %(end)s)
SELECT coalesce(e.hour, h.hour), coalesce(e.attribution_id, h.attribution_id), e.cost, h.cost, e.requests, h.requests,
    e.unpriced, h.unpriced, e.input_tokens, h.input_tokens, e.cached_input_tokens, h.cached_input_tokens,
    e.output_tokens, h.output_tokens
FROM events e FULL JOIN hours h ON h.hour = e.hour AND h.attribution_id = e.attribution_id
WHERE (coalesce(e.cost, 0), coalesce(e.requests, 0), coalesce(e.unpriced, 0), coalesce(e.input_tokens, 0),
       coalesce(e.cached_input_tokens, 0), coalesce(e.output_tokens, 0))
    IS DISTINCT FROM (coalesce(h.cost, 0), coalesce(h.requests, 0), coalesce(h.unpriced, 0),
       coalesce(h.input_tokens, 0), coalesce(h.cached_input_tokens, 0), coalesce(h.output_tokens, 0))
ORDER BY 1, 2 LIMIT %(most)s
"""  # noqa: S608 - SQL of our own

HOURS_AND_DAYS = f"""
SELECT coalesce(h.day, d.day), coalesce(h.attribution_id, d.attribution_id), h.cost, d.cost, h.requests, d.requests,
    h.unpriced, d.unpriced, h.input_tokens, d.input_tokens, h.cached_input_tokens, d.cached_input_tokens,
    h.output_tokens, d.output_tokens
{DIFFERING} ORDER BY 1, 2 LIMIT %(most)s
"""

HOURS_AND_BUDGETS = """
WITH due AS (
    SELECT m.budget_id, u.hour, sum(u.cost) AS cost, sum(u.requests) AS requests, sum(u.unpriced) AS unpriced
    FROM usage_hourly u JOIN budgets_budgetattribution m ON m.attribution_id = u.attribution_id
        AND (m.valid_from IS NULL OR m.valid_from <= u.hour) AND (m.valid_to IS NULL OR u.hour < m.valid_to)
    GROUP BY 1, 2
)
SELECT coalesce(d.budget_id, h.budget_id), coalesce(d.hour, h.hour), d.cost, h.cost, d.requests, h.requests,
    d.unpriced, h.unpriced
FROM due d FULL JOIN budgets_budgethour h ON h.budget_id = d.budget_id AND h.hour = d.hour
WHERE (coalesce(d.cost, 0), coalesce(d.requests, 0), coalesce(d.unpriced, 0))
    IS DISTINCT FROM (coalesce(h.cost, 0), coalesce(h.requests, 0), coalesce(h.unpriced, 0))
ORDER BY 1, 2 LIMIT %(most)s
"""

PERIODS = """
SELECT p.budget_id, p.starts, sum(h.cost), p.spent, sum(h.requests), p.requests, sum(h.unpriced), p.unpriced
FROM budgets_budgetperiod p LEFT JOIN budgets_budgethour h
    ON h.budget_id = p.budget_id AND h.hour >= p.starts AND h.hour < p.ends
GROUP BY p.id
HAVING (coalesce(sum(h.cost), 0), coalesce(sum(h.requests), 0), coalesce(sum(h.unpriced), 0))
    IS DISTINCT FROM (p.spent, p.requests, p.unpriced)
ORDER BY 1, 2 LIMIT %(most)s
"""

WITHOUT_PERIOD = """
SELECT h.budget_id, h.hour, h.cost FROM budgets_budgethour h
WHERE (h.cost <> 0 OR h.requests <> 0) AND NOT EXISTS (
    SELECT 1 FROM budgets_budgetperiod p WHERE p.budget_id = h.budget_id AND p.starts <= h.hour AND h.hour < p.ends)
ORDER BY 1, 2 LIMIT %(most)s
"""

CARRIED = """
SELECT budget_id, starts, due, carried FROM (
    SELECT p.budget_id, p.starts, p.ends, p.carried, b.rollover_from,
        CASE WHEN lag(p.ends) OVER earlier = p.starts
            AND (b.rollover_from IS NULL OR lag(p.ends) OVER earlier > b.rollover_from)
        THEN greatest(0, lag(p.amount + p.carried - p.spent) OVER earlier) ELSE 0 END AS due
    FROM budgets_budgetperiod p JOIN budgets_budget b ON b.id = p.budget_id AND b.rollover
    WINDOW earlier AS (PARTITION BY p.budget_id ORDER BY p.starts)
) line
WHERE (rollover_from IS NULL OR ends > rollover_from) AND due <> carried ORDER BY 1, 2 LIMIT %(most)s
"""


@dataclass(frozen=True)
class Difference:
    """One place where two sums that must agree do not."""

    what: str
    where: str
    due: str
    found: str

    def __str__(self) -> str:
        return f"{self.what}, {self.where}: due {self.due}, found {self.found}"


def say_nothing(_what: str, _done: int, _in_all: int) -> None:
    """For those who don't watch."""


def check(say: Progress = say_nothing) -> list[Difference]:
    """Compares every sum in the database with what it is the sum of; returns the differences, none when all agree.

    Reads one snapshot, so that it may run while usage is posted.
    """
    with one_snapshot():
        return list(_differences(say))


def _differences(say: Progress) -> Iterator[Difference]:
    names = dict(Budget.objects.values_list("pk", "name"))
    for name in partitions.without_unique_index():
        yield Difference("Partition", name, "a unique index on id", "none: see the guide to operations")
    yield from _hours(say)
    for day, attribution, *sums in _rows(HOURS_AND_DAYS, **EVER):
        yield Difference(DAILY, f"attribution {attribution}, {day}", *_sums(sums))
    yield from _membership(names, say)
    say("Budgets", 0, len(names))
    for budget, hour, *sums in _rows(HOURS_AND_BUDGETS):
        yield Difference("Budget hour", f"{names.get(budget, budget)}, {_hour(hour)}", *_sums(sums))
    for budget, starts, *sums in _rows(PERIODS):
        yield Difference("Period", f"{names.get(budget, budget)} from {_hour(starts)}", *_sums(sums))
    for budget, starts, due, found in _rows(CARRIED):
        yield Difference("Carried over", f"{names.get(budget, budget)} from {_hour(starts)}", str(due), str(found))
    for pk, missing in gaps(list(Budget.objects.filter(rollover=True))).items():
        for period in missing[:AT_MOST]:
            yield Difference("Period", f"{names.get(pk, pk)} from {_hour(period.starts)}", "one to carry over", "none")
    for budget, hour, cost in _rows(WITHOUT_PERIOD):
        yield Difference("Budget hour", f"{names.get(budget, budget)}, {_hour(hour)}", "a period", f"{cost} in none")
    say("Budgets", len(names), len(names))


def _hours(say: Progress) -> Iterator[Difference]:
    """Events against hourly usage, month by month; the first and the last reach as far as there is time."""
    months = _rows(MONTHS) or [(None, 0)]
    edges: list[Any] = [EVER["start"], *(month for month, _ in months[1:]), EVER["end"]]
    done, in_all = 0, sum(requests for _, requests in months)
    for (start, end), (_, requests) in zip(pairwise(edges), months, strict=True):
        say("Events", done, in_all)
        for hour, attribution, *sums in _rows(EVENTS_AND_HOURS, start=start, end=end):
            yield Difference("Hourly usage", f"attribution {attribution}, {_hour(hour)}", *_sums(sums))
        done += requests
    say("Events", done, in_all)


def _rows(sql: str, **edges: Any) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"zone": settings.COSTOPS_ZONE.key, "most": AT_MOST, **edges})
        return cursor.fetchall()


def _hour(instant: datetime) -> str:
    return instant.astimezone(settings.COSTOPS_ZONE).isoformat(timespec="minutes")


def _sums(pairs: Sequence[Any]) -> tuple[str, str]:
    """What is due and what was found, from pairs of both: cost and requests, and what else differs."""
    sides = list(zip(SUMMED, pairs[::2], pairs[1::2], strict=False))
    (_, *costs), (_, *requests), *others = sides
    apart = [(word, due or 0, found or 0) for word, due, found in others if (due or 0) != (found or 0)]
    texts = []
    for side in (0, 1):
        more = "".join(f", {values[side]:,} {word}" for word, *values in apart)
        texts.append(f"{costs[side] or 0} in {requests[side] or 0} requests{more}")
    return texts[0], texts[1]


def _membership(names: dict[int, str], say: Progress) -> Iterator[Difference]:
    maths = Membership(tree.load_spans())
    stored: dict[int, set[tuple]] = {}
    rows = BudgetAttribution.objects.values_list("attribution_id", "budget_id", "valid_from", "valid_to")
    for attribution, *member in rows.iterator(chunk_size=10_000):
        stored.setdefault(attribution, set()).add(tuple(member))
    in_all = Attribution.objects.count()
    for number, labels in enumerate(label_sets()):
        if number % STEP == 0:
            say("Label sets", number, in_all)
        due = {(b, *interval) for b, found in maths.of(labels).items() for interval in found}
        found = stored.pop(labels.id, set())
        for budget in sorted({member[0] for member in due ^ found}):
            sides = ([m[1:] for m in side if m[0] == budget] for side in (due, found))
            yield Difference("Membership", f"{names.get(budget, budget)}, attribution {labels.id}", *map(str, sides))
    for attribution in stored:
        yield Difference("Membership", f"attribution {attribution}", "none", "some")
    say("Label sets", in_all, in_all)

"""The overview: what was spent, on what, which budgets are in trouble, and what waits for whoever looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from budgets.bars import Bar, arrows, bar_for
from budgets.domain.charged import charged_to
from budgets.domain.outline import AT_RISK, NOT_ON_TRACK, Outline, Standing, last_usage, outline
from budgets.domain.periods import Period
from budgets.domain.projection import Asked, Projection, ahead_of, at_rate, projected
from budgets.domain.runrate import run_rate
from budgets.domain.within import limit_within
from budgets.rules import may_create
from budgets.views.rows import Row, complete, path_of, units
from costops.views.first_run import is_empty
from usage.charts import amount_in_words, bars_of, layers_of, stacked
from usage.compared import Compared, compared
from usage.domain.ground import load_tag_keys
from usage.domain.ranking import Ranked, course, ranking, tops
from usage.domain.recording import recorded_since
from usage.domain.selection import TAG, Selection
from usage.domain.visibility import Seen
from usage.exploring import Days, Question
from usage.rules import seen_by
from usage.views.asked import words_of
from wire.calendar import MONTH, same_day_before
from wire.days import ONE_DAY, TICK, day_begins, day_of
from wire.looking import Look, holds_period, look_at
from wire.needs import needs_of
from wire.templatetags.money import cents_in
from wire.transactions import one_snapshot

ZERO = Decimal(0)
RISKS = 8
MOVERS = 4
LAYERS = 5
NEEDS = 6
#: What is read of a label, however many values it has: the layers of the chart, what rose and what fell.
TOPS = (("cost", False, LAYERS), ("change", False, MOVERS), ("change", True, MOVERS))
USUAL = ("team", "model", "project", "environment", "provider", "department", "user")


@dataclass(frozen=True)
class Lead:
    """What was spent, against what was agreed for all of it, where one budget was; `rate` is where it is heading."""

    spent: Decimal
    before: Decimal
    compared: Compared
    limit: Decimal | None
    budget: Any
    asked: Asked | None
    """What its projection was asked of; None where it is of no one budget."""
    rate: Projection | None
    bar: Bar | None

    @property
    def share(self) -> Decimal | None:
        """Spent as a share of the limit."""
        return self.spent / self.limit if self.limit else None

    @property
    def projected_share(self) -> Decimal | None:
        """What is projected, as a share of the limit."""
        return self.rate.forecast / self.limit if self.rate and self.limit else None

    @property
    def change(self) -> Decimal:
        """More than until the same day of the period before."""
        return self.spent - self.before

    @property
    def growth(self) -> Decimal | None:
        """The same as a share of what it was then."""
        return self.change / self.before if self.before else None


@dataclass(frozen=True)
class Mover:
    """A group of usage that cost more or less than before, and how much of the whole change that explains."""

    name: str
    absent: bool
    group: Ranked
    explains: Decimal | None
    address: str


@login_required
@require_safe
@holds_period
@one_snapshot()
def overview(request: HttpRequest) -> HttpResponse:
    """GET /. `period` chooses a month, quarter or year, `by` the label of the chart and of what moved."""
    if is_empty():
        return redirect("start")
    look = look_at(request)
    at = look.at if look.is_present else look.stretch.ends - TICK
    seen = seen_by(request.user)
    found = outline(request.user, look.now, at)
    labels = [*USUAL, *(f"{TAG}{key}" for key in sorted(load_tag_keys()))]
    label = request.GET.get("by", "")
    label = label if label in labels else labels[0]
    now_spent = Selection(look.stretch.starts, look.stretch.ends)
    until = same_day_before(look.stretch, look.at)
    before = Selection(look.stretch.moved(-1).starts, until)
    total, (largest, up, down) = tops(seen, now_spent, label, TOPS, before=before)
    lead = _lead(look, found, seen, total, until)
    risks = [Row(entry, path=path_of(entry, found), listed=True) for entry in found.standing(NOT_ON_TRACK)[:RISKS]]
    complete(risks, Period(look.stretch.starts, look.stretch.ends))
    needs = (
        needs_of(request.user, look.now, **({"outline": found} if look.is_present else {})) if look.is_present else []
    )
    counts = found.counts()
    context = {
        "section": "overview",
        "look": look,
        "lead": lead,
        "total": total,
        "budgets": len(found.entries),
        "may_create": may_create(request.user),
        "at_risk": sum(counts[standing] for standing in AT_RISK),
        "states": [(standing, counts[standing]) for standing in Standing if counts[standing]],
        "counts": {standing.value: counts[standing] for standing in Standing},
        "next_out": _next_out(found),
        "needs": needs[:NEEDS],
        "more_needs": max(0, len(needs) - NEEDS),
        "risks": risks,
        "beyond": arrows(row.entry.status for row in risks),
        "more_risks": sum(counts[standing] for standing in NOT_ON_TRACK) - len(risks),
        "when": {"last_day": look.stretch.last},
        "lead_cents": cents_in([lead.spent, lead.rate.forecast if lead.rate else None]),
        "last_usage": last_usage(top.budget for top in found.tops) if look.is_present else None,
        "never": not total.requests and not seen.days.exists(),
        "by": label,
        "by_words": words_of(label).lower(),
        "labels": [(name, words_of(name)) for name in labels],
        **units(risks),
        **_movers(total.change, up, down, label, look),
        **_chart(seen, now_spent, label, largest, lead, look),
    }
    return render(request, "costops/overview.html", context)


def _lead(look: Look, found: Outline, seen: Seen, total: Ranked, until: datetime) -> Lead:
    """The lead figures. The limit is that of the one budget that all of it is charged to, where there is one."""
    budget, limit = _measure(look, found, seen, total)
    asked = rate = None
    if look.is_present:
        sums = (Period(look.stretch.starts, look.stretch.ends), total.cost, limit or ZERO, look.now, recorded_since())
        asked = Asked(budget, *sums) if budget else None
        rate = projected([asked]).get(budget.pk) if asked else None
        rate = rate or run_rate(total.cost, limit or ZERO, sums[0], look.now, recorded_since())
    past = look.stretch.moved(-1)
    other = compared(past.starts, until, past.label if until >= past.ends else "")
    heading = (rate.forecast, limit, rate.low, rate.high) if rate and limit else (total.cost, limit or ZERO)
    bar = bar_for(total.cost, *heading)
    return Lead(total.cost, total.cost_before, other, limit, budget, asked, rate, bar)


def _measure(look: Look, found: Outline, seen: Seen, total: Ranked) -> tuple[Any, Decimal | None]:
    tops = found.groups()[0].tops if found.entries else []
    if len(tops) != 1:
        return None, None
    budget = tops[0].budget
    if budget.scope:
        own = ranking(seen.part(charged_to([budget.pk])), Selection(look.stretch.starts, look.stretch.ends), []).total
        if own.cost != total.cost:
            return None, None
    return budget, limit_within(budget, look.stretch.starts, look.stretch.ends)


def _next_out(found: Outline) -> Row | None:
    """The budget that will pass its limit next, with the day."""
    rows = [Row(entry) for entry in found.standing([Standing.CRITICAL])]
    complete(rows, None)
    dated = [(row.reached_on, place) for place, row in enumerate(rows) if row.reached_on]
    return rows[min(dated)[1]] if dated else None


def _movers(
    change: Decimal, rising: Sequence[Ranked], falling: Sequence[Ranked], label: str, look: Look
) -> dict[str, Any]:
    """What rose and what fell most, each with the part of the whole change that it explains."""
    up = [row for row in rising if row.change > 0 and not row.all_unpriced]
    down = [row for row in falling if row.change < 0 and not row.all_unpriced]

    def shown(rows: Sequence[Ranked]) -> list[Mover]:
        return [
            Mover(
                row.labels[0] or f"no {words_of(label).lower()}",
                row.labels[0] is None,
                row,
                row.change / change if change else None,
                _explored(look, label, row.labels[0]),
            )
            for row in rows
        ]

    return {
        "movers_listed": [("Up", shown(up)), ("Down", shown(down))] if up or down else [],
        "mover_cents": cents_in(row.cost for row in (*up, *down)),
    }


def _explored(look: Look, label: str, value: str | None) -> str:
    days = Days(look.stretch.first, look.stretch.last, "period", look.stretch)
    further = next(name for name in ("project", "model", "team") if name != label)
    return Question(days, (further,), {label: (value or "",)}).address()


def _chart(
    seen: Seen, selection: Selection, label: str, ranked: Sequence[Ranked], lead: Lead, look: Look
) -> dict[str, Any]:
    """Spend per day, or per week or month of long stretches, with what is still projected."""
    interval = "day" if look.stretch.kind == MONTH else "week" if look.stretch.days < 120 else "month"
    largest = [row.labels[0] for row in ranked if row.cost]
    sums = course(seen, selection, label, largest, interval)
    bars = bars_of(look.stretch.first, look.stretch.last, interval)
    names = [value or f"no {words_of(label).lower()}" for value in largest]
    layers = layers_of(sums, bars, interval, names, "Other")
    ahead = _ahead(bars, lead, look) if lead.rate and lead.rate.forecast > lead.spent else []
    days = Days(look.stretch.first, look.stretch.last, "period", look.stretch)
    plain = Question(days, (label,))
    links = [plain.address(days=Days(bar.first, bar.last, "dates")) for bar in bars]
    cents = cents_in(layer.total for layer in layers)
    return {
        "figure": stacked(bars, layers, counted=False, links=links, ahead=ahead) if layers else None,
        "layers": [(layer, amount_in_words(layer.total, counted=False)) for layer in layers],
        "table": [
            (bar.name, [layer.sums[number] for layer in layers], sum((layer.sums[number] for layer in layers), ZERO))
            for number, bar in enumerate(bars)
            if bar.first <= day_of(look.now, settings.COSTOPS_ZONE)
        ],
        "table_cents": cents,
        "interval": interval,
        "chart_label": f"Spend per {interval} by {words_of(label).lower()}",
        "explore": plain.address(),
    }


def _ahead(bars: Sequence[Any], lead: Lead, look: Look) -> list[Decimal]:
    """What is still to come in each bar."""
    zone = settings.COSTOPS_ZONE
    edges = [day_begins(bar.last + ONE_DAY, zone) for bar in bars]
    rate = lead.rate
    if rate is None:
        return []
    sums = ahead_of(lead.asked, rate, edges) if lead.asked else at_rate(rate, look.now, edges)
    expected = [ZERO, *(point.expected for point in sums)]
    return [after - before for before, after in pairwise(expected)]

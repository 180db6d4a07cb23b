"""The styleguide: every part of the pages with the values that are hard for it, for those who build on."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import pairwise

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from budgets.bars import bar_for
from budgets.domain.outline import Standing
from usage.charts import Bar, Layer, amount_in_words, stacked
from wire.calendar import MONTH, present
from wire.days import ONE_DAY
from wire.looking import Look
from wire.needs import Need, Severity

LONG = "Eine sehr lange Bezeichnung, wie sie in Haushaltsplänen großer Häuser vorkommt, mit Zusätzen " * 2
NAMES = ("Platform", "データ基盤", "منصة البيانات", "<script>alert(1)</script>", LONG[:200])
BARS = ((0, 0), (41, 61), (75, 98), (90, 120), (103, 126), (60, 160), (180, 220))
COLOURS = (
    *("bg", "card", "sunk", "line", "hair", "control", "ink", "muted", "link", "ok", "warn", "crit", "actual"),
    *("projected", "limit", "rest", "earlier", "track", "over", "c1", "c2", "c3", "c4", "c5", "c6"),
)


@login_required
@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    """GET /styleguide/."""
    now = timezone.now()
    context = {
        "section": "styleguide",
        "look": Look(present(MONTH, now), now),
        "bars": [
            (spent, projected, bar_for(Decimal(spent), Decimal(projected), Decimal(100))) for spent, projected in BARS
        ],
        "standings": list(Standing),
        "names": NAMES,
        "page": Paginator(range(1234), 50).get_page(request.GET.get("page")),
        "needs": [
            *(
                Need(Severity.CRITICAL, "passed its limit", "$8,214 of $8,000", "Raise limit", "#needs", name=name)
                for name in NAMES
            ),
            Need(Severity.WARNING, "412 calls without a price", "acme-llm-2 of acme", "Set a price", "#needs"),
            Need(Severity.REQUEST, "$5,000 a month for customer-insights", "you decide last", "Review", "#needs"),
            Need(Severity.TO_DO, "A team is in no department", "team analytics", "Look", "#needs"),
        ],
        "colours": COLOURS,
        "moment": datetime(2025, 3, 18, 16, 2, tzinfo=UTC),
        "amounts": [Decimal(text) for text in ("1518.4351", "1.518435", "0.000123", "1234567.891", "-42.5")],
        "chart_label": "Spend per day by team, made up",
        **_chart(),
    }
    return render(request, "costops/styleguide.html", context)


def _chart() -> dict[str, object]:
    days = [date(2025, 3, 1) + ONE_DAY * number for number in range(15)]
    bars = [Bar(day, after - ONE_DAY, f"Mar {day.day}", day) for day, after in pairwise(days)]
    layers = []
    for number, name in enumerate(NAMES[:4]):
        sums = [Decimal((index * 37 + number * 53) % 90 + 20) for index, _ in enumerate(bars)]
        layers.append(Layer(name, f"var(--c{number + 1})", sum(sums, Decimal(0)), sums))
    ahead = [Decimal(0)] * 10 + [Decimal(150)] * 4
    return {
        "figure": stacked(bars, layers, counted=False, ahead=ahead),
        "layers": [(layer, amount_in_words(layer.total, counted=False)) for layer in layers],
    }

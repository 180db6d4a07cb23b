"""Trims old runs to what is asked of them: what they said of the period that was open, and nothing after it.

A run is kept, but reaches for a year or two so that the next quarter can be read from it: of one that is neither the
latest nor young nobody asks that any more, and a thousand of them a day would fill a disk.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q

from forecasting.domain.scoring import day_after
from forecasting.models import Forecast
from usage.domain.arrays import among

WHOLE_FOR = timedelta(days=45)
"""How long a run is kept as it was made."""
AT_ONCE = 500


def trim_old(now: datetime) -> int:
    """Trims the runs that are older than WHOLE_FOR, and not the latest of what they speak of; returns how many."""
    old = Forecast.objects.filter(trimmed=False, made_at__lt=now - WHOLE_FOR)
    later = Forecast.objects.filter(backtested=False, made_at__gt=OuterRef("made_at"))
    newer = Exists(later.filter(budget=OuterRef("budget"))) | Exists(
        later.filter(budget=None, scope_key=OuterRef("scope_key"))
    )
    waiting = list(old.filter(Q(backtested=True) | newer).order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(waiting), AT_ONCE):
        runs = list(Forecast.objects.filter(pk__in=among(waiting[start : start + AT_ONCE])))
        for run in runs:
            _trim(run)
        Forecast.objects.bulk_update(runs, ["totals", "spreads", "day_spreads", "next_quarter", "trimmed"])
    return len(waiting)


def _trim(run: Forecast) -> None:
    lead = (day_after(run.period_ends) - run.first_day).days if run.period_ends is not None else 0
    for name in ("totals", "spreads", "day_spreads"):
        setattr(run, name, getattr(run, name)[: lead + 1])
    run.next_quarter = None
    run.trimmed = True

"""Forecasts of usage that is no budget's: all of a project, or of the company. Read here; making.py makes them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.conf import settings

from budgets.domain.scopes import KEYS
from forecasting.models import Forecast
from usage.domain.selection import TAG, Selection
from wire.days import day_of

Scope = Mapping[str, Sequence[str]]


def key_of(scope: Scope) -> str:
    """The digest by which the runs of a scope are found."""
    return hashlib.sha256(json.dumps(scope, sort_keys=True).encode()).hexdigest()


def selection_of(scope: Scope, start: datetime | None = None, end: datetime | None = None) -> Selection:
    """The usage of a scope, whose keys are those of budgets' scopes; tags as "tag:KEY"."""
    labels = {name if name.startswith(TAG) else KEYS[name]: tuple(values) for name, values in scope.items()}
    return Selection(start, end, labels)


def latest_of(scope: Scope, at: datetime) -> Forecast | None:
    """The latest run of a scope that was made until an instant."""
    found = Forecast.objects.said(at).filter(budget=None, scope_key=key_of(scope))
    return found.order_by("-made_at").first()


def is_stale(run: Forecast | None, now: datetime) -> bool:
    """Whether a scope's run should be made anew: there is none, or it is of another day."""
    return run is None or run.first_day < day_of(now, settings.COSTOPS_ZONE)

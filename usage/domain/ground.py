"""What ingest stands on and remembers: prices, team directory, tag keys, attribution ids.

Each process keeps its own copy. Whoever changes one of them adds one to its version in the same transaction, and
ingest compares the versions inside its transaction: what it remembers is never older than what it writes beside.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.models import F

from usage.domain.pricing import Alias, Override, PriceBook
from usage.models import AttributionTag, GroundVersion, ModelAlias, PriceOverride, TeamDepartment

if TYPE_CHECKING:
    from usage.domain.attribution import Labels

Versions = Mapping[str, int]
REMEMBERED = 200_000


class Directory:
    """Which department a team belonged to, and when."""

    def __init__(self, entries: list[tuple[str, datetime, str]]) -> None:
        self._teams: dict[str, tuple[list[datetime], list[str]]] = {}
        for team, effective_from, department in sorted(entries):
            starts, departments = self._teams.setdefault(team, ([], []))
            starts.append(effective_from)
            departments.append(department)

    def department(self, team: str, at: datetime) -> str | None:
        """The team's department at an instant, None when it had none."""
        found = self._teams.get(team)
        if found is None:
            return None
        place = bisect_right(found[0], at)
        return found[1][place - 1] or None if place else None


@dataclass
class Ground:
    """One consistent copy. Attribution ids are shared between copies, since an id never changes its meaning."""

    versions: Versions
    prices: PriceBook
    directory: Directory
    tag_keys: frozenset[str]
    ids: dict[Labels, int] = field(default_factory=dict)

    def remember(self, ids: Mapping[Labels, int]) -> None:
        """Keeps ids that are committed."""
        if len(self.ids) > REMEMBERED:
            self.ids = dict(ids)
        else:
            self.ids.update(ids)


_lock = threading.Lock()
_current: Ground | None = None


def read_versions(cursor: CursorWrapper) -> Versions:
    """The versions as the database has them now."""
    cursor.execute("SELECT name, version FROM usage_groundversion")
    return dict(cursor.fetchall())


def current(versions: Versions | None = None) -> Ground:
    """The ground at these versions (read when not given), loaded anew where something moved."""
    global _current
    if versions is None:
        with connection.cursor() as cursor:
            versions = read_versions(cursor)
    found = _current
    if found is not None and found.versions == versions:
        return found
    with _lock:
        if _current is None or _current.versions != versions:
            _current = _load(versions, _current)
        return _current


def bump(name: str) -> None:
    """Tells every process that `name` (prices, directory, tags, tree) changed. Part of the caller's transaction."""
    GroundVersion.objects.filter(name=name).update(version=F("version") + 1)


def forget() -> None:
    """Forgets everything; for a database that was rolled back or replaced."""
    global _current
    with _lock:
        _current = None


def _load(versions: Versions, old: Ground | None) -> Ground:
    def same(name: str) -> bool:
        return old is not None and old.versions.get(name) == versions.get(name)

    return Ground(
        versions=dict(versions),
        prices=old.prices if old and same("prices") else load_prices(),
        directory=old.directory if old and same("directory") else load_directory(),
        tag_keys=old.tag_keys if old and same("tags") else load_tag_keys(),
        ids=old.ids if old else {},
    )


def load_prices() -> PriceBook:
    """The price book with today's overrides and aliases."""
    return PriceBook(
        [override_of(row) for row in PriceOverride.objects.all()],
        [alias_of(row) for row in ModelAlias.objects.all()],
        settings.COSTOPS_USD_RATE,
        settings.COSTOPS_ZONE,
    )


def override_of(row: PriceOverride) -> Override:
    """A stored contract price as the price book reads it."""
    return Override(
        id=row.pk,
        provider=row.provider or None,
        model_pattern=row.model_pattern,
        effective_from=row.effective_from,
        effective_to=row.effective_to,
        percent_off=row.percent_off,
        rates=None if row.rates is None else {kind: Decimal(str(rate)) for kind, rate in row.rates.items()},
    )


def alias_of(row: ModelAlias) -> Alias:
    """A stored alias as the price book reads it."""
    return Alias(
        id=row.pk,
        provider=row.provider or None,
        pattern=row.pattern,
        priced_provider=row.priced_provider or None,
        priced_model=row.priced_model,
        effective_from=row.effective_from,
        effective_to=row.effective_to,
    )


def load_directory() -> Directory:
    """The team directory."""
    return Directory(list(TeamDepartment.objects.values_list("team", "effective_from", "department")))


def load_tag_keys() -> frozenset[str]:
    """The tag keys that are part of attributions: those of the settings and those that a scope names."""
    return frozenset(settings.COSTOPS_ATTRIBUTION_TAGS) | set(AttributionTag.objects.values_list("key", flat=True))

"""The team directory team by team: where each belongs now, since when, and what came before; and who is missing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Q, QuerySet, Sum

from usage.domain.directory import entries
from usage.models import HourlyUsage, TeamDepartment

DAYS = 30


class Team(NamedTuple):
    """A team: the entry that holds now, None before the first begins; those of before, the latest first, and those
    that are yet to begin, the next first. Each has `until`."""

    name: str
    now: TeamDepartment | None
    before: list[TeamDepartment]
    ahead: list[TeamDepartment]


class Unknown(NamedTuple):
    """A team that usage names and the directory does not, with its usage of the last days."""

    name: str
    requests: int
    cost: Decimal


def teams(seen: QuerySet[TeamDepartment], query: str = "") -> QuerySet[TeamDepartment, str]:
    """The names of the teams among these entries in order, of those that a part of the name or of a department fits."""
    found = seen.order_by("team")
    if query:
        fits = Q(team__icontains=query) | Q(department__icontains=query)
        found = found.filter(team__in=TeamDepartment.objects.filter(fits).order_by().values("team"))
    return found.values_list("team", flat=True).distinct()


def told(names: Iterable[str], now: datetime) -> list[Team]:
    """What the directory says of some teams, in their order, with one query."""
    wanted = list(names)
    held: dict[str, list[TeamDepartment]] = defaultdict(list)
    for entry in entries().filter(team__in=wanted):
        held[entry.team].append(entry)
    return [_team(name, held[name], now) for name in wanted]


def _team(name: str, latest_first: list[TeamDepartment], now: datetime) -> Team:
    begun = [entry for entry in latest_first if entry.effective_from <= now]
    ahead = [entry for entry in reversed(latest_first) if entry.effective_from > now]
    return Team(name, begun[0] if begun else None, begun[1:], ahead)


def unknown_teams(hours: QuerySet[HourlyUsage], since: datetime) -> list[Unknown]:
    """The teams of usage among `hours` since then that the directory has no entry for, those that cost most first."""
    named = hours.order_by().filter(hour__gte=since, attribution__team__isnull=False).exclude(attribution__team="")
    summed = named.values_list("attribution__team").annotate(Sum("requests"), Sum("cost"))
    found = [Unknown(str(team), requests, cost) for team, requests, cost in summed]
    known = set(
        TeamDepartment.objects.filter(team__in=[team.name for team in found]).values_list("team", flat=True).distinct()
    )
    return sorted((team for team in found if team.name not in known), key=lambda team: (-team.cost, team.name))


def window(now: datetime) -> datetime:
    """When the last days begin that unknown teams are looked for in."""
    return now - timedelta(days=DAYS)

"""What a file or one entry would change in the team directory, and the file's change itself: all of it or nothing."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Literal, NamedTuple

from django.db import transaction
from django.db.models import Sum

from accounts.models import User
from usage.domain import ground
from usage.domain.directory_file import Line, Problem
from usage.domain.errors import Refused
from usage.domain.lock import hold_exclusive
from usage.models import HourlyUsage, TeamDepartment

Kind = Literal["new", "changed"]


class DirectoryMoved(Exception):
    """The directory is no longer as it was when the change was looked at."""


class Change(NamedTuple):
    """An entry that a line would add. `before` is the department until then; None where the team had no entry."""

    line: Line
    kind: Kind
    before: str | None
    begins: datetime


class Plan(NamedTuple):
    """What a file would change. `mark` is the same as long as that is the same."""

    changes: list[Change]
    same: int
    problems: list[Problem]
    mark: str


def plan(lines: Sequence[Line], now: datetime) -> Plan:
    """What these lines would change. A line that says what holds already changes nothing."""
    by_team: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        by_team[line.team].append(line)
    there = _entries(by_team)
    changes: list[Change] = []
    problems: list[Problem] = []
    for team, said in by_team.items():
        _of_team(there[team], said, now, changes, problems)
    changes.sort(key=lambda change: change.line.number)
    problems.sort()
    return Plan(changes, len(lines) - len(changes) - len(problems), problems, _mark(changes))


class Preview(NamedTuple):
    """What an entry would change, None where it says what holds already; and the usage that stays as it is.

    `cost` is in the company's currency.
    """

    change: Change | None
    requests: int
    cost: Decimal


def preview(team: str, department: str, begins: datetime, now: datetime) -> Preview:
    """What it would change if the team belonged to the department, "" being none, from `begins` on.

    Raises Refused where the team has another entry from that instant on.
    """
    found = plan([Line(0, team, department, begins)], now)
    if found.problems:
        raise Refused("effective_from", found.problems[0].message)
    hours = HourlyUsage.objects.order_by().filter(attribution__team=team, hour__gte=begins)
    posted = hours.aggregate(requests=Sum("requests"), cost=Sum("cost"))
    return Preview(next(iter(found.changes), None), posted["requests"] or 0, posted["cost"] or Decimal(0))


def carry_out(lines: Sequence[Line], mark: str, by: User | None, now: datetime) -> Plan:
    """Adds what the plan of this mark said, in one transaction; returns that plan.

    Raises DirectoryMoved where the directory or the lines would give another one by now.
    """
    with transaction.atomic():
        hold_exclusive()
        found = plan(lines, now)
        if found.problems or found.mark != mark:
            raise DirectoryMoved
        TeamDepartment.objects.bulk_create(
            TeamDepartment(
                team=change.line.team,
                department=change.line.department,
                effective_from=change.begins,
                created_at=now,
                created_by=by,
            )
            for change in found.changes
        )
        if found.changes:
            ground.bump("directory")
    return found


def _entries(teams: Iterable[str]) -> Mapping[str, dict[datetime, str]]:
    there: dict[str, dict[datetime, str]] = defaultdict(dict)
    rows = TeamDepartment.objects.filter(team__in=list(teams)).order_by()
    for team, begins, department in rows.values_list("team", "effective_from", "department"):
        there[team][begins] = department
    return there


def _of_team(
    there: dict[datetime, str], said: Iterable[Line], now: datetime, changes: list[Change], problems: list[Problem]
) -> None:
    """Goes through a team's lines in the order of time: each stands on what the earlier ones leave."""
    unknown = not there
    for line in sorted(said, key=lambda line: line.begins or now):
        begins = line.begins or now
        if begins in there:
            if there[begins] != line.department:
                words = there[begins] or "no department"
                problems.append(
                    Problem(line.number, f"{line.team!r} belongs to {words} from that time on. Choose a later one.")
                )
            continue
        starts = sorted(there)
        place = bisect_right(starts, begins)
        before = there[starts[place - 1]] if place else None
        if before == line.department:
            continue
        changes.append(Change(line, "new" if unknown else "changed", before, begins))
        there[begins] = line.department


def _mark(changes: Iterable[Change]) -> str:
    """What stays when time goes by: the instant of "from now on" is none of it."""
    told = [(*change.line[:3], str(change.line.begins), change.kind, change.before) for change in changes]
    return hashlib.sha256(repr(told).encode()).hexdigest()[:20]

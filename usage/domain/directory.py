"""The team directory: which department a team belongs to, from when on. It fills what a call leaves out.

An entry counts for calls that are posted after it was made and took place after it begins. Usage that is in the ledger
keeps the department that it came with.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery

from accounts.models import User
from usage.domain import ground
from usage.domain.agreements import check_dates
from usage.domain.calls import MAX_TEXT
from usage.domain.errors import Refused
from usage.domain.lock import hold_exclusive
from usage.models import TeamDepartment


def set_department(
    team: str, department: str, effective_from: datetime, by: User | None, now: datetime
) -> TeamDepartment:
    """From `effective_from` on the team belongs to the department, "" being none; said again, it is the same entry.

    Raises Refused when the team has another entry from that very instant: an entry is never rewritten.
    """
    team, department = team.strip(), department.strip()
    if not team:
        raise Refused("team", "Name the team as calls name it.")
    for field, text in (("team", team), ("department", department)):
        if len(text) > MAX_TEXT or "\x00" in text:
            raise Refused(field, f"At most {MAX_TEXT} characters, and no NUL.")
    check_dates(effective_from, None)
    with transaction.atomic():
        hold_exclusive()
        entry, made = TeamDepartment.objects.get_or_create(
            team=team,
            effective_from=effective_from,
            defaults={"department": department, "created_at": now, "created_by": by},
        )
        if entry.department != department:
            raise Refused(
                "effective_from",
                f"{team} belongs to {entry.department or 'no department'} from that instant on. Choose a later one.",
            )
        if made:
            ground.bump("directory")
    return entry


def entries() -> QuerySet[TeamDepartment]:
    """The directory by team, the latest entry first, each with `until`: when the next one takes over, or None."""
    later = TeamDepartment.objects.filter(team=OuterRef("team"), effective_from__gt=OuterRef("effective_from"))
    follows = Subquery(later.order_by("effective_from").values("effective_from")[:1])
    return TeamDepartment.objects.select_related("created_by").annotate(until=follows)

"""The repair of the books: hourly and daily usage and what budgets spent are made anew from the events and the tree."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.db import connection, transaction

from budgets.domain import rebuild, tree
from budgets.domain.candidates import label_sets
from budgets.domain.check import DAILY, EVENTS, Difference, Progress, say_nothing
from budgets.domain.membership import Membership
from budgets.models import Budget, BudgetAttribution
from usage.domain import days, ground
from usage.domain.lock import hold_exclusive

#: What is due, away with what is not, in with what is missing; for hours, then for days. What is right stays untouched.
REBUILD_USAGE = (
    f"CREATE TEMPORARY TABLE hourly_due ON COMMIT DROP AS {EVENTS}",
    """
DELETE FROM usage_hourly h WHERE NOT EXISTS (
    SELECT 1 FROM hourly_due d WHERE d.hour = h.hour AND d.attribution_id = h.attribution_id
        AND (d.cost, d.requests, d.unpriced, d.input_tokens, d.cached_input_tokens, d.output_tokens)
            = (h.cost, h.requests, h.unpriced, h.input_tokens, h.cached_input_tokens, h.output_tokens))
""",
    """
INSERT INTO usage_hourly
    (hour, attribution_id, cost, requests, unpriced, input_tokens, cached_input_tokens, output_tokens)
SELECT hour, attribution_id, cost, requests, unpriced, input_tokens, cached_input_tokens, output_tokens
FROM hourly_due d
WHERE NOT EXISTS (SELECT 1 FROM usage_hourly h WHERE h.hour = d.hour AND h.attribution_id = d.attribution_id)
ORDER BY hour, attribution_id
""",
    *days.REBUILD,
)


def mend(differences: Iterable[Difference], now: datetime, say: Progress = say_nothing) -> None:
    """Repairs what a check found: days alone, one in a moment, where all else agrees; else everything."""
    if all(found.what == DAILY for found in differences):
        days.mend_days(say)
    else:
        repair(now, say)


def repair(now: datetime, say: Progress = say_nothing) -> None:
    """Rebuilds usage by hour and day, memberships, budgets' hours and periods from events and tree, in one transaction.

    No usage can be posted meanwhile: it waits. Who reads goes on reading what was; TRUNCATE would leave those who read
    an earlier instant with an empty table.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        hold_exclusive()
        steps = len(REBUILD_USAGE) + 2
        for number, statement in enumerate(REBUILD_USAGE):
            say("Repair", number, steps)
            cursor.execute(statement, {"zone": settings.COSTOPS_ZONE.key, **days.EVER})
        say("Repair", steps - 2, steps)
        maths = Membership(tree.load_spans())
        BudgetAttribution.objects.all().delete()
        rebuild.replace_members(rebuild.members_of(label_sets(), maths))
        say("Repair", steps - 1, steps)
        everything = (rebuild.FIRST, rebuild.LAST)
        rebuild.rebuild(dict.fromkeys(Budget.objects.values_list("pk", flat=True), everything), now)
        ground.bump("tree")
        say("Repair", steps, steps)

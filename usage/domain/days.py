"""Days of usage that are not what their hours add up to: found while all goes on, and mended one in a moment.

They come about where a server of a version without daily usage posts into hours alone, and where the time zone changes.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from usage.domain.lock import hold_exclusive
from wire.days import ONE_DAY, day_begins

_SUMS = ("cost", "requests", "unpriced", "input_tokens", "cached_input_tokens", "output_tokens")
_COLUMNS = ", ".join(_SUMS)
#: All time, for the statements below.
EVER = {"start": "-infinity", "end": "infinity", "first": "-infinity", "after": "infinity"}

#: What daily usage is the sum of, between two edges of days.
HOURS = f"""
SELECT (hour AT TIME ZONE %(zone)s)::date AS day, attribution_id, {", ".join(f"sum({n}) AS {n}" for n in _SUMS)}
FROM usage_hourly WHERE hour >= %(start)s AND hour < %(end)s GROUP BY 1, 2
"""  # noqa: S608 - SQL of our own

#: Hours `h`, summed by the day, beside days `d`, where the two differ.
DIFFERING = f"""
FROM ({HOURS}) h FULL JOIN usage_daily d ON d.day = h.day AND d.attribution_id = h.attribution_id
WHERE ({", ".join(f"coalesce(h.{n}, 0)" for n in _SUMS)})
    IS DISTINCT FROM ({", ".join(f"coalesce(d.{n}, 0)" for n in _SUMS)})
"""

#: Takes away what is due nowhere, and writes what differs or is missing. What is right stays untouched.
REBUILD = (
    f"""
DELETE FROM usage_daily d WHERE day >= %(first)s AND day < %(after)s AND NOT EXISTS (
    SELECT 1 FROM ({HOURS}) h WHERE h.day = d.day AND h.attribution_id = d.attribution_id)
""",  # noqa: S608 - SQL of our own
    f"""
INSERT INTO usage_daily AS d (day, attribution_id, {_COLUMNS}) {HOURS} ORDER BY 1, 2
ON CONFLICT (day, attribution_id) DO UPDATE SET {", ".join(f"{n} = excluded.{n}" for n in _SUMS)}
WHERE ({", ".join(f"d.{n}" for n in _SUMS)}) IS DISTINCT FROM ({", ".join(f"excluded.{n}" for n in _SUMS)})
""",
)

#: What is done, how much of it, of how much in all.
Progress = Callable[[str, int, int], None]


def days_that_differ() -> list[date]:
    """The days of the company's calendar on which hours and days differ."""
    values = {"zone": settings.COSTOPS_ZONE.key, **EVER}
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT coalesce(h.day, d.day) {DIFFERING} ORDER BY 1", values)
        return [day for (day,) in cursor.fetchall()]


def mend_days(say: Progress) -> int:
    """Makes the days that differ what their hours add up to, each in a transaction of its own; returns how many.

    Posts wait for one day at a time, and those that come between are in both sums.
    """
    days = days_that_differ()
    for number, day in enumerate(days):
        say("Repair", number, len(days))
        with transaction.atomic(), connection.cursor() as cursor:
            hold_exclusive()
            for statement in REBUILD:
                cursor.execute(statement, _of(day))
    say("Repair", len(days), len(days))
    return len(days)


def _of(day: date) -> dict[str, Any]:
    zone, after = settings.COSTOPS_ZONE, day + ONE_DAY
    edges = {"start": day_begins(day, zone), "end": day_begins(after, zone)}
    return {"zone": zone.key, "first": day, "after": after, **edges}

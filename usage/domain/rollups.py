"""How hourly and daily usage gain what events add up to: the one statement of whoever posts and whoever amends."""

from __future__ import annotations

_SUMS = ("cost", "requests", "unpriced", "input_tokens", "cached_input_tokens", "output_tokens")
_GAIN = ", ".join(f"{name} = r.{name} + excluded.{name}" for name in _SUMS)

#: Parts of a statement that has the gains as `line`, one row per (hour, attribution), and takes the company's zone.
#: Rows are locked in key order: days before hours, as PostgreSQL runs what nothing else of the statement reads.
ROLL_UP = f"""
rolled AS (
    INSERT INTO usage_hourly AS r (hour, attribution_id, {", ".join(_SUMS)})
    SELECT hour, attribution_id, {", ".join(_SUMS)} FROM line ORDER BY hour, attribution_id
    ON CONFLICT (hour, attribution_id) DO UPDATE SET {_GAIN}
), rolled_days AS (
    INSERT INTO usage_daily AS r (day, attribution_id, {", ".join(_SUMS)})
    SELECT (hour AT TIME ZONE %s)::date, attribution_id, {", ".join(f"sum({name})" for name in _SUMS)}
    FROM line GROUP BY 1, 2 ORDER BY 1, 2
    ON CONFLICT (day, attribution_id) DO UPDATE SET {_GAIN}
)
"""  # noqa: S608 - SQL of our own

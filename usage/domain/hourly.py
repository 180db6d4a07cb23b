"""How hourly usage gains what events add up to: the one statement of whoever posts and whoever amends."""

from __future__ import annotations

#: Part of a statement that has the gains as `line`, one row per (hour, attribution). Rows are locked in key order.
ROLL_UP = """
INSERT INTO usage_hourly AS h
    (hour, attribution_id, cost, requests, unpriced, input_tokens, cached_input_tokens, output_tokens)
SELECT hour, attribution_id, cost, requests, unpriced, input_tokens, cached_input_tokens, output_tokens
FROM line ORDER BY hour, attribution_id
ON CONFLICT (hour, attribution_id) DO UPDATE SET cost = h.cost + excluded.cost,
    requests = h.requests + excluded.requests, unpriced = h.unpriced + excluded.unpriced,
    input_tokens = h.input_tokens + excluded.input_tokens,
    cached_input_tokens = h.cached_input_tokens + excluded.cached_input_tokens,
    output_tokens = h.output_tokens + excluded.output_tokens
"""

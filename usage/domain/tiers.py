"""Service tiers: how fast a call was served, which its price depends on. Imports nothing, so that any door may ask."""

from __future__ import annotations

from typing import Final, Literal, get_args

ServiceTier = Literal["default", "batch", "flex", "priority"]
SERVICE_TIERS: Final[tuple[str, ...]] = get_args(ServiceTier)

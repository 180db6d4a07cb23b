"""The tables of usage."""

from usage.models.attribution import Attribution, AttributionTag
from usage.models.directory import TeamDepartment
from usage.models.event import DailyUsage, HourlyUsage, UsageEvent
from usage.models.ledger import GroundVersion
from usage.models.prices import ModelAlias, PriceOverride, RepriceJob
from usage.models.view import SavedView

__all__ = [
    "Attribution",
    "AttributionTag",
    "DailyUsage",
    "GroundVersion",
    "HourlyUsage",
    "ModelAlias",
    "PriceOverride",
    "RepriceJob",
    "SavedView",
    "TeamDepartment",
    "UsageEvent",
]

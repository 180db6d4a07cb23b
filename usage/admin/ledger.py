"""What the ledger wrote, in the admin site: calls, hours, label sets."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from unfold.contrib.filters.admin import RangeDateFilter, RangeDateTimeFilter
from unfold.decorators import display

from usage.models import Attribution, AttributionTag, DailyUsage, GroundVersion, HourlyUsage, SavedView, UsageEvent
from wire.admin import LongListAdmin, ReadOnlyAdmin
from wire.admin_words import Words
from wire.templatetags.money import agreed

LABELS = ["project", "environment", "department", "team", "user", "provider", "model"]


@admin.register(Attribution)
class AttributionAdmin(LongListAdmin):
    """The label sets that usage came with."""

    list_display = ["id", *LABELS, "tags", "created_at"]
    search_fields = [f"={name}" for name in LABELS]
    fields = [*LABELS, "tags", "created_at"]


@admin.register(AttributionTag)
class AttributionTagAdmin(ReadOnlyAdmin):
    """The tag keys that are part of label sets, because a budget's scope names them."""

    list_display = ["key", "created_at"]
    search_fields = ["key"]


class OfAttributionAdmin(LongListAdmin):
    """Rows that belong to a label set, shown with its labels."""

    list_select_related = ["attribution"]
    search_fields = [f"=attribution__{name}" for name in LABELS]

    @display(description="model")
    def model_name(self, row: Any) -> str:
        """The model as it was called."""
        return row.attribution.model or "–"

    @display(description="provider")
    def provider(self, row: Any) -> str:
        """The provider that was called."""
        return row.attribution.provider or "–"

    @display(description="project")
    def project(self, row: Any) -> str:
        """The project, where one was said."""
        return row.attribution.project or "–"

    @display(description="team")
    def team(self, row: Any) -> str:
        """The team, where one was said."""
        return row.attribution.team or "–"


@admin.register(UsageEvent)
class UsageEventAdmin(OfAttributionAdmin):
    """Single calls, the newest first."""

    list_display = [
        "occurred_at",
        "provider",
        "model_name",
        "project",
        "team",
        "input_tokens",
        "output_tokens",
        "cost",
        "cost_source",
    ]
    list_filter = [("occurred_at", RangeDateTimeFilter), "cost_source", "service_tier"]
    sortable_by = ["occurred_at"]
    figures: ClassVar[dict[str, Words]] = {"cost": agreed}


@admin.register(HourlyUsage)
class HourlyUsageAdmin(OfAttributionAdmin):
    """What each label set cost in each hour."""

    list_display = ["hour", "provider", "model_name", "project", "team", "requests", "unpriced", "cost"]
    list_filter = [("hour", RangeDateTimeFilter)]
    sortable_by = ["hour"]


@admin.register(DailyUsage)
class DailyUsageAdmin(OfAttributionAdmin):
    """What each label set cost on each day."""

    list_display = ["day", "provider", "model_name", "project", "team", "requests", "unpriced", "cost"]
    list_filter = [("day", RangeDateFilter)]
    sortable_by = ["day"]


@admin.register(SavedView)
class SavedViewAdmin(ReadOnlyAdmin):
    """Questions to the explorer that people keep under a name."""

    list_display = ["name", "owner", "query", "created_at"]
    list_select_related = ["owner"]
    search_fields = ["name", "owner__email"]


@admin.register(GroundVersion)
class GroundVersionAdmin(ReadOnlyAdmin):
    """Counters that tell each process when what it remembers is old."""

    list_display = ["name", "version"]

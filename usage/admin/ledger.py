"""What the ledger wrote, in the admin site: calls, hours, days, label sets."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from unfold.contrib.filters.admin import DropdownFilter, RangeDateFilter, RangeDateTimeFilter
from unfold.decorators import display

from accounts.models import ApiKey
from usage.admin.labels import LABELS, label_filters
from usage.models import Attribution, AttributionTag, DailyUsage, GroundVersion, HourlyUsage, UsageEvent
from usage.words import cost_words
from wire.admin import LongListAdmin, ReadOnlyAdmin
from wire.admin_pages import WithPages
from wire.admin_words import NONE, Words
from wire.templatetags.money import agreed


def asked(address: str, labels: Attribution, first: date | None = None) -> str:
    """A page of usage narrowed to a label set, and to one day where `first` says which."""
    query: list[tuple[str, str]] = [(name, getattr(labels, name) or "") for name in LABELS]
    query += [(f"tag:{key}", str(value)) for key, value in sorted(labels.tags.items()) if not isinstance(value, list)]
    days = [("from", first.isoformat()), ("to", first.isoformat())] if first else [("range", "90d")]
    return f"{reverse(address)}?{urlencode([*days, *query])}"


class UnpricedFilter(DropdownFilter):
    """Rows that hold calls without a price."""

    title = "price"
    parameter_name = "price"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """One choice beside all."""
        return [("none", "with calls that have no price")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """What was chosen."""
        return queryset.filter(unpriced__gt=0) if self.value() else queryset


@admin.register(Attribution)
class AttributionAdmin(WithPages, LongListAdmin):
    """The label sets that usage came with."""

    page = "usage:explorer"
    list_display = [*LABELS, "tags", "created_at"]
    list_display_links = list(LABELS)
    list_filter = [*label_filters(), ("created_at", RangeDateTimeFilter)]
    search_fields = [f"={name}" for name in LABELS]
    search_help_text = "A whole name: a project, a team, a person, a model …"
    fields = [*LABELS, "tags", "created_at"]

    def page_of(self, row: Attribution) -> str:
        """Its usage of the last 90 days."""
        return asked("usage:explorer", row)


@admin.register(AttributionTag)
class AttributionTagAdmin(WithPages, ReadOnlyAdmin):
    """The tag keys that are part of label sets, because a budget's scope names them."""

    page = "usage:explorer"
    list_display = ["key", "created_at", "from_when", "taken_up"]
    list_filter = [("created_at", RangeDateTimeFilter)]
    search_fields = ["key"]
    fields = ["key", "created_at", "from_when", "taken_up"]
    readonly_fields = ["from_when", "taken_up"]

    def page_of(self, row: AttributionTag) -> str:
        """Usage by the tag."""
        return f"{reverse('usage:explorer')}?{urlencode({'by': f'tag:{row.key}'})}"

    @display(description="earlier calls too")
    def from_when(self, row: AttributionTag) -> str:
        """From when on calls that were there before have it among their labels."""
        return f"since {timezone.localtime(row.attribute_from):%b %-d, %Y}" if row.attribute_from else "no"

    @display(description="taken up")
    def taken_up(self, row: AttributionTag) -> str:
        """When the earlier calls had got it."""
        return f"{timezone.localtime(row.attributed_at):%b %-d, %Y, %H:%M}" if row.attributed_at else "not yet"


class OfAttributionAdmin(WithPages, LongListAdmin):
    """Rows that belong to a label set, shown with its labels."""

    page = "usage:explorer"
    list_select_related = ["attribution"]
    search_fields = [f"=attribution__{name}" for name in LABELS]
    search_help_text = "A whole name: a project, a team, a person, a model …"

    @display(description="model")
    def model_name(self, row: Any) -> str:
        """The model as it was called."""
        return row.attribution.model or NONE

    @display(description="provider")
    def provider(self, row: Any) -> str:
        """The provider that was called."""
        return row.attribution.provider or NONE

    @display(description="project")
    def project(self, row: Any) -> str:
        """The project, where one was said."""
        return row.attribution.project or NONE

    @display(description="team")
    def team(self, row: Any) -> str:
        """The team, where one was said."""
        return row.attribution.team or NONE


@admin.register(UsageEvent)
class UsageEventAdmin(OfAttributionAdmin):
    """Single calls, the newest first."""

    page = "usage:calls"
    list_display = [
        *("occurred_at", "provider", "model_name", "project", "team"),
        *("input_tokens", "output_tokens", "cost", "source"),
    ]
    list_filter = [
        ("occurred_at", RangeDateTimeFilter),
        "cost_source",
        "service_tier",
        *label_filters("attribution__"),
    ]
    sortable_by = ["occurred_at"]
    figures: ClassVar[dict[str, Words]] = {"cost": agreed}
    readonly_fields = ["key", "source"]
    fieldsets = [
        ("The call", {"fields": [("occurred_at", "received_at"), "attribution", "tags", "key", "service_tier", "id"]}),
        ("Cost", {"fields": ["cost", "source", "price_basis"]}),
        (
            "Tokens in",
            {
                "fields": [
                    "input_tokens",
                    ("cached_input_tokens", "audio_input_tokens"),
                    ("cache_write_tokens", "cache_write_1h_tokens"),
                ]
            },
        ),
        ("Tokens out", {"fields": ["output_tokens", ("reasoning_tokens", "audio_output_tokens")]}),
        ("Besides", {"fields": ["web_searches", "reservation_id", "metadata"]}),
    ]

    def page_of(self, row: UsageEvent) -> str:
        """The calls of its day with the same labels."""
        return asked("usage:calls", row.attribution, timezone.localdate(row.occurred_at))

    @display(description="price")
    def source(self, row: UsageEvent) -> str:
        """Where the cost is from."""
        return cost_words(row, row.attribution.model)

    @display(description="API key")
    def key(self, row: UsageEvent) -> str:
        """The key that it was posted with, by its name."""
        found = ApiKey.objects.filter(pk=row.api_key_id).first() if row.api_key_id else None
        return str(found) if found else NONE


class RollupAdmin(OfAttributionAdmin):
    """What label sets cost, hour by hour or day by day."""

    def page_of(self, row: Any) -> str:
        """The usage of its day with the same labels."""
        return asked("usage:explorer", row.attribution, self.day_of(row))

    def day_of(self, row: Any) -> date:
        """The day on which it was."""
        raise NotImplementedError


@admin.register(HourlyUsage)
class HourlyUsageAdmin(RollupAdmin):
    """What each label set cost in each hour."""

    list_display = ["hour", "provider", "model_name", "project", "team", "requests", "unpriced", "cost"]
    list_filter = [("hour", RangeDateTimeFilter), UnpricedFilter, *label_filters("attribution__")]
    sortable_by = ["hour"]

    def day_of(self, row: HourlyUsage) -> date:
        """The day of the hour."""
        return timezone.localdate(row.hour)


@admin.register(DailyUsage)
class DailyUsageAdmin(RollupAdmin):
    """What each label set cost on each day."""

    list_display = ["day", "provider", "model_name", "project", "team", "requests", "unpriced", "cost"]
    list_filter = [("day", RangeDateFilter), UnpricedFilter, *label_filters("attribution__")]
    sortable_by = ["day"]

    def day_of(self, row: DailyUsage) -> date:
        """The day."""
        return row.day


@admin.register(GroundVersion)
class GroundVersionAdmin(ReadOnlyAdmin):
    """Counters that tell each process when what it remembers is old."""

    list_display = ["name", "version"]
    search_fields = ["name"]

"""Named views of the explorer in the admin site: whose they are, and what they ask in words."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import QueryDict
from django.urls import reverse
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RangeDateTimeFilter
from unfold.decorators import display

from usage.models import SavedView
from wire.admin import ReadOnlyAdmin
from wire.admin_pages import WithPages


@admin.register(SavedView)
class SavedViewAdmin(WithPages, ReadOnlyAdmin):
    """Questions to the explorer that people keep under a name."""

    page = "usage:explorer"
    list_display = ["name", "owner", "asks", "created_at"]
    list_select_related = ["owner"]
    list_filter = [("owner", AutocompleteSelectFilter), ("created_at", RangeDateTimeFilter)]
    search_fields = ["name", "owner__email"]
    fields = ["name", "owner", "asks", "created_at"]
    readonly_fields = ["asks"]

    def page_of(self, row: SavedView) -> str:
        """What it asks, asked by whoever looks."""
        return reverse("usage:explorer") + row.query

    @display(description="what it asks")
    def asks(self, row: SavedView) -> str:
        """Its address in words: "by: team, model · range: 90d"."""
        asked: Any = QueryDict(row.query.removeprefix("?")).lists()
        return " · ".join(f"{name}: {', '.join(value or 'none' for value in values)}" for name, values in asked) or (
            "this month by model"
        )

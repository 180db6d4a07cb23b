"""Plans that were brought in as tables, in the admin site: whose, when, and whether they were applied."""

from __future__ import annotations

from django.contrib import admin

from budgets.models.plan import PlanImport, PlanLine
from wire.admin import LongListAdmin, ReadOnlyAdmin


@admin.register(PlanImport)
class PlanImportAdmin(ReadOnlyAdmin):
    """Files and pasted tables, as long as they are kept."""

    list_display = ["source", "maker", "made_at", "applied_at"]
    list_select_related = ["maker"]
    search_fields = ["source", "maker__email"]
    fields = ["source", "maker", "made_at", "shown_at", "applied_at"]


@admin.register(PlanLine)
class PlanLineAdmin(LongListAdmin):
    """Their lines."""

    list_display = ["plan", "line", "name"]
    list_select_related = ["plan"]
    search_fields = ["name"]
    fields = ["plan", "line", "name"]

"""Plans that were brought in as tables, in the admin site: whose, when, and whether they were applied."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RangeDateTimeFilter
from unfold.decorators import display

from budgets.models.plan import PlanImport, PlanLine
from wire.admin import GivenFilter, LongListAdmin, ReadOnlyAdmin
from wire.admin_pages import WithPages
from wire.admin_words import said


class AppliedFilter(GivenFilter):
    """Plans that were applied, or only looked at."""

    title = "applied"
    parameter_name = "applied"
    field = "applied_at"


@admin.register(PlanImport)
class PlanImportAdmin(WithPages, ReadOnlyAdmin):
    """Files and pasted tables, as long as they are kept. Only who brought one in may open its page."""

    page = "budgets:import"
    list_display = ["named", "maker", "made_at", "lines", "applied_at"]
    list_select_related = ["maker"]
    list_filter = [AppliedFilter, ("maker", AutocompleteSelectFilter), ("made_at", RangeDateTimeFilter)]
    search_fields = ["source", "maker__email"]
    fields = ["named", "maker", "made_at", "shown_at", "lines", "applied_at"]
    readonly_fields = ["named", "lines"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[PlanImport]:
        """Without what the files hold."""
        return super().get_queryset(request).defer("content")

    @display(description="plan", ordering="source")
    def named(self, row: PlanImport) -> str:
        """The file's name."""
        return row.source or "pasted"

    @display(description="lines")
    def lines(self, row: PlanImport) -> str:
        """How many of each kind there are."""
        return said(row.counts)


@admin.register(PlanLine)
class PlanLineAdmin(WithPages, LongListAdmin):
    """Their lines."""

    page = "budgets:import"
    list_display = ["plan", "line", "name", "would", "wrong"]
    list_select_related = ["plan"]
    list_filter = [("plan", AutocompleteSelectFilter)]
    search_fields = ["name"]
    fields = ["plan", "line", "name", "would", "wrong"]
    readonly_fields = ["would", "wrong"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[PlanLine]:
        """Without what the files hold."""
        return super().get_queryset(request).defer("plan__content")

    @display(description="what it does")
    def would(self, row: PlanLine) -> str:
        """Its kinds."""
        return said(row.kinds)

    @display(description="to correct")
    def wrong(self, row: PlanLine) -> str:
        """What is wrong in it."""
        return said([" ".join(str(part) for part in problem[1:]) for problem in row.problems])

"""Saved scenarios in the admin site: of which budget, and whose they are."""

from __future__ import annotations

from django.contrib import admin
from django.urls import reverse
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RangeDateTimeFilter
from unfold.decorators import display

from forecasting.domain.assumptions import scenarios_in
from forecasting.models import ScenarioSet
from forecasting.scenario_words import assumed_in_words
from wire.admin import ReadOnlyAdmin
from wire.admin_pages import WithPages


@admin.register(ScenarioSet)
class ScenarioSetAdmin(WithPages, ReadOnlyAdmin):
    """Comparisons of a budget that people keep under a name."""

    page = "forecasts:list"
    list_display = ["name", "budget", "created_by", "changed_at"]
    list_select_related = ["budget", "created_by"]
    list_filter = [
        ("budget", AutocompleteSelectFilter),
        ("created_by", AutocompleteSelectFilter),
        ("changed_at", RangeDateTimeFilter),
    ]
    search_fields = ["name", "budget__name", "created_by__email"]
    fields = ["name", "budget", "assumes", "created_by", "created_at", "changed_at"]
    readonly_fields = ["assumes"]

    def page_of(self, row: ScenarioSet) -> str:
        """The comparison itself."""
        return reverse("forecasts:saved", args=[row.budget_id, row.pk])

    @display(description="what it compares")
    def assumes(self, row: ScenarioSet) -> str:
        """Each scenario by its name, with what it assumes."""
        told = [(one.name, assumed_in_words(one.assumptions)) for one in scenarios_in(row.scenarios)]
        return "; ".join(f"{name}: {words or 'as forecast'}" for name, words in told)

"""Budgets in the admin site: looked at here, changed on their own pages, by functions that keep the ledger right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RangeDateTimeFilter
from unfold.decorators import display

from budgets.admin.filters import OF_BUDGET, KeyFilter, LiveFilter, PresentFilter, WhatFilter
from budgets.domain.scopes import describe
from budgets.models import (
    Budget,
    BudgetAttribution,
    BudgetChange,
    BudgetCorrection,
    BudgetHour,
    BudgetPeriod,
    BudgetSpan,
    BudgetThreshold,
    ThresholdCrossing,
)
from budgets.templatetags.limits import to_cent
from budgets.views.history import TITLES, change_of
from budgets.words import anchor_words
from wire.admin import LongListAdmin, ReadOnlyAdmin
from wire.admin_pages import WithPages
from wire.admin_words import NONE, Words, in_percent, span
from wire.templatetags.moments import short_day


def planned(amounts: Mapping[str, str]) -> str:
    """Planned amounts by the day that their period begins: "Jan 1: $5,000"."""
    return (
        " · ".join(f"{short_day(date.fromisoformat(day))}: {to_cent(Decimal(sum_))}" for day, sum_ in amounts.items())
        or NONE
    )


@admin.register(Budget)
class BudgetAdmin(WithPages, ReadOnlyAdmin):
    """All budgets, with the link to each one's page."""

    page = "budgets:tree"
    list_display = ["name", "link", "parent", "amount", "period", "scope", "owned_by", "archived_at"]
    list_filter = [
        *(LiveFilter, "period", "rollover", KeyFilter),
        *(("owner", AutocompleteSelectFilter), ("parent", AutocompleteSelectFilter)),
    ]
    list_select_related = ["parent"]
    search_fields = ["name", "owner_name", "owner__email"]
    fields = [
        "name",
        "parent",
        "amount",
        ("period", "begins"),
        ("starts_on", "ends_on"),
        "scope",
        ("owner", "owner_name"),
        ("rollover", "over_allocation"),
        "amounts",
        "archived_at",
        ("created_at", "created_by"),
        "version",
    ]
    readonly_fields = ["begins"]
    figures: ClassVar[dict[str, Words]] = {"amount": to_cent}
    words: ClassVar[dict[str, Words]] = {"scope": describe, "amounts": planned}
    has_history = True

    def page_of(self, row: Budget) -> str:
        """Where it is changed."""
        return reverse("budgets:detail", args=[row.pk])

    @display(description="page")
    def link(self, budget: Budget) -> SafeString:
        """The way there from the list."""
        return format_html('<a class="underline" href="{}">open</a>', self.page_of(budget))

    @display(description="owner", ordering="owner_name")
    def owned_by(self, budget: Budget) -> str:
        """Who answers for it."""
        return budget.owner_name or NONE

    @display(description="begins")
    def begins(self, budget: Budget) -> str:
        """Where its periods begin."""
        return anchor_words(budget.anchor, budget.period) or "by the calendar"

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """What was changed in a budget is kept by the budgets themselves."""
        changes = reverse("admin:budgets_budgetchange_changelist")
        return HttpResponseRedirect(f"{changes}?{urlencode({'budget__id__exact': object_id})}")


class OfBudgetAdmin(WithPages, LongListAdmin):
    """Rows that belong to a budget."""

    page = "budgets:tree"
    list_select_related = ["budget"]
    list_filter: Sequence[Any] = [OF_BUDGET]
    search_fields = ["budget__name"]

    def page_of(self, row: Any) -> str:
        """The page of the budget."""
        return reverse("budgets:detail", args=[row.budget_id])


@admin.register(BudgetSpan)
class BudgetSpanAdmin(OfBudgetAdmin):
    """Scope and place of budgets through time."""

    list_display = ["budget", "parent", "scope", "starts", "ends"]
    list_select_related = ["budget", "parent"]
    list_filter = [OF_BUDGET, PresentFilter, KeyFilter, ("starts", RangeDateTimeFilter)]
    words: ClassVar[dict[str, Words]] = {"scope": describe}
    empty: ClassVar[dict[str, str]] = {"starts": "the first call", "ends": "until now"}


@admin.register(BudgetAttribution)
class BudgetAttributionAdmin(OfBudgetAdmin):
    """Which label sets a budget is charged for, and when."""

    list_display = ["budget", "attribution", "valid_from", "valid_to"]
    list_select_related = ["budget", "attribution"]
    list_filter = [OF_BUDGET, PresentFilter]
    search_fields = ["budget__name", *(f"=attribution__{name}" for name in ("team", "project", "user", "model"))]
    empty: ClassVar[dict[str, str]] = {"valid_from": "the first call", "valid_to": "until now"}
    ordering = ["-pk"]
    sortable_by: list[str] = []


@admin.register(BudgetHour)
class BudgetHourAdmin(OfBudgetAdmin):
    """What budgets were charged for each hour."""

    list_display = ["budget", "hour", "cost", "requests", "unpriced"]
    list_filter = [OF_BUDGET, ("hour", RangeDateTimeFilter)]


@admin.register(BudgetPeriod)
class BudgetPeriodAdmin(OfBudgetAdmin):
    """Periods with what was agreed and spent."""

    list_display = ["budget", "days", "amount", "carried", "spent", "requests", "unpriced"]
    list_filter = [OF_BUDGET, ("starts", RangeDateTimeFilter), "budget__period"]
    figures: ClassVar[dict[str, Words]] = {"amount": to_cent}

    @display(description="period", ordering="starts")
    def days(self, row: BudgetPeriod) -> str:
        """From its first day to its last."""
        return span(row.starts, row.ends)


@admin.register(BudgetCorrection)
class BudgetCorrectionAdmin(OfBudgetAdmin):
    """What repricings changed in the periods of budgets."""

    list_display = ["corrected_at", "budget", "starts", "cost_change", "repricing"]
    list_select_related = ["budget", "repricing"]
    list_filter = [OF_BUDGET, ("corrected_at", RangeDateTimeFilter)]
    search_fields = ["budget__name", "repricing__reason"]


@admin.register(BudgetChange)
class BudgetChangeAdmin(OfBudgetAdmin):
    """The history of all budgets."""

    list_display = ["at", "budget", "what", "by_name", "reason", "effective_from"]
    list_filter = [WhatFilter, OF_BUDGET, ("at", RangeDateTimeFilter)]
    search_fields = ["budget__name", "by_name", "reason"]
    fields = ["at", "budget", "what", "lines", ("by", "by_name"), "reason", "effective_from"]
    readonly_fields = ["lines"]
    words: ClassVar[dict[str, Words]] = {"what": lambda what: TITLES.get(what) or str(what)}

    @display(description="from – to")
    def lines(self, row: BudgetChange) -> SafeString | str:
        """Each field that changed, before and after."""
        found = change_of(row, Budget.objects.all()).lines
        return format_html_join(
            mark_safe("<br>"),
            "{}: {}",
            ((line.name, f"{line.before} → {line.after}" if line.before else line.after) for line in found),
        )


@admin.register(BudgetThreshold)
class BudgetThresholdAdmin(OfBudgetAdmin):
    """Shares of limits that someone wants to hear of. They are set with their budget."""

    list_display = ["budget", "threshold", "channels"]
    figures: ClassVar[dict[str, Words]] = {"threshold": in_percent}


@admin.register(ThresholdCrossing)
class ThresholdCrossingAdmin(WithPages, LongListAdmin):
    """When thresholds were reached."""

    page = "budgets:tree"
    list_display = ["budget", "of_period", "threshold", "crossed_at", "spent", "limit"]
    list_select_related = ["period__budget"]
    list_filter = [("period__budget", AutocompleteSelectFilter), ("crossed_at", RangeDateTimeFilter)]
    search_fields = ["period__budget__name"]
    figures: ClassVar[dict[str, Words]] = {"threshold": in_percent, "limit": to_cent}

    def page_of(self, row: ThresholdCrossing) -> str:
        """The page of the budget."""
        return reverse("budgets:detail", args=[row.period.budget_id])

    @display(description="budget")
    def budget(self, row: ThresholdCrossing) -> str:
        """Whose it was."""
        return row.period.budget.name

    @display(description="period", ordering="period__starts")
    def of_period(self, row: ThresholdCrossing) -> str:
        """In which period."""
        return span(row.period.starts, row.period.ends)

"""Budgets in the admin site: looked at here, changed on their own pages, by functions that keep the ledger right."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from guardian.models import GroupObjectPermission, UserObjectPermission
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import RangeDateTimeFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelect2Widget

from budgets.domain.scopes import describe
from budgets.models import (
    Budget,
    BudgetAttribution,
    BudgetChange,
    BudgetHour,
    BudgetPeriod,
    BudgetSpan,
    BudgetThreshold,
    ThresholdCrossing,
)
from budgets.rules import PERMISSIONS
from wire.admin import LongListAdmin, ReadOnlyAdmin
from wire.templatetags.money import in_words

MAY = {
    "view_budget": "see it",
    "change_budget": "change it",
    "request_budget": "ask for more",
    "decide_budget": "decide requests",
}


class LiveFilter(admin.SimpleListFilter):
    """Live budgets, archived ones, or both."""

    title = "archived"
    parameter_name = "archived"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """No or yes."""
        return [("no", "no"), ("yes", "yes")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Budget]) -> QuerySet[Budget]:
        """What was chosen."""
        return queryset.filter(archived_at__isnull=self.value() == "no") if self.value() else queryset


@admin.register(Budget)
class BudgetAdmin(ReadOnlyAdmin):
    """All budgets, with the link to each one's page."""

    list_display = ["name", "page", "parent", "limit", "period", "scoped", "owner_name", "archived_at"]
    list_filter = [LiveFilter, "period", "rollover"]
    list_select_related = ["parent"]
    search_fields = ["name", "owner_name"]
    fields = [
        "page",
        "name",
        "parent",
        "amount",
        ("period", "anchor"),
        ("starts_on", "ends_on"),
        "scoped",
        ("owner", "owner_name"),
        ("rollover", "over_allocation"),
        "amounts",
        "archived_at",
        ("created_at", "created_by"),
        "version",
    ]
    readonly_fields = ["page", "scoped"]

    @display(description="page")
    def page(self, budget: Budget) -> SafeString:
        """Where it is changed."""
        return format_html('<a class="underline" href="{}">open</a>', reverse("budgets:detail", args=[budget.pk]))

    @display(description="limit", ordering="amount")
    def limit(self, budget: Budget) -> str:
        """For one period."""
        return in_words(budget.amount)

    @display(description="for")
    def scoped(self, budget: Budget) -> str:
        """What it is for, in words."""
        return describe(budget.scope)


class OfBudgetAdmin(LongListAdmin):
    """Rows that belong to a budget."""

    list_select_related = ["budget"]
    search_fields = ["budget__name"]


@admin.register(BudgetSpan)
class BudgetSpanAdmin(OfBudgetAdmin):
    """Scope and place of budgets through time."""

    list_display = ["budget", "parent", "scope", "starts", "ends"]
    list_select_related = ["budget", "parent"]


@admin.register(BudgetAttribution)
class BudgetAttributionAdmin(OfBudgetAdmin):
    """Which label sets a budget is charged for, and when."""

    list_display = ["budget", "attribution", "valid_from", "valid_to"]
    list_select_related = ["budget", "attribution"]
    ordering = ["-pk"]
    sortable_by: list[str] = []


@admin.register(BudgetHour)
class BudgetHourAdmin(OfBudgetAdmin):
    """What budgets were charged for each hour."""

    list_display = ["budget", "hour", "amount", "requests", "unpriced"]
    list_filter = [("hour", RangeDateTimeFilter)]

    @display(description="cost", ordering="cost")
    def amount(self, row: BudgetHour) -> str:
        """What it was charged."""
        return in_words(row.cost)


@admin.register(BudgetPeriod)
class BudgetPeriodAdmin(OfBudgetAdmin):
    """Periods with what was agreed and spent."""

    list_display = ["budget", "starts", "ends", "agreed", "carried_over", "used", "requests", "unpriced"]
    list_filter = [("starts", RangeDateTimeFilter), "budget__period"]

    @display(description="agreed", ordering="amount")
    def agreed(self, row: BudgetPeriod) -> str:
        """The amount for this period."""
        return in_words(row.amount)

    @display(description="carried over", ordering="carried")
    def carried_over(self, row: BudgetPeriod) -> str:
        """What the period before left."""
        return in_words(row.carried)

    @display(description="spent", ordering="spent")
    def used(self, row: BudgetPeriod) -> str:
        """What was spent."""
        return in_words(row.spent)


@admin.register(BudgetChange)
class BudgetChangeAdmin(OfBudgetAdmin):
    """The history of all budgets."""

    list_display = ["at", "budget", "what", "by_name", "reason", "effective_from"]
    list_filter = ["what", ("at", RangeDateTimeFilter)]
    search_fields = ["budget__name", "by_name", "reason"]


@admin.register(BudgetThreshold)
class BudgetThresholdAdmin(OfBudgetAdmin):
    """Shares of limits that someone wants to hear of. They are set with their budget."""

    list_display = ["budget", "share", "channels"]

    @display(description="threshold", ordering="threshold")
    def share(self, row: BudgetThreshold) -> str:
        """In percent."""
        return f"{(row.threshold * 100).normalize():f}%"


@admin.register(ThresholdCrossing)
class ThresholdCrossingAdmin(LongListAdmin):
    """When thresholds were reached."""

    list_display = ["budget", "threshold", "crossed_at", "spent", "limit"]
    list_select_related = ["period__budget"]
    list_filter = [("crossed_at", RangeDateTimeFilter)]
    search_fields = ["period__budget__name"]

    @display(description="budget")
    def budget(self, row: ThresholdCrossing) -> str:
        """Whose it was."""
        return row.period.budget.name


class ShareForm(forms.ModelForm):
    """Gives someone a right on a budget and all below it."""

    budget = forms.ModelChoiceField(queryset=Budget.objects.order_by("name"), widget=UnfoldAdminSelect2Widget)
    may = forms.ChoiceField(choices=lambda: [(name, MAY[name]) for name in PERMISSIONS], label="may")

    def clean(self) -> dict[str, Any]:
        """Turns budget and right into the row that keeps them."""
        data = super().clean() or self.cleaned_data
        if not self.errors:
            kind = ContentType.objects.get_for_model(Budget)
            self.instance.content_type = kind
            self.instance.object_pk = str(data["budget"].pk)
            self.instance.permission = Permission.objects.get(content_type=kind, codename=data["may"])
        return data


class ShareAdmin(ModelAdmin):
    """Who may see, change, request or decide: for the budget and all below it. Given or taken, not edited."""

    form = ShareForm
    list_filter = ["permission__codename"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Shares of budgets, with the budgets."""
        kind = ContentType.objects.get_for_model(Budget)
        return super().get_queryset(request).filter(content_type=kind).prefetch_related("content_object")

    @display(description="budget")
    def budget_name(self, share: Any) -> str:
        """The budget that is shared."""
        return share.content_object.name if share.content_object else "gone"

    @display(description="may")
    def right(self, share: Any) -> str:
        """What it allows."""
        return MAY.get(share.permission.codename, share.permission.codename)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Take it and give another."""
        return False


@admin.register(UserObjectPermission)
class UserShareAdmin(ShareAdmin):
    """Budgets shared with people."""

    list_display = ["user", "right", "budget_name"]
    list_select_related = ["user", "permission"]
    search_fields = ["user__email"]
    autocomplete_fields = ["user"]
    fields = ["user", "may", "budget"]


@admin.register(GroupObjectPermission)
class GroupShareAdmin(ShareAdmin):
    """Budgets shared with groups."""

    list_display = ["group", "right", "budget_name"]
    list_select_related = ["group", "permission"]
    search_fields = ["group__name"]
    autocomplete_fields = ["group"]
    fields = ["group", "may", "budget"]

"""Usage, prices and the team directory in the admin site.

What the ledger wrote is read-only. What people agree on is added by the functions of the domain that the API calls too,
and never rewritten.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import RangeDateTimeFilter
from unfold.decorators import action, display

from usage.domain import agreements, directory
from usage.domain.agreements import Made
from usage.domain.aliases import create_alias, draft_alias
from usage.domain.errors import Refused
from usage.domain.overrides import create_override, draft_override
from usage.models import (
    Attribution,
    AttributionTag,
    GroundVersion,
    HourlyUsage,
    ModelAlias,
    PriceOverride,
    RepriceJob,
    TeamDepartment,
    UsageEvent,
)
from wire.admin import LongListAdmin, ReadOnlyAdmin
from wire.templatetags.money import in_words

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

    @display(description="cost", ordering="cost")
    def amount(self, row: Any) -> str:
        """What it cost."""
        return in_words(row.cost)


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
        "amount",
        "cost_source",
    ]
    list_filter = [("occurred_at", RangeDateTimeFilter), "cost_source", "service_tier"]
    sortable_by = ["occurred_at"]


@admin.register(HourlyUsage)
class HourlyUsageAdmin(OfAttributionAdmin):
    """What each label set cost in each hour."""

    list_display = ["hour", "provider", "model_name", "project", "team", "requests", "unpriced", "amount"]
    list_filter = [("hour", RangeDateTimeFilter)]
    sortable_by = ["hour"]


class AgreedForm(forms.ModelForm):
    """A form whose refusals come from the domain."""

    def draft(self, data: dict[str, Any]) -> Model | None:
        """What the domain makes of it, or None. Raises Refused."""
        return None

    def clean(self) -> dict[str, Any]:
        """Puts the domain's refusal beside its field."""
        data = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                self.drafted = self.draft(data)
            except Refused as error:
                name = error.field.split(".")[0]
                self.add_error(name if name in self.fields else None, error.message)
        return data


class AgreedAdmin(ModelAdmin):
    """Something that holds from a date on: added, ended, never edited or deleted."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What was agreed stays."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What was agreed stays."""
        return False

    @action(description="End now", permissions=["add"])
    def end_now(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        """Ends the chosen ones; usage from now on is priced without them."""
        now = timezone.now()
        for row in rows:
            try:
                self._tell(request, agreements.end(row, now, request.user, now, reprice=True), "ended")  # type: ignore[arg-type]
            except Refused as error:
                messages.error(request, f"{row}: {error.message}")

    def _tell(self, request: HttpRequest, made: Made, done: str) -> None:
        follows = " Past usage that it concerns is priced anew by a job." if made.job else ""
        messages.success(request, f"{made.row} is {done}.{follows}")


class PriceOverrideForm(AgreedForm):
    """A contract price."""

    def draft(self, data: dict[str, Any]) -> Model:
        """The contract price that this would be."""
        names = ("model_pattern", "effective_from", "effective_to", "provider", "percent_off", "note")
        terms: dict[str, Any] = {name: data.get(name) for name in names}
        rates = data.get("rates")
        if rates is not None:
            rates = {kind: forms.DecimalField(label=kind).clean(rate) for kind, rate in dict(rates).items()}
        return draft_override(**terms, rates=rates)


@admin.register(PriceOverride)
class PriceOverrideAdmin(AgreedAdmin):
    """Contract prices."""

    form = PriceOverrideForm
    list_display = ["model_pattern", "provider", "percent_off", "effective_from", "effective_to", "note", "created_by"]
    list_filter = ["provider", ("effective_from", RangeDateTimeFilter)]
    list_filter_submit = True
    list_select_related = ["created_by"]
    search_fields = ["model_pattern", "provider", "note"]
    fields = ["provider", "model_pattern", ("effective_from", "effective_to"), "percent_off", "rates", "note"]
    actions = ["end_now"]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Stores it by the domain; past usage follows by a job."""
        made = create_override(form.drafted, request.user, timezone.now())  # type: ignore[arg-type]
        obj.pk = made.row.pk
        self._tell(request, made, "added")


class ModelAliasForm(AgreedForm):
    """An alias of a model's name."""

    def draft(self, data: dict[str, Any]) -> Model:
        """The alias that this would be."""
        names = ("pattern", "priced_model", "provider", "priced_provider", "effective_from", "effective_to")
        terms: dict[str, Any] = {name: data.get(name) for name in names}
        return draft_alias(**terms, now=timezone.now())


@admin.register(ModelAlias)
class ModelAliasAdmin(AgreedAdmin):
    """Aliases of models' names."""

    form = ModelAliasForm
    list_display = [
        "pattern",
        "provider",
        "priced_model",
        "priced_provider",
        "effective_from",
        "effective_to",
        "created_by",
    ]
    list_filter = ["provider", ("effective_from", RangeDateTimeFilter)]
    list_filter_submit = True
    list_select_related = ["created_by"]
    search_fields = ["pattern", "provider", "priced_model"]
    fields = [("provider", "pattern"), ("priced_provider", "priced_model"), ("effective_from", "effective_to")]
    actions = ["end_now"]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Stores it by the domain; usage that had no price follows by a job."""
        made = create_alias(form.drafted, request.user, timezone.now())  # type: ignore[arg-type]
        obj.pk = made.row.pk
        self._tell(request, made, "added")


class TeamDepartmentForm(AgreedForm):
    """From when on a team belongs to a department."""

    def draft(self, data: dict[str, Any]) -> None:
        """Looks at the date."""
        agreements.check_dates(data["effective_from"], None)


@admin.register(TeamDepartment)
class TeamDepartmentAdmin(AgreedAdmin):
    """Which department a team belongs to, and since when."""

    form = TeamDepartmentForm
    list_display = ["team", "department", "effective_from", "created_by"]
    list_filter = ["department"]
    list_select_related = ["created_by"]
    search_fields = ["team", "department"]
    fields = ["team", "department", "effective_from"]
    actions: list[str] = []

    def save_model(self, request: HttpRequest, obj: TeamDepartment, form: Any, change: bool) -> None:
        """Stores the entry by the domain."""
        user: Any = request.user
        entry = directory.set_department(obj.team, obj.department, obj.effective_from, user, timezone.now())
        obj.pk = entry.pk


@admin.register(RepriceJob)
class RepriceJobAdmin(ReadOnlyAdmin):
    """Spans of past usage that are, or were, priced anew."""

    list_display = [
        "model_pattern",
        "provider",
        "start",
        "end",
        "state",
        "events_changed",
        "change",
        "reason",
        "created_by",
    ]
    list_filter = ["state"]
    list_select_related = ["created_by"]
    search_fields = ["model_pattern", "provider", "reason"]

    @display(description="cost changed by", ordering="cost_change")
    def change(self, job: RepriceJob) -> str:
        """By how much the sum of costs changed."""
        return in_words(job.cost_change)


@admin.register(GroundVersion)
class GroundVersionAdmin(ReadOnlyAdmin):
    """Counters that tell each process when what it remembers is old."""

    list_display = ["name", "version"]

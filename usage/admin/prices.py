"""Contract prices, aliases and repricings in the admin site."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from unfold.contrib.filters.admin import RangeDateTimeFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from usage.admin.agreed import AgreedAdmin, AgreedForm
from usage.domain.aliases import create_alias, draft_alias
from usage.domain.overrides import create_override, draft_override
from usage.models import ModelAlias, PriceOverride, RepriceJob
from usage.rates_fields import RatesFields
from usage.words import KINDS, agreed_price
from wire.admin import ReadOnlyAdmin
from wire.admin_pages import WithPages


class PriceOverrideForm(RatesFields, AgreedForm):
    """A contract price, its rates kind by kind."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for kind in KINDS:
            if (field := self.fields.get(f"rate_{kind}")) is not None:
                field.widget = UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"})

    def draft(self, data: dict[str, Any]) -> Model:
        """The contract price that this would be."""
        names = ("model_pattern", "effective_from", "effective_to", "provider", "percent_off", "note")
        terms: dict[str, Any] = {name: data.get(name) for name in names}
        return draft_override(**terms, rates=self.rates() or None)


@admin.register(PriceOverride)
class PriceOverrideAdmin(AgreedAdmin):
    """Contract prices."""

    form = PriceOverrideForm
    list_display = ["model_pattern", "provider", "agreed", "effective_from", "effective_to", "note", "created_by"]
    list_filter = ["provider", ("effective_from", RangeDateTimeFilter)]
    list_select_related = ["created_by"]
    search_fields = ["model_pattern", "provider", "note"]
    fieldsets = [
        (None, {"fields": ["provider", "model_pattern", "effective_from", "effective_to", "note"]}),
        (
            "What was agreed",
            {
                "fields": ["percent_off", *(f"rate_{kind}" for kind in KINDS)],
                "description": "A percentage off every list price, or USD per million tokens by kind.",
            },
        ),
    ]
    actions = ["end_now"]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """A form for a new one, words for one that is agreed."""
        if obj is None:
            return super().get_fieldsets(request, obj)
        names = ["provider", "model_pattern", "agreed", "effective_from", "effective_to", "note", "created_by"]
        return [(None, {"fields": [*names, "created_at"]})]

    def page_of(self, row: Any) -> str:
        """Where it stands beside the others."""
        return f"{reverse(self.page)}#contract-prices"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What is agreed is not typed over."""
        return [] if obj is None else ["agreed", "created_by", "created_at"]

    @display(description="agreed")
    def agreed(self, row: PriceOverride) -> str:
        """The percentage or the rates, in words."""
        return agreed_price(row)

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
    list_select_related = ["created_by"]
    search_fields = ["pattern", "provider", "priced_model"]
    fields = [("provider", "pattern"), ("priced_provider", "priced_model"), "effective_from", "effective_to"]
    readonly_fields = ["created_by", "created_at"]
    actions = ["end_now"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What is typed, and of an alias that is there who made it."""
        return [*super().get_fields(request, obj), *([("created_by", "created_at")] if obj else [])]

    def page_of(self, row: Any) -> str:
        """Where it stands beside the others."""
        return f"{reverse(self.page)}#aliases"

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Stores it by the domain; usage that had no price follows by a job."""
        made = create_alias(form.drafted, request.user, timezone.now())  # type: ignore[arg-type]
        obj.pk = made.row.pk
        self._tell(request, made, "added")


@admin.register(RepriceJob)
class RepriceJobAdmin(WithPages, ReadOnlyAdmin):
    """Spans of past usage that are, or were, priced anew."""

    page = "usage:models"
    list_display = [
        "model_pattern",
        "provider",
        "start",
        "end",
        "state",
        "events_changed",
        "cost_change",
        "reason",
        "created_by",
    ]
    list_filter = ["state", "only_unpriced", ("created_at", RangeDateTimeFilter)]
    list_select_related = ["created_by"]
    search_fields = ["model_pattern", "provider", "reason"]
    fields = [
        "reason",
        ("provider", "model_pattern"),
        ("start", "end"),
        "only_unpriced",
        "state",
        ("events_expected", "events_seen", "events_changed"),
        "cost_change",
        "error",
        ("created_at", "created_by"),
        ("started_at", "finished_at"),
    ]

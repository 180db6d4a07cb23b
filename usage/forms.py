"""The forms that give a name a price, by an alias or by contract: what people type becomes what the domain takes."""

from __future__ import annotations

from abc import abstractmethod
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.utils import timezone

from accounts.models import User
from usage.domain.agreements import Made
from usage.domain.aliases import create_alias, draft_alias, preview_alias
from usage.domain.anew import PREVIEW_MOST, Preview
from usage.domain.errors import Refused
from usage.domain.overrides import create_override, draft_override, preview_override
from usage.models import ModelAlias, PriceOverride
from usage.rates_fields import RatesFields
from usage.words import agreed_price
from wire.templatetags.moments import short_day
from wire.times import instant

EMPTY_PATTERN = "Write the name as it is called; * stands for any text."


class DayField(forms.DateField):
    """A day, chosen in the browser's own manner."""

    def __init__(self, label: str, help_text: str, **options: Any) -> None:
        super().__init__(label=label, help_text=help_text, widget=forms.DateInput(attrs={"type": "date"}), **options)


class AgreementForm(forms.Form):
    """What both forms do: draft, preview and make what was typed, and put a refusal beside its field."""

    #: The field of the name that gets a price.
    NAME: ClassVar[str]
    #: Names of the domain that the form calls differently.
    CALLED: ClassVar[dict[str, str]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.setdefault("autocomplete", "off")

    @abstractmethod
    def draft(self, now: datetime) -> Any:
        """What this would be, sound and not stored. Raises Refused."""

    @abstractmethod
    def preview(self, draft: Any, now: datetime) -> Preview | None:
        """What past usage would change; None when the past is left alone."""

    @abstractmethod
    def create(self, draft: Any, by: User, now: datetime) -> Made:
        """Stores the draft."""

    @abstractmethod
    def told(self, draft: Any) -> str:
        """What was agreed, in a sentence."""

    def refuse_with(self, error: Refused) -> None:
        """Puts a refusal of the domain beside its field."""
        field = self.CALLED.get(error.field, error.field.replace("rates.", "rate_"))
        self.add_error(field if field in self.fields else None, error.message)


class AliasForm(AgreementForm):
    """A name as it is called, and the model whose price holds for it."""

    NAME = "pattern"

    provider = forms.CharField(label="Called at provider", required=False, max_length=200, help_text="Empty: at any.")
    pattern = forms.CharField(
        label="Name as it is called",
        max_length=200,
        help_text="* stands for any text.",
        error_messages={"required": EMPTY_PATTERN},
    )
    priced_provider = forms.CharField(
        label="Priced as at provider", required=False, max_length=200, help_text="Empty: the provider of the call."
    )
    priced_model = forms.CharField(label="Priced as model", max_length=200)
    effective_from = DayField("From", "Empty: for all usage ever.", required=False)
    effective_to = DayField("Until before", "Empty: for good.", required=False)
    everything = forms.BooleanField(
        label="Also reprice calls that already have a price",
        required=False,
        help_text="Otherwise only calls without a price are priced.",
    )

    def draft(self, now: datetime) -> ModelAlias:
        """The alias that this would be. Raises Refused."""
        data = self.cleaned_data
        names = ("provider", "pattern", "priced_provider", "priced_model")
        return draft_alias(
            **{name: data[name] for name in names},
            effective_from=_midnight(data["effective_from"]),
            effective_to=_midnight(data["effective_to"]),
            now=now,
        )

    def preview(self, draft: ModelAlias, now: datetime) -> Preview:
        """What past usage would change."""
        return preview_alias(draft, now, only_unpriced=not self.cleaned_data["everything"], most=PREVIEW_MOST)

    def create(self, draft: ModelAlias, by: User, now: datetime) -> Made:
        """Stores the alias."""
        return create_alias(draft, by, now, only_unpriced=not self.cleaned_data["everything"])

    def told(self, draft: ModelAlias) -> str:
        """What it is priced as."""
        return f"{draft.pattern} is priced as {draft.priced_model}."


class ContractPriceForm(RatesFields, AgreementForm):
    """A price that was agreed for the models of a pattern: rates in USD, or a percentage off."""

    NAME = "model_pattern"
    RATES, PERCENT = "rates", "percent"
    CALLED: ClassVar[dict[str, str]] = {"rates": "rate_input"}

    provider = forms.CharField(label="At provider", required=False, max_length=200, help_text="Empty: at any.")
    model_pattern = forms.CharField(
        label="Model",
        max_length=200,
        help_text="As called or as priced; * stands for any text.",
        error_messages={"required": "Name a model; * stands for any text."},
    )
    agreed = forms.ChoiceField(
        label="What was agreed",
        choices=[(RATES, "Prices in USD per million tokens"), (PERCENT, "A percentage off the list price")],
        initial=RATES,
        widget=forms.RadioSelect,
    )
    percent_off = forms.CharField(label="Percent off", required=False, max_length=20)
    effective_from = DayField(
        "From",
        "The first day that it holds on.",
        initial=timezone.localdate,
        error_messages={"required": "Choose the day from which it holds."},
    )
    effective_to = DayField("Until before", "Empty: until further notice.", required=False)
    note = forms.CharField(
        label="Note", required=False, max_length=500, help_text="Such as the contract’s name, for those who read this."
    )
    reprice = forms.BooleanField(
        label="Price past usage again",
        required=False,
        initial=True,
        help_text="Calls since the first day that are in the ledger already. Else they keep their price.",
    )

    def clean_percent_off(self) -> Decimal | None:
        """The percentage as people write it: 15, 12.5 or 15%."""
        text = self.cleaned_data["percent_off"].replace("%", "").strip()
        return forms.DecimalField(required=False).clean(text)

    def clean(self) -> dict[str, Any]:
        """Asks for what was chosen, in the words of this form."""
        data = super().clean() or self.cleaned_data
        if data.get("agreed") == self.PERCENT:
            if data.get("percent_off") is None and "percent_off" not in self.errors:
                self.add_error("percent_off", "Write how many percent come off the list price.")
        elif not self.rates() and not any(name.startswith("rate_") for name in self.errors):
            self.add_error("rate_input", "Write at least one price.")
        return data

    def draft(self, now: datetime) -> PriceOverride:
        """The contract price that this would be. Raises Refused."""
        data = self.cleaned_data
        by_percent = data["agreed"] == self.PERCENT
        return draft_override(
            model_pattern=data["model_pattern"],
            provider=data["provider"],
            effective_from=instant(data["effective_from"].isoformat(), settings.COSTOPS_ZONE),
            effective_to=_midnight(data["effective_to"]),
            percent_off=data["percent_off"] if by_percent else None,
            rates=None if by_percent else self.rates(),
            note=data["note"],
        )

    def preview(self, draft: PriceOverride, now: datetime) -> Preview | None:
        """What past usage would change."""
        return preview_override(draft, now, most=PREVIEW_MOST) if self.cleaned_data["reprice"] else None

    def create(self, draft: PriceOverride, by: User, now: datetime) -> Made:
        """Stores the contract price."""
        return create_override(draft, by, now, reprice=self.cleaned_data["reprice"])

    def told(self, draft: PriceOverride) -> str:
        """What it costs, and since when."""
        since = short_day(timezone.localtime(draft.effective_from).date())
        return f"The contract price of {draft.model_pattern} from {since} on: {agreed_price(draft)}."


def _midnight(day: date | None) -> datetime | None:
    return None if day is None else instant(day.isoformat(), settings.COSTOPS_ZONE)

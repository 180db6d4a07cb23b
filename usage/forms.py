"""The form of an alias: what people type becomes what the domain takes."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django import forms
from django.conf import settings

from usage.domain.errors import Refused
from wire.times import instant


class AliasForm(forms.Form):
    """A name as it is called, and the model whose price holds for it."""

    provider = forms.CharField(label="Called at provider", required=False, max_length=200, help_text="Empty: at any.")
    pattern = forms.CharField(label="Name as it is called", max_length=200, help_text="* stands for any text.")
    priced_provider = forms.CharField(
        label="Priced as at provider", required=False, max_length=200, help_text="Empty: the provider of the call."
    )
    priced_model = forms.CharField(label="Priced as model", max_length=200)
    effective_from = forms.DateField(
        label="From",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="Empty: for all usage ever.",
    )
    effective_to = forms.DateField(
        label="Until before",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="Empty: for good.",
    )
    everything = forms.BooleanField(
        label="Also price anew what has a price already",
        required=False,
        help_text="Else only calls that had no price change.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.setdefault("autocomplete", "off")

    def terms(self) -> dict[str, Any]:
        """What the domain's draft takes: days begin at midnight in the company's time zone."""
        data = self.cleaned_data
        names = ("provider", "pattern", "priced_provider", "priced_model")
        dates = {name: _midnight(data[name]) for name in ("effective_from", "effective_to")}
        return {**{name: data[name] for name in names}, **dates}

    def refuse_with(self, error: Refused) -> None:
        """Puts a refusal of the domain beside its field."""
        self.add_error(error.field if error.field in self.fields else None, error.message)


def _midnight(day: date | None) -> datetime | None:
    return None if day is None else instant(day.isoformat(), settings.COSTOPS_ZONE)

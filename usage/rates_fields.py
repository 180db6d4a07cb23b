"""A field for each kind of what a contract prices, as the page of models and the admin site ask for them."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.forms import BoundField

from usage.words import KINDS

USUAL = ("input", "output", "cached_input")


class RateField(forms.DecimalField):
    """A rate as people write it: 2.10 or $2.10."""

    widget = forms.TextInput(attrs={"inputmode": "decimal"})

    def __init__(self, kind: str) -> None:
        super().__init__(label=KINDS[kind][0].upper() + KINDS[kind][1:], required=False)

    def to_python(self, value: Any) -> Any:
        """Takes the dollar sign and the thousands' commas off."""
        text = str(value or "").strip().removeprefix("$").strip()
        if re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", text):
            text = text.replace(",", "")
        return super().to_python(text)


class RatesFields(forms.Form):
    """USD per million tokens by kind, and per thousand of what is counted by the thousand."""

    rate_input = RateField("input")
    rate_output = RateField("output")
    rate_cached_input = RateField("cached_input")
    rate_cache_write = RateField("cache_write")
    rate_cache_write_1h = RateField("cache_write_1h")
    rate_reasoning = RateField("reasoning")
    rate_audio_input = RateField("audio_input")
    rate_audio_output = RateField("audio_output")
    rate_web_search = RateField("web_search")
    rate_request = RateField("request")

    def rates(self) -> dict[str, Decimal]:
        """The rates that were written, by kind."""
        found = {kind: self.cleaned_data.get(f"rate_{kind}") for kind in KINDS}
        return {kind: rate for kind, rate in found.items() if rate is not None}

    @property
    def usual(self) -> list[BoundField]:
        """The fields that nearly every contract fills."""
        return [self[f"rate_{kind}"] for kind in USUAL]

    @property
    def unusual(self) -> list[BoundField]:
        """The fields of the other kinds."""
        return [self[f"rate_{kind}"] for kind in KINDS if kind not in USUAL]

    @property
    def unusual_asked(self) -> bool:
        """Whether one of the other kinds has something in it."""
        return any(field.errors or field.value() for field in self.unusual)

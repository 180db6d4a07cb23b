"""What people type into the forms of budgets, read as they write it: sums, lists, tags, percentages."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings

from budgets.bars import whole_percent
from budgets.domain.validation import MAX_AMOUNT
from wire.money import SYMBOLS
from wire.numerals import OPEN, NumberError, bare, mark_of, read_number
from wire.templatetags.money import agreed

MOST_PLACES = 10
MOST_PERCENT = 1000
TOO_LONG = {"max_length": "Use at most %(limit_value)d characters; this has %(show_value)d."}


def symbol() -> str:
    """The sign of the company's currency, or its code where it has none."""
    return SYMBOLS.get(settings.COSTOPS_CURRENCY, settings.COSTOPS_CURRENCY)


def typed_amount(amount: Decimal) -> str:
    """An amount as people type it: "14,000.50" is "14,000.5". Three decimals are four: "1.234" might be thousands."""
    text = f"{amount.normalize():,f}"
    return f"{text}0" if OPEN.fullmatch(text) and "." in text else text


class AmountField(forms.DecimalField):
    """A sum as people write it: 9,000.50, $9,000.50, 9.000,50. A mark that stands alone is read as the page writes it:
    9,000 is nine thousand; 9,5 is a slip, and 9.000 is asked about.
    """

    widget = forms.TextInput

    default_error_messages = {
        "required": "Enter a limit, as in 9,000.",
    }

    def to_python(self, value: Any) -> Any:
        """The sum, None for none."""
        text = str(value or "").strip()
        if not text:
            return None
        number = bare(text, settings.COSTOPS_CURRENCY)
        digits = number.digits if number else ""
        if OPEN.fullmatch(digits) and "." in digits:
            other = digits.replace(".", ",")
            raise forms.ValidationError(f"“{digits}” can be read in two ways. Write {other}, or {digits}0.")
        tells = len(set(digits) & set("., '")) > 1 or digits.count(".") > 1
        mark = (mark_of(digits) if tells else None) or "."
        try:
            amount = read_number(text, mark, settings.COSTOPS_CURRENCY)
        except NumberError as error:
            raise forms.ValidationError(str(error)) from None
        if amount < 0:
            raise forms.ValidationError("Enter 0 or more.")
        if amount >= MAX_AMOUNT:
            raise forms.ValidationError(f"Enter less than {agreed(MAX_AMOUNT)}.")
        if int(amount.as_tuple().exponent) < -MOST_PLACES:
            raise forms.ValidationError(f"At most {MOST_PLACES} decimals.")
        return amount


class ListField(forms.CharField):
    """Values with commas between them; one that holds a comma itself stands in quotation marks."""

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        """The values, blanks left out."""
        text = super().to_python(value) or ""
        return _split(" ".join(text.split("\n")))

    def prepare_value(self, value: Any) -> Any:
        """The values as they are typed."""
        return _joined(value) if isinstance(value, list | tuple) else value


class TagsField(forms.CharField):
    """A line for each tag: its name, a colon, its values."""

    widget = forms.Textarea(attrs={"rows": 2})

    def to_python(self, value: Any) -> dict[str, list[str]]:  # type: ignore[override]
        """The values of each tag."""
        tags: dict[str, list[str]] = {}
        for line in (super().to_python(value) or "").splitlines():
            name, colon, values = line.partition(":")
            if not line.strip():
                continue
            if not colon or not name.strip() or not _split(values):
                raise forms.ValidationError(
                    f"Write a tag’s name, a colon and its values, as in feature: search, not “{line.strip()}”."
                )
            tags.setdefault(name.strip(), []).extend(_split(values))
        return tags

    def prepare_value(self, value: Any) -> Any:
        """The tags as they are typed."""
        if isinstance(value, Mapping):
            return "\n".join(f"{name}: {_joined(values)}" for name, values in value.items())
        return value


class PercentsField(forms.CharField):
    """Shares of the limit in percent, with commas between them."""

    def to_python(self, value: Any) -> list[Decimal]:  # type: ignore[override]
        """The shares: 80 is 0.8."""
        shares: list[Decimal] = []
        for text in re.split(r"[,;\s]+", (super().to_python(value) or "").replace("%", "")):
            if not text:
                continue
            if not re.fullmatch(r"\d{1,4}(\.\d{1,2})?", text):
                raise forms.ValidationError(f"“{text}” is no percentage. Write numbers such as 50, 80, 95.")
            if not 0 < Decimal(text) <= MOST_PERCENT:
                raise forms.ValidationError(f"{text}% is out of range: write numbers above 0, up to {MOST_PERCENT:,}.")
            if Decimal(text) / 100 in shares:
                raise forms.ValidationError(f"{text}% is there twice. Write it once.")
            shares.append(Decimal(text) / 100)
        return shares

    def prepare_value(self, value: Any) -> Any:
        """The percentages as they are typed."""
        return ", ".join(whole_percent(share) for share in value) if isinstance(value, list | tuple) else value


def _split(text: str) -> list[str]:
    rows = csv.reader([text], skipinitialspace=True)
    return [value.strip() for row in rows for value in row if value.strip()]


def _joined(values: Iterable[str]) -> str:
    return ", ".join(
        f'"{value.replace(chr(34), chr(34) * 2)}"' if set(value) & {",", '"'} else value for value in values
    )

"""The forms of budgets: what people type becomes what the domain takes, and what it refuses stands beside its field."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings

from accounts.models import User
from budgets.bars import whole_percent
from budgets.domain.errors import BudgetError
from budgets.domain.periods import MONTHS
from budgets.domain.scopes import KEYS
from budgets.domain.thresholds import thresholds_of
from budgets.models import Budget
from budgets.words import WEEKDAYS
from wire.money import SYMBOLS

SCOPE = tuple(key for key in KEYS if key != "tags")
AT_TOP, AS_IT_IS = "top", "as-it-is"
NEW_CHANNELS = ["email"]
# The domain's names of what is wrong, as the form calls them; a part of a name stands for all that begin with it.
FIELDS = {"parent_budget": "parent", "scope.tags": "tags", "alerts": "thresholds", "amounts": None}


class AmountField(forms.DecimalField):
    """A sum as people write it: 9,000.50 or $9,000.50."""

    widget = forms.TextInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=20, decimal_places=10, min_value=0, **kwargs)

    def to_python(self, value: Any) -> Any:
        """Takes the currency's sign and the thousands' commas off."""
        text = str(value or "").strip().removeprefix(SYMBOLS.get(settings.COSTOPS_CURRENCY, "$")).strip()
        if re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", text):
            text = text.replace(",", "")
        return super().to_python(text)


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
                    f"Write a tag's name, a colon and its values, as in feature: search, not {line!r}."
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
        shares = []
        for text in re.split(r"[,;\s]+", (super().to_python(value) or "").replace("%", "")):
            if not text:
                continue
            if not re.fullmatch(r"\d{1,4}(\.\d{1,2})?", text):
                raise forms.ValidationError(f"{text!r} is no percentage. Write numbers such as 50, 80, 95.")
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


def _days_of(names: Iterable[str], usual: str) -> list[tuple[str, str]]:
    return [("", usual), *((str(number), name) for number, name in enumerate(names, 1))]


class BudgetForm(forms.Form):
    """Everything that people agree on for a budget. `fields()` is what the domain takes."""

    name = forms.CharField(max_length=200)
    amount = AmountField(label="Limit for one period")
    period = forms.ChoiceField(choices=Budget.Kind.choices, initial=Budget.Kind.MONTHLY)
    weekday = forms.ChoiceField(label="Week begins on", required=False, choices=_days_of(WEEKDAYS, "Monday"))
    day = forms.IntegerField(
        label="Month begins on day",
        required=False,
        min_value=1,
        max_value=31,
        help_text="31 is the last day. Empty: the 1st.",
    )
    month = forms.ChoiceField(
        label="Year begins in",
        required=False,
        choices=_days_of(MONTHS, "the fiscal year’s month"),
        help_text="Quarters are counted from it.",
    )
    starts_on = forms.DateField(label="First day", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    ends_on = forms.DateField(label="Last day", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    parent = forms.ChoiceField(label="Under")
    owner = forms.EmailField(required=False, help_text="Their e-mail address. They see the budget and all below it.")
    projects = ListField(required=False)
    environments = ListField(required=False)
    departments = ListField(required=False)
    teams = ListField(required=False)
    users = ListField(required=False, help_text="E-mail addresses.")
    providers = ListField(required=False)
    models = ListField(required=False)
    tags = TagsField(required=False, help_text="A line for each tag, as in feature: search, chat")
    thresholds = PercentsField(
        required=False, help_text="In percent of the limit, as in 50, 80, 95. Passing one marks the budget as close."
    )
    rollover = forms.BooleanField(label="Carry what a period leaves into the next", required=False)
    refuse = forms.BooleanField(label="Refuse budgets below that promise more than this limit", required=False)
    all_history = forms.BooleanField(
        label="A change of what it is for, of its place, dates or carrying over holds for all history",
        required=False,
        help_text="Else it holds from the period that is open now on, and closed periods stay what they were.",
    )
    reason = forms.CharField(required=False, max_length=500, help_text="Kept in the history, with your name.")
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, budget: Budget | None, places: list[tuple[str, str]], parent: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.budget = budget
        symbol = SYMBOLS.get(settings.COSTOPS_CURRENCY, settings.COSTOPS_CURRENCY)
        self.fields["amount"].label = f"Limit for one period, {symbol}"
        self.fields["amount"].widget.attrs["inputmode"] = "decimal"
        self.fields["thresholds"].widget.attrs["inputmode"] = "decimal"
        for field in self.fields.values():
            field.widget.attrs.setdefault("autocomplete", "off")
        parents: forms.ChoiceField = self.fields["parent"]  # type: ignore[assignment]
        parents.choices = places
        self.initial = {**(_typed(budget) if budget else {}), **self.initial}
        if parent is not None:
            self.initial["parent"] = parent

    def clean_owner(self) -> User | None:
        """The person with this address; one who left may stay the owner."""
        address = self.cleaned_data["owner"].strip().lower()
        if not address:
            return None
        if self.budget and self.budget.owner and self.budget.owner.email == address:
            return self.budget.owner
        user = User.objects.filter(email=address, is_active=True).first()
        if user is None:
            raise forms.ValidationError("No one has this e-mail address here. Ask an administrator to add them.")
        return user

    def fields_for(self, parent: Budget | None) -> dict[str, Any]:
        """What the domain takes, with the parent that was chosen."""
        data = self.cleaned_data
        channels = {row["threshold"]: row["channels"] for row in thresholds_of(self.budget)} if self.budget else {}
        shares = [f"{share.normalize():f}" for share in data["thresholds"]]
        scope = {key: data[key] for key in SCOPE if data[key]}
        return {
            "name": data["name"],
            "amount": data["amount"],
            "period": data["period"],
            "anchor": self._anchor(),
            "starts_on": data["starts_on"],
            "ends_on": data["ends_on"],
            "parent": parent,
            "scope": {**scope, "tags": data["tags"]} if data["tags"] else scope,
            "owner": data["owner"],
            "rollover": data["rollover"],
            "over_allocation": "refuse" if data["refuse"] else "show",
            "thresholds": [{"threshold": share, "channels": channels.get(share, NEW_CHANNELS)} for share in shares],
        }

    def _anchor(self) -> int | None:
        """Where periods begin, from the one field that the chosen period has for it."""
        field = {"weekly": "weekday", "monthly": "day", "quarterly": "month", "yearly": "month"}.get(
            self.cleaned_data["period"]
        )
        value = self.cleaned_data.get(field) if field else None
        return int(value) if value not in (None, "") else None

    def refuse_with(self, error: BudgetError) -> None:
        """Puts a refusal of the domain beside its field."""
        name: str | None = error.field.removeprefix("scope.") if error.field.startswith("scope.") else error.field
        for prefix, field in FIELDS.items():
            if error.field == prefix or error.field.startswith(f"{prefix}."):
                name = field
        if error.field == "anchor":
            name = {"weekly": "weekday", "monthly": "day"}.get(self.cleaned_data["period"], "month")
        self.add_error(name if name in self.fields else None, error.message)


def _typed(budget: Budget) -> dict[str, Any]:
    """A budget as the form's fields hold it."""
    anchor = budget.anchor
    return {
        "name": budget.name,
        "amount": f"{budget.amount.normalize():,f}",
        "period": budget.period,
        "weekday": str(anchor) if anchor and budget.period == "weekly" else "",
        "day": anchor if budget.period == "monthly" else None,
        "month": str(anchor) if anchor and budget.period in ("quarterly", "yearly") else "",
        "starts_on": budget.starts_on,
        "ends_on": budget.ends_on,
        "owner": budget.owner.email if budget.owner else "",
        **{key: budget.scope.get(key, []) for key in SCOPE},
        "tags": budget.scope.get("tags", {}),
        "thresholds": [row.threshold for row in budget.thresholds.all()],
        "rollover": budget.rollover,
        "refuse": budget.over_allocation == Budget.OverAllocation.REFUSE,
        "version": budget.version,
    }


class ReasonForm(forms.Form):
    """Why something is done."""

    reason = forms.CharField(required=False, max_length=500, help_text="Kept in the history, with your name.")

"""The forms of budgets: what people type becomes what the domain takes, and what it refuses stands beside its field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.http import QueryDict

from accounts.models import User
from budgets.domain.periods import MONTHS, PeriodError, Schedule
from budgets.domain.placing import is_limited
from budgets.domain.scopes import KEYS
from budgets.domain.thresholds import thresholds_of
from budgets.domain.tree import calendar, schedule_of
from budgets.form_fields import TOO_LONG, AmountField, ListField, PercentsField, TagsField, symbol, typed_amount
from budgets.models import Budget
from budgets.words import WEEKDAYS
from wire.templatetags.moments import short_day

SCOPE = tuple(key for key in KEYS if key != "tags")
AT_TOP, AS_IT_IS = "top", "as-it-is"
NEW_CHANNELS = ["email"]
# The domain's names of what is wrong, as the form calls them; a part of a name stands for all that begin with it.
COUNTED_ABOVE = (
    "Count its past usage in the budgets above too",
    "Otherwise they count it from the current period on, and closed periods stay as they are.",
)
#: The one field that says where a period begins.
ANCHORS = {"weekly": "weekday", "monthly": "day", "quarterly": "month", "yearly": "month"}
FROM_LIST = {"invalid_choice": "Choose one from the list."}
NO_DAY = dict.fromkeys(("invalid", "min_value", "max_value"), "Enter a day from 1 to 31.")
NO_DATE = {"invalid": "Enter a date, as in 2025-03-31."}
NO_ADDRESS = {"invalid": "Enter an e-mail address, as in ana@company.com."}
NO_PLACE = {
    "required": "Choose where it stands.",
    "invalid_choice": "It cannot be put there. Choose a place from the list.",
}
FIELDS = {"parent_budget": "parent", "scope.tags": "tags", "alerts": "thresholds", "amounts": None}


def _days_of(names: Iterable[str]) -> list[tuple[str, str]]:
    return [(str(number), name) for number, name in enumerate(names, 1)]


def _joined_shortly(names: Sequence[str]) -> str:
    return ", ".join(name if len(name) <= 30 else f"{name[:29]}…" for name in names)


class BudgetForm(forms.Form):
    """Everything that people agree on for a budget. `fields()` is what the domain takes."""

    name = forms.CharField(max_length=200, error_messages={"required": "Give it a name.", **TOO_LONG})
    amount = AmountField(label="Limit for one period")
    period = forms.ChoiceField(
        choices=Budget.Kind.choices,
        initial=Budget.Kind.MONTHLY,
        error_messages={"required": "Choose a period.", **FROM_LIST},
    )
    weekday = forms.ChoiceField(
        label="Week begins on",
        required=False,
        choices=[("", WEEKDAYS[0]), *_days_of(WEEKDAYS)[1:]],
        error_messages=FROM_LIST,
    )
    day = forms.IntegerField(
        label="Month begins on day",
        required=False,
        min_value=1,
        max_value=31,
        error_messages=NO_DAY,
        help_text="31 is the last day. Empty: the 1st.",
    )
    month = forms.ChoiceField(
        label="Year begins in",
        required=False,
        choices=[("", "the fiscal year’s month"), *_days_of(MONTHS)],
        error_messages=FROM_LIST,
        help_text="Years and quarters are counted from this month.",
    )
    starts_on = forms.DateField(
        label="First day", required=False, widget=forms.DateInput(attrs={"type": "date"}), error_messages=NO_DATE
    )
    ends_on = forms.DateField(
        label="Last day", required=False, widget=forms.DateInput(attrs={"type": "date"}), error_messages=NO_DATE
    )
    parent = forms.ChoiceField(label="Under", error_messages=NO_PLACE)
    owner = forms.EmailField(
        required=False,
        error_messages={**NO_ADDRESS, **TOO_LONG},
        help_text="Their e-mail address: begin to type a name. They see the budget and all below it.",
        # An input of type "email" does not tell where its caret is, which what completes it must know.
        widget=forms.TextInput(attrs={"inputmode": "email"}),
    )
    departments = ListField(required=False)
    teams = ListField(required=False)
    projects = ListField(required=False)
    environments = ListField(required=False)
    providers = ListField(required=False)
    models = ListField(required=False)
    users = ListField(required=False, help_text="E-mail addresses.")
    tags = TagsField(required=False, help_text="A line for each tag, as in feature: search, chat")
    thresholds = PercentsField(
        label="Warn at, in % of the limit",
        required=False,
        help_text="As in 50, 80, 95. Passing one marks the budget as close.",
    )
    rollover = forms.BooleanField(label="Carry what is left of a period over to the next", required=False)
    refuse = forms.BooleanField(label="Keep the budgets below from adding up to more than this limit", required=False)
    all_history = forms.BooleanField(
        label="Apply a new scope, place, dates or carry-over to past periods too",
        required=False,
        help_text="Otherwise it applies from the current period on, and closed periods stay as they are.",
    )
    reason = forms.CharField(
        required=False, max_length=500, error_messages=TOO_LONG, help_text="Kept in the history, with your name."
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, budget: Budget | None, places: list[tuple[str, str]], parent: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.budget = budget
        self.fields["amount"].label = f"Limit for one period, {symbol()}"
        self.fields["amount"].widget.attrs["inputmode"] = "decimal"
        self.fields["thresholds"].widget.attrs["inputmode"] = "decimal"
        for field in self.fields.values():
            field.widget.attrs.setdefault("autocomplete", "off")
        parents: forms.ChoiceField = self.fields["parent"]  # type: ignore[assignment]
        parents.choices = places
        if budget is None:
            history: forms.BooleanField = self.fields["all_history"]  # type: ignore[assignment]
            history.label, history.help_text = COUNTED_ABOVE
        self.initial = {**(_typed(budget) if budget else {}), **self.initial}
        if parent is not None:
            self.initial["parent"] = parent

    @classmethod
    def as_typed(cls, data: QueryDict, **kwargs: Any) -> BudgetForm:
        """The form with what was typed and nothing said of it yet: while something else is filled in."""
        return cls(initial={name: data.get(name, "") for name in cls.base_fields}, **kwargs)

    def has_any(self, *names: str) -> bool:
        """Whether one of these fields holds something, or is wrong: then it must be seen."""
        return any(name in self.fields and (self[name].value() or self[name].errors) for name in names)

    def opens(self) -> dict[str, bool]:
        """Which of the folded parts are open to begin with."""
        is_custom = self["period"].value() == Budget.Kind.CUSTOM
        return {
            "dates": is_custom or self.has_any("starts_on", "ends_on", "weekday", "day", "month"),
            "labels": self.has_any("providers", "models", "users", "tags"),
            "rest": self.has_any("rollover", "refuse", "all_history")
            or any(self.errors.get(name) for name in ("owner", "reason")),
        }

    def schedule(self) -> Schedule | None:
        """How the periods that were typed follow one another, None where that cannot be told yet."""
        if not self.is_bound:
            return self._initial_schedule()
        self.is_valid()
        data = self.cleaned_data
        try:
            period = data["period"]
            return Schedule(period, self._anchor(), data.get("starts_on"), data.get("ends_on"), calendar())
        except (KeyError, PeriodError):
            return None

    def _initial_schedule(self) -> Schedule | None:
        return schedule_of(self.budget) if self.budget else Schedule("monthly", None, None, None, calendar())

    def suggest(self, names: Mapping[str, Sequence[str]]) -> None:
        """Says beside each line of the scope which names are in use."""
        for key, used in names.items():
            if used and not self.fields[key].help_text:
                self[key].help_text = self.fields[key].help_text = f"In use: {_joined_shortly(used)}"

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

    def clean(self) -> dict[str, Any]:
        """Tells what is wrong with dates in the form's own words, and nothing of fields that the period has not."""
        data: dict[str, Any] = super().clean() or {}
        for name in set(ANCHORS.values()) - {ANCHORS.get(data.get("period", ""))}:
            self.errors.pop(name, None)
        first, last = data.get("starts_on"), data.get("ends_on")
        if data.get("period") == Budget.Kind.CUSTOM:
            for name, day, what in (("starts_on", first, "first"), ("ends_on", last, "last")):
                if day is None and name not in self.errors:
                    self.add_error(name, f"Custom dates need a {what} day.")
        if first and last and last < first:
            self.add_error(
                "ends_on", f"The last day is before the first, {short_day(first)}. Choose that or a later one."
            )
        return data

    def scope(self) -> dict[str, Any]:
        """The scope that was typed."""
        data = self.cleaned_data
        scope = {key: data[key] for key in SCOPE if data.get(key)}
        return {**scope, "tags": data["tags"]} if data.get("tags") else scope

    def wrong_in_scope(self) -> list[str]:
        """What is wrong with the scope that was typed, each with the line that it stands in."""
        names = [name for name in (*SCOPE, "tags") if name in self.errors]
        return [f"{self[name].label}: {error}" for name in names for error in self.errors[name]]

    def fields_for(self, parent: Budget | None) -> dict[str, Any]:
        """What the domain takes, with the parent that was chosen."""
        data = self.cleaned_data
        channels = {row["threshold"]: row["channels"] for row in thresholds_of(self.budget)} if self.budget else {}
        shares = [f"{share.normalize():f}" for share in data["thresholds"]]
        return {
            "name": data["name"],
            "amount": data["amount"],
            "period": data["period"],
            "anchor": self._anchor(),
            "starts_on": data["starts_on"],
            "ends_on": data["ends_on"],
            "parent": parent,
            "scope": self.scope(),
            "owner": data["owner"],
            "rollover": data["rollover"],
            "over_allocation": "refuse" if data["refuse"] else "show",
            "thresholds": [{"threshold": share, "channels": channels.get(share, NEW_CHANNELS)} for share in shares],
        }

    def _anchor(self) -> int | None:
        """Where periods begin, from the one field that the chosen period has for it."""
        field = ANCHORS.get(self.cleaned_data["period"])
        value = self.cleaned_data.get(field) if field else None
        if value in (None, ""):
            kept = self.budget is not None and self.budget.period == "weekly" == self.cleaned_data["period"]
            return 1 if kept and self.budget and self.budget.anchor == 1 else None
        return int(value)

    def keep_to(self, user: Any) -> None:
        """Offers no more than the person may do: only who sees all usage changes all history."""
        if is_limited(user):
            del self.fields["all_history"]

    def refuse_with(self, refused: str, message: str) -> None:
        """Puts a refusal of the domain beside its field, which it names as the API does."""
        name: str | None = refused.removeprefix("scope.") if refused.startswith("scope.") else refused
        for prefix, field in FIELDS.items():
            if refused == prefix or refused.startswith(f"{prefix}."):
                name = field
        if refused == "anchor":
            name = ANCHORS.get(self.cleaned_data["period"])
        self.add_error(name if name in self.fields else None, message)


def _typed(budget: Budget) -> dict[str, Any]:
    """A budget as the form's fields hold it."""
    anchor = budget.anchor
    return {
        "name": budget.name,
        "amount": typed_amount(budget.amount),
        "period": budget.period,
        "weekday": str(anchor) if anchor and anchor > 1 and budget.period == "weekly" else "",
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


#: Which fields hold one of the budget's, where they are called otherwise.
HELD_BY = {
    "anchor": ("weekday", "day", "month"),
    "scope": (*SCOPE, "tags"),
    "over_allocation": ("refuse",),
}


def as_sent(field: str, budget: Budget) -> str:
    """What a browser would send in a field for the budget as it is; "" for a box that is not ticked."""
    if field == "parent":
        return str(budget.parent_id or AT_TOP)
    value = BudgetForm.base_fields[field].prepare_value(_typed(budget)[field])
    return "on" if value is True else str(value) if value else ""

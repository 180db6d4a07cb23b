"""A new key of one's own, and keys in the admin site."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from accounts.domain.keys import check_name
from accounts.domain.scopes import PRESETS, RECORD, SCOPES, in_order

CHOSEN = "chosen"  # neither of the presets, but what is ticked


class KeyForm(forms.Form):
    """A new key of one's own. `fields_for()` is what the domain takes."""

    name = forms.CharField(
        max_length=100,
        error_messages={"required": "Give it a name."},
        help_text="What it is for, such as the program or the machine.",
    )
    preset = forms.ChoiceField(
        label="What it may do",
        required=False,
        initial=PRESETS[0].name,
        choices=[*((preset.name, preset.label) for preset in PRESETS), (CHOSEN, "Choose")],
        widget=forms.RadioSelect,
    )
    scopes = forms.MultipleChoiceField(
        label="It may", required=False, choices=list(SCOPES.items()), widget=forms.CheckboxSelectMultiple
    )
    project = forms.CharField(max_length=200, required=False)
    environment = forms.CharField(max_length=200, required=False)
    department = forms.CharField(max_length=200, required=False)
    team = forms.CharField(max_length=200, required=False)
    locked = forms.BooleanField(
        label="Locked: a call cannot say otherwise",
        required=False,
        help_text="Otherwise these only fill in what a call leaves out.",
    )
    days = forms.TypedChoiceField(
        label="Expires",
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", "Never"), (30, "In 30 days"), (90, "In 90 days"), (365, "In a year")],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.setdefault("autocomplete", "off")

    def clean(self) -> dict[str, Any]:
        """Needs a tick where none of the presets is chosen."""
        data = super().clean() or self.cleaned_data
        if data.get("preset") == CHOSEN and not data.get("scopes") and "scopes" not in self.errors:
            self.add_error("scopes", "Tick what the key may do.")
        return data

    def fields_for(self, now: datetime) -> dict[str, Any]:
        """What the domain takes."""
        data = dict(self.cleaned_data)
        days, preset, ticked = data.pop("days"), data.pop("preset") or PRESETS[0].name, data.pop("scopes")
        scopes = next((each.scopes for each in PRESETS if each.name == preset), ticked)
        return {**data, "scopes": scopes, "now": now, "expires_at": now + timedelta(days=days) if days else None}

    def refuse_with(self, error: forms.ValidationError) -> None:
        """Puts a refusal of the domain beside its field."""
        for name, words in error.message_dict.items():
            self.add_error(name if name in self.fields else None, words)


class KeyOfSomeoneForm(forms.ModelForm):
    """A key in the admin site."""

    scopes = forms.MultipleChoiceField(
        choices=[(name, f"{what} ({name})") for name, what in SCOPES.items()],
        initial=list(RECORD),
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="What the key may do, as far as its user may.",
        error_messages={"required": "Tick what the key may do."},
    )

    def clean_scopes(self) -> list[str]:
        """In the order in which they are kept."""
        return in_order(self.cleaned_data["scopes"])

    def clean(self) -> dict[str, Any]:
        """Refuses a name that another key of the person has."""
        data = super().clean() or self.cleaned_data
        user, name = data.get("user", getattr(self.instance, "user", None)), data.get("name")
        if user and name and self.instance.revoked_at is None:
            check_name(user, name, self.instance if self.instance.pk else None)
        return data

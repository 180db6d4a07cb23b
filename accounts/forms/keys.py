"""A new key of one's own, and keys in the admin site."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms

from accounts.domain.keys import check_name


class KeyForm(forms.Form):
    """A new key of one's own. `fields_for()` is what the domain takes."""

    name = forms.CharField(
        max_length=100,
        error_messages={"required": "Give it a name."},
        help_text="What it is for, such as the program or the machine.",
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

    def fields_for(self, now: datetime) -> dict[str, Any]:
        """What the domain takes."""
        data = dict(self.cleaned_data)
        days = data.pop("days")
        return {**data, "now": now, "expires_at": now + timedelta(days=days) if days else None}

    def refuse_with(self, error: forms.ValidationError) -> None:
        """Puts a refusal of the domain beside its field."""
        for name, words in error.message_dict.items():
            self.add_error(name if name in self.fields else None, words)


class KeyOfSomeoneForm(forms.ModelForm):
    """A key in the admin site."""

    def clean(self) -> dict[str, Any]:
        """Refuses a name that another key of the person has."""
        data = super().clean() or self.cleaned_data
        user, name = data.get("user", getattr(self.instance, "user", None)), data.get("name")
        if user and name and self.instance.revoked_at is None:
            check_name(user, name, self.instance if self.instance.pk else None)
        return data

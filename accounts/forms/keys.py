"""A new key of one's own, and keys in the admin site."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from accounts.domain.keys import check_name
from accounts.domain.roles import scopes_for
from accounts.domain.scopes import ALL, PRESETS, RECORD, SCOPES, in_order
from accounts.models import User

CHOSEN = "chosen"  # neither of the presets, but what is ticked


class KeyForm(forms.Form):
    """A new key of one's own. `fields_for()` is what the domain takes."""

    name = forms.CharField(
        max_length=100,
        error_messages={"required": "Give it a name."},
        help_text="What it is for, such as the program or the machine.",
    )
    preset = forms.ChoiceField(label="What it may do", required=False, widget=forms.RadioSelect)
    scopes = forms.MultipleChoiceField(label="It may", required=False, widget=forms.CheckboxSelectMultiple)
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

    def __init__(self, *args: Any, of: User, **kwargs: Any) -> None:
        """`of` is whose key it is: nothing is offered that they could not do themselves."""
        super().__init__(*args, **kwargs)
        held = scopes_for(of)
        self.presets = [preset for preset in PRESETS if preset.scopes == ALL or set(preset.scopes) <= set(held)]
        self._offer("preset", [*((preset.name, preset.label) for preset in self.presets), (CHOSEN, "Choose")])
        self.fields["preset"].initial = self.presets[0].name
        self._offer("scopes", [(scope, SCOPES[scope]) for scope in held])
        for field in self.fields.values():
            field.widget.attrs.setdefault("autocomplete", "off")

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        field: Any = self.fields[name]
        field.choices = choices

    @property
    def offered(self) -> list[tuple[Any, str]]:
        """Each choice of what the key may do, with what it is for."""
        about = {preset.name: preset.about for preset in self.presets} | {CHOSEN: "Tick what it may do, one by one."}
        return [(choice, about[choice.data["value"]]) for choice in self["preset"]]

    def clean(self) -> dict[str, Any]:
        """Needs a tick where none of the presets is chosen."""
        data = super().clean() or self.cleaned_data
        if data.get("preset") == CHOSEN and not data.get("scopes") and "scopes" not in self.errors:
            self.add_error("scopes", "Tick what the key may do.")
        return data

    def fields_for(self, now: datetime) -> dict[str, Any]:
        """What the domain takes."""
        data = dict(self.cleaned_data)
        days, preset, ticked = data.pop("days"), data.pop("preset"), data.pop("scopes")
        preset = preset or self.presets[0].name
        scopes = next((each.scopes for each in self.presets if each.name == preset), ticked)
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
        help_text="What the key may do, as far as its owner may.",
        error_messages={"required": "Tick what the key may do."},
    )

    def clean_scopes(self) -> list[str]:
        """In the order in which they are kept."""
        return in_order(self.cleaned_data["scopes"])

    def clean(self) -> dict[str, Any]:
        """Refuses a name that another key of the person has, and what the person could not do themselves."""
        data = super().clean() or self.cleaned_data
        if not self.instance.pk and data.get("user") and data.get("scopes"):
            beyond = set(data["scopes"]) - set(scopes_for(data["user"])) if set(data["scopes"]) != set(ALL) else set()
            if beyond:
                words = " · ".join(SCOPES[scope] for scope in in_order(beyond))
                self.add_error("scopes", f"{data['user']} may not do this, nor may a key of theirs: {words}.")
        user, name = data.get("user", getattr(self.instance, "user", None)), data.get("name")
        if user and name and self.instance.revoked_at is None:
            check_name(user, name, self.instance if self.instance.pk else None)
        return data

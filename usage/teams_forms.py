"""The forms of the team directory: one entry, and a file of them."""

from __future__ import annotations

from datetime import datetime

from django import forms
from django.conf import settings

from usage.domain.calls import MAX_TEXT
from usage.domain.errors import Refused
from usage.forms import DayField
from wire.times import instant


class TeamForm(forms.Form):
    """From a day on, a team belongs to a department."""

    team = forms.CharField(
        max_length=MAX_TEXT,
        help_text="As calls name it.",
        error_messages={"required": "Name the team as calls name it."},
        widget=forms.TextInput(attrs={"autocomplete": "off", "list": "teams-known"}),
    )
    department = forms.CharField(
        max_length=MAX_TEXT,
        required=False,
        help_text="Empty: it is in no department.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "list": "departments-known"}),
    )
    effective_from = DayField("From", "Empty: from now on.", required=False)

    def begins(self, now: datetime) -> datetime:
        """The instant from which on it holds: midnight of the day, or now."""
        day = self.cleaned_data["effective_from"]
        return instant(day.isoformat(), settings.COSTOPS_ZONE) if day else now

    def refuse_with(self, error: Refused) -> None:
        """Puts a refusal of the domain beside its field."""
        self.add_error(error.field if error.field in self.fields else None, error.message)


class FileForm(forms.Form):
    """A CSV of teams and departments."""

    file = forms.FileField(
        label="CSV file",
        help_text="Columns team, department and, if you wish, from.",
        error_messages={"required": "Choose a file.", "empty": "The file is empty.", "missing": "Choose a file."},
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,text/csv"}),
    )

"""The form that brings a file of usage in."""

from __future__ import annotations

from django import forms

from usage.domain.calls import MAX_TEXT
from usage.domain.importing.presets import PRESETS
from usage.domain.importing.upload import MOST_BYTES, MOST_ROWS, Upload

CONSTANTS = ("provider", "model", "project", "team")


class UsageFileForm(forms.Form):
    """A file, where it is from, and labels that every row has."""

    file = forms.FileField(
        label="File",
        help_text=f"CSV or JSON Lines, one call a row, up to {MOST_ROWS:,} rows and {MOST_BYTES // 1024**2} MB.",
        error_messages={"required": "Choose a file.", "empty": "The file is empty.", "missing": "Choose a file."},
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.jsonl,.ndjson,text/csv"}),
    )
    preset = forms.ChoiceField(
        label="Its columns",
        required=False,
        choices=[("", "are called as in the API"), *((name, f"are those of {p.title}") for name, p in PRESETS.items())],
    )
    provider = forms.CharField(max_length=MAX_TEXT, required=False)
    model = forms.CharField(max_length=MAX_TEXT, required=False)
    project = forms.CharField(max_length=MAX_TEXT, required=False)
    team = forms.CharField(max_length=MAX_TEXT, required=False)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        for name in CONSTANTS:
            self.fields[name].widget.attrs["autocomplete"] = "off"

    def upload(self) -> Upload:
        """What was chosen, one byte longer than may be at most."""
        data = self.cleaned_data
        constants = {name: data[name].strip() for name in CONSTANTS}
        return Upload(data["file"].name, data["file"].read(MOST_BYTES + 1), data["preset"], constants)

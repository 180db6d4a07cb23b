"""The forms of a plan: what is brought in, what only a person can tell, and why it is applied."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from budgets.domain.plan.reading import MOST_BYTES

TOO_LARGE = f"The file is larger than {MOST_BYTES // 1024 // 1024} MB. Split it: what is not in it stays as it is."
NOTHING = "Choose a file, or paste the cells below."
BOTH = "There is a file and a pasted table. Take one of them away."


class PlanForm(forms.Form):
    """A file, or cells that were copied from a spreadsheet."""

    file = forms.FileField(
        label="File",
        required=False,
        help_text="CSV from Excel, Sheets or Numbers, separated by commas, semicolons or tabs.",
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,text/csv,text/plain"}),
    )
    pasted = forms.CharField(
        label="Or paste the cells",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "wrap": "off"}),
        help_text="With the row of headings.",
    )

    def clean(self) -> dict[str, Any]:
        """One of the two is there, and not too large to be read."""
        data: dict[str, Any] = super().clean() or {}
        file, pasted = data.get("file"), data.get("pasted", "").strip()
        if file and pasted:
            self.add_error("pasted", BOTH)
        elif file and file.size > MOST_BYTES:
            self.add_error("file", TOO_LARGE)
        elif not file and not pasted and not self.errors:
            self.add_error("file", NOTHING)
        return data

    def content(self) -> tuple[bytes, str]:
        """What was brought in, and the name of its file; "" for what was pasted."""
        file = self.cleaned_data["file"]
        return (file.read(), file.name or "file") if file else (self.cleaned_data["pasted"].encode(), "")

    def refuse(self, message: str) -> None:
        """Says beside what was brought in why it is no plan."""
        self.add_error("file" if self.cleaned_data.get("file") else "pasted", message)


class AnswersForm(forms.Form):
    """What only a person can tell of a plan, a choice for each question."""

    def __init__(self, *args: Any, questions: Sequence[dict[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for question in questions:
            self.fields[question["name"]] = forms.ChoiceField(
                label=question["words"],
                choices=question["choices"],
                widget=forms.RadioSelect,
                error_messages={"required": "Choose one.", "invalid_choice": "Choose one."},
            )

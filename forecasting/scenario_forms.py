"""What the workbench of scenarios is asked: the whole question stands in its address, in the units that people type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.forms.utils import ErrorDict
from django.http import QueryDict

from budgets.form_fields import AmountField, symbol, typed_amount
from forecasting.domain.assumptions import LONGEST_NAME, MOST, Scenario, ScenarioError, number_in, scenarios_in
from wire.numerals import bare, mark_of, valued

ON_A_PAGE = 8
HUNDRED = Decimal(100)
#: Where the form shows what the domain says of a place, and in which words where units differ.
FIELDS = {
    "name": "name",
    "assumptions.growth_rate": "growth",
    "assumptions.model_switch.from": "before",
    "assumptions.model_switch.to": "after",
    "assumptions.model_switch.share": "share",
    "assumptions.cost_reduction": "reduction",
    "assumptions.additional_requests": "requests",
    "assumptions.average_cost": "each",
    "assumptions.budget_amount": "limit",
}
SENTENCES = {
    "growth": "Above −100% and up to 1,000% a month.",
    "share": "Above 0% and up to 100%.",
    "reduction": "From 0% to 100%.",
}


class NumberField(forms.Field):
    """A number as people write it, "10", "1,000", "2,5" or "−2.5%"; `per` is what one of it is divided by."""

    def __init__(self, per: Decimal = Decimal(1), **options: Any) -> None:
        self._per = per
        super().__init__(required=False, **options)

    def to_python(self, value: Any) -> Any:
        """The number, None for none."""
        text = str(value or "").strip()
        if not text:
            return None
        typed = bare(text.removesuffix("%"))
        # "1,5" is one and a half, "1,000" a thousand, "1.000,5" a thousand and a half.
        found = valued(typed.digits, mark_of(typed.digits) or ".") if typed else None
        if typed is None or found is None or number_in(found) is None:
            raise forms.ValidationError("Enter a number, as in 10.")
        return (-found if typed.negative else found) / self._per


def _typed() -> forms.TextInput:
    return forms.TextInput(attrs={"autocomplete": "off"})


class ScenarioForm(forms.Form):
    """One scenario as it is typed; empty fields assume nothing."""

    name = forms.CharField(max_length=LONGEST_NAME, error_messages={"required": "Give it a name to compare it by."})
    growth = NumberField(
        HUNDRED,
        label="Growth, % a month",
        widget=_typed(),
        help_text="As in 10; −10 is a decline.",
    )
    reduction = NumberField(
        HUNDRED, label="Cost reduction, %", widget=_typed(), help_text="Of what is still to come, as in 30."
    )
    before = forms.CharField(
        label="Calls of model", required=False, max_length=200, widget=_typed(), help_text="As in gpt-4."
    )
    after = forms.CharField(
        label="made with", required=False, max_length=200, widget=_typed(), help_text="As in gpt-3.5-turbo."
    )
    share = NumberField(HUNDRED, label="Of its calls, %", widget=_typed(), help_text="Empty is all of them.")
    requests = NumberField(label="More requests", widget=_typed(), help_text="Over the rest of the period, evenly.")
    each = AmountField(required=False, label="Each costs", widget=_typed(), help_text="On average, as in 0.05.")
    limit = AmountField(required=False, label="Another limit", help_text="For this period.")

    def __init__(self, data: Mapping[str, Any], number: int, *, kept: bool = False) -> None:
        super().__init__(data, prefix=str(number))
        self.number, self._kept = number, kept
        for name in ("each", "limit"):
            self.fields[name].label = f"{self.fields[name].label}, {symbol()}"

    def full_clean(self) -> None:
        """Checks what was typed. A scenario that is kept was checked by the domain, which knows more digits."""
        if self._kept:
            self._errors, self.cleaned_data = ErrorDict(), {}
        else:
            super().full_clean()

    def raw(self) -> dict[str, Any]:
        """The scenario as the domain reads it, without the fields that could not be read."""
        self.full_clean()
        found = self.cleaned_data
        switch = {"from": found.get("before", ""), "to": found.get("after", "")}
        if found.get("share") is not None:
            switch["share"] = found["share"]
        return {
            "name": found.get("name", self.data.get(self.add_prefix("name"), "")),
            "assumptions": {
                "growth_rate": found.get("growth"),
                "cost_reduction": found.get("reduction"),
                "model_switch": switch if switch["from"] or switch["to"] else None,
                "additional_requests": found.get("requests"),
                "average_cost": found.get("each"),
                "budget_amount": found.get("limit"),
            },
        }

    def refuse(self, place: str, sentences: Sequence[str]) -> None:
        """Shows beside its field what the domain says of a place, unless something is said there already."""
        field = FIELDS.get(place)
        if field is None:
            self.add_error(None, list(sentences))
        elif field not in self.errors:
            self.add_error(field, SENTENCES.get(field) or list(sentences))


class Question:
    """The scenarios of an address: `forms` as they were typed, and those of them that can be worked out.

    `kept` are those of a saved set, whose forms show them: they are worked out as they are, not as they are shown.
    """

    def __init__(self, typed: Sequence[Mapping[str, str]], kept: Sequence[Scenario] | None = None) -> None:
        self._kept = kept is not None
        self._typed = [{key: text for key, text in one.items() if text.strip()} for one in typed]
        data = {f"{n}-{key}": text for n, one in enumerate(self._typed, 1) for key, text in one.items()}
        self.forms = [ScenarioForm(data, number, kept=self._kept) for number in range(1, len(typed) + 1)]
        self._scenarios: dict[int, Scenario] = dict(enumerate(kept or ()))
        if not self._kept:
            self._read()

    def _read(self) -> None:
        raws = [form.raw() for form in self.forms]
        try:
            found = scenarios_in(raws) if raws else []
        except ScenarioError as error:
            self.refuse(error, range(len(raws)))
            found = []
        for place, raw in enumerate(raws):
            if not self.forms[place].errors:
                self._scenarios[place] = found[place] if found else scenarios_in([raw])[0]

    def refuse(self, error: ScenarioError, places: Sequence[int]) -> None:
        """Shows what the domain says of scenarios, the nth of which is that of the form at the nth place."""
        for path, sentences in error.fields.items():
            _, place, field = path.split(".", 2)
            self.forms[places[int(place)]].refuse(field, sentences)
            self._scenarios.pop(places[int(place)], None)

    @property
    def asked(self) -> dict[int, Scenario]:
        """What can be worked out, by its place: all but what is wrong, and what assumes nothing."""
        return {place: one for place, one in self._scenarios.items() if one.assumptions != Scenario("").assumptions}

    @property
    def scenarios(self) -> list[Scenario]:
        """All that can be read."""
        return list(self._scenarios.values())

    @property
    def errors(self) -> int:
        """How many things there are to correct."""
        return sum(len(found) for form in self.forms for found in form.errors.values())

    @property
    def address(self) -> str:
        """What follows a page's address so that it asks this; nothing where the set's own address does."""
        if self._kept:
            return ""
        pairs = [(f"{n}-{key}", text) for n, one in enumerate(self._typed, 1) for key, text in one.items()]
        return f"?{urlencode(pairs)}" if pairs else ""

    def with_another(self) -> Question:
        """The same with one more scenario, as far as a page holds them."""
        taken = {one.get("name") for one in self._typed}
        name = next(name for n in range(len(self._typed) + 1, 99) if (name := f"Scenario {n}") not in taken)
        return Question([*self._typed, {"name": name}][: max(ON_A_PAGE, len(self._typed))])

    def without(self, number: int) -> Question:
        """The same without the scenario of this number."""
        return Question([one for n, one in enumerate(self._typed, 1) if n != number])


def asked_in(query: QueryDict) -> Question | None:
    """The question of an address; None where it asks nothing."""
    typed = [
        {key: query.get(f"{number}-{key}", "")[:LONGEST] for key in ScenarioForm.base_fields}
        for number in range(1, MOST + 1)
        if any(f"{number}-{key}" in query for key in ScenarioForm.base_fields)
    ]
    return Question(typed) if typed else None


LONGEST = 400  # characters of a field that are looked at


def question_of(scenarios: Sequence[Scenario]) -> Question:
    """The question that asks these scenarios of a saved set."""
    return Question([_as_typed(scenario) for scenario in scenarios], scenarios)


def first_question() -> Question:
    """What the page begins with."""
    return Question([{"name": "Scenario 1"}])


def _as_typed(scenario: Scenario) -> dict[str, str]:
    assumed = scenario.assumptions
    typed = {
        "name": scenario.name,
        "growth": _percent(assumed.growth_rate),
        "reduction": _percent(assumed.cost_reduction),
    }
    if assumed.model_switch:
        before, after, share = assumed.model_switch
        typed |= {"before": before, "after": after, "share": "" if share == 1 else _percent(share)}
    if assumed.additional_requests:
        typed |= {"requests": f"{assumed.additional_requests:,}", "each": typed_amount(assumed.average_cost)}
    if assumed.budget_amount is not None:
        typed["limit"] = typed_amount(assumed.budget_amount)
    return typed


def _percent(share: Decimal) -> str:
    return f"{(share * HUNDRED).normalize():f}" if share else ""

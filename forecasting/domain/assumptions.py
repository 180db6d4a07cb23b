"""What scenarios assume, as it may be asked for: names, units and bounds, each with its sentence. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from typing import Any, NamedTuple

CURRENT_RATE = "current_rate"
MOST = 20
LONGEST_NAME = 120
MOST_REQUESTS = 10**12
LARGEST = Decimal(10) ** 9
"""The most that one request or a limit is said to cost, in the company's currency."""
FARTHEST_DIGIT, MOST_DIGITS = 20, 25
SHOWN = 60
ZERO, ONE = Decimal(0), Decimal(1)
KEYS = ("growth_rate", "model_switch", "cost_reduction", "additional_requests", "average_cost", "budget_amount")
SWITCH_KEYS = ("from", "to", "share")


class ScenarioError(ValueError):
    """Scenarios that cannot be worked out. `fields` has a sentence for each place, such as "scenarios.0.name"."""

    def __init__(self, fields: Mapping[str, list[str]]) -> None:
        super().__init__(" ".join(sentence for found in fields.values() for sentence in found))
        self.fields = dict(fields)


class Switch(NamedTuple):
    """One model's calls made with another instead: `share` of them, as a share of 1."""

    before: str
    after: str
    share: Decimal = ONE


@dataclass(frozen=True)
class Assumptions:
    """What is thought to change of what is still to come; as they are, nothing does."""

    growth_rate: Decimal = ZERO
    """Per month, as a share: 0.1 is 10% more each month, compounded daily."""
    model_switch: Switch | None = None
    cost_reduction: Decimal = ZERO
    """As a share of what is to come: 0.3 leaves 70% of it."""
    additional_requests: int = 0
    """Over what remains of the period, spread evenly."""
    average_cost: Decimal = ZERO
    """What one of those costs."""
    budget_amount: Decimal | None = None
    """Another limit for the period."""

    @property
    def changes_spend(self) -> bool:
        """Whether anything but the limit is another."""
        return bool(self.growth_rate or self.model_switch or self.cost_reduction or self.added)

    @property
    def added(self) -> Decimal:
        """What the additional requests cost together."""
        return self.additional_requests * self.average_cost

    def plain(self) -> Any:
        """As JSON: what is assumed, or "current_rate" where nothing is."""
        found: dict[str, Any] = {}
        if self.growth_rate:
            found["growth_rate"] = f"{self.growth_rate:f}"
        if self.model_switch:
            before, after, share = self.model_switch
            found["model_switch"] = {"from": before, "to": after, "share": f"{share:f}"}
        if self.cost_reduction:
            found["cost_reduction"] = f"{self.cost_reduction:f}"
        if self.additional_requests:
            found |= {"additional_requests": self.additional_requests, "average_cost": f"{self.average_cost:f}"}
        if self.budget_amount is not None:
            found["budget_amount"] = f"{self.budget_amount:f}"
        return found or CURRENT_RATE


class Scenario(NamedTuple):
    """Assumptions with a name to compare them by."""

    name: str
    assumptions: Assumptions = Assumptions()

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return {"name": self.name, "assumptions": self.assumptions.plain()}


def scenarios_in(raw: object, most: int = MOST) -> list[Scenario]:
    """The scenarios that somebody wrote: 1 to `most` of {"name", "assumptions"}. Raises ScenarioError."""
    if not isinstance(raw, list | tuple) or not raw:
        raise ScenarioError({"scenarios": ['Write a list of scenarios, such as [{"name": "As it goes"}].']})
    if len(raw) > most:
        raise ScenarioError({"scenarios": [f"At most {most} scenarios are compared at once, not {len(raw):,}."]})
    errors: dict[str, list[str]] = {}
    found = [_scenario(one, f"scenarios.{place}", errors) for place, one in enumerate(raw)]
    named: set[str] = set()
    for place, scenario in enumerate(found):
        if scenario.name and scenario.name.casefold() in named:
            errors.setdefault(f"scenarios.{place}.name", []).append("Another scenario has this name. Choose one each.")
        named.add(scenario.name.casefold())
    if errors:
        raise ScenarioError(errors)
    return found


def _scenario(raw: object, place: str, errors: dict[str, list[str]]) -> Scenario:
    if not isinstance(raw, Mapping):
        errors[place] = ['Write an object, such as {"name": "After optimization", "assumptions": {…}}.']
        return Scenario("")
    _refuse_unknown(raw, ("name", "assumptions"), place, errors)
    name = raw.get("name")
    if not isinstance(name, str) or not 1 <= len(name.strip()) <= LONGEST_NAME:
        errors[f"{place}.name"] = [f"A scenario has a name of 1 to {LONGEST_NAME} characters."]
        name = ""
    return Scenario(name.strip(), _assumptions(raw.get("assumptions", CURRENT_RATE), f"{place}.assumptions", errors))


def _assumptions(raw: object, place: str, errors: dict[str, list[str]]) -> Assumptions:
    if raw == CURRENT_RATE:
        return Assumptions()
    if not isinstance(raw, Mapping):
        errors[place] = [f'Write "{CURRENT_RATE}", or an object such as {{"cost_reduction": 0.3}}.']
        return Assumptions()
    _refuse_unknown(raw, KEYS, place, errors)
    reader = _Reader(raw, place, errors)
    requests = reader.number(
        "additional_requests",
        lambda count: 0 <= count <= MOST_REQUESTS and count == count.to_integral_value(),
        "A whole number of requests from 0 to 1,000,000,000,000.",
    )
    average = reader.number("average_cost", _is_sum, "What one request costs: 0 to 1,000,000,000.")
    if requests and average is None:
        reader.refuse("average_cost", "Say what one of the additional requests costs on average.")
    if average and requests is None:
        reader.refuse("additional_requests", "Say how many requests come at this average cost.")
    return Assumptions(
        growth_rate=reader.number(
            "growth_rate",
            lambda rate: -1 < rate <= 10,
            "Growth a month as a share, above -1 and up to 10: 0.1 is 10% more each month.",
        )
        or ZERO,
        model_switch=reader.switch(),
        cost_reduction=reader.number(
            "cost_reduction", lambda share: 0 <= share <= 1, "A share from 0 to 1: 0.3 is 30%."
        )
        or ZERO,
        additional_requests=int(requests or 0),
        average_cost=(average or ZERO) if requests else ZERO,
        budget_amount=reader.number("budget_amount", _is_sum, "An amount from 0 to 1,000,000,000."),
    )


def _is_sum(amount: Decimal) -> bool:
    return 0 <= amount <= LARGEST


class _Reader:
    """Reads the numbers of one object, and notes at their place what is wrong with them."""

    def __init__(self, raw: Mapping[Any, Any], place: str, errors: dict[str, list[str]]) -> None:
        self._raw, self._place, self._errors = raw, place, errors

    def refuse(self, key: str, sentence: str) -> None:
        """Notes what is wrong, unless something is already."""
        self._errors.setdefault(f"{self._place}.{key}", [sentence])

    def number(self, key: str, fits: Any, sentence: str) -> Decimal | None:
        """The number of a key, where it is there and `fits`."""
        if self._raw.get(key) is None:
            return None
        number = number_in(self._raw[key])
        if number is None or not fits(number):
            self.refuse(key, sentence)
            return None
        return number

    def switch(self) -> Switch | None:
        """The models of `model_switch`, where it is there."""
        raw = self._raw.get("model_switch")
        if raw is None:
            return None
        if not isinstance(raw, Mapping):
            self.refuse("model_switch", 'Write an object, such as {"from": "gpt-4", "to": "gpt-3.5-turbo"}.')
            return None
        place = f"{self._place}.model_switch"
        _refuse_unknown(raw, SWITCH_KEYS, place, self._errors)
        reader = _Reader(raw, place, self._errors)
        names = [reader.name(key) for key in ("from", "to")]
        share = reader.number("share", lambda share: 0 < share <= 1, "A share above 0 and up to 1; left out it is 1.")
        return Switch(names[0], names[1], ONE if share is None else share)

    def name(self, key: str) -> str:
        """The name of a model."""
        text = self._raw.get(key)
        if not isinstance(text, str) or not 1 <= len(text.strip()) <= 200:
            self.refuse(key, "Name a model, such as gpt-4.")
            return ""
        return text.strip()


def number_in(raw: object) -> Decimal | None:
    """The finite number that a JSON number or a text is; None where it is none, or has more digits than make sense."""
    if isinstance(raw, bool) or not isinstance(raw, Decimal | int | float | str):
        return None
    try:
        number = Decimal(repr(raw) if isinstance(raw, float) else raw)
    except (InvalidOperation, ValueError):
        return None
    if not number.is_finite():
        return None
    if number == 0:
        return ZERO  # "0E-200000" is 200,000 digits long when it is written out
    if abs(number.adjusted()) > FARTHEST_DIGIT or len(number.as_tuple().digits) > MOST_DIGITS:
        return None
    return number


def _refuse_unknown(raw: Iterable[Any], known: Iterable[str], place: str, errors: dict[str, list[str]]) -> None:
    known = list(known)
    for key in raw:
        if key not in known:
            near = get_close_matches(str(key)[:SHOWN].lower(), known, 1)
            hint = f"Did you mean {near[0]}?" if near else f"Known are {', '.join(known)}."
            errors[f"{place}.{str(key)[:SHOWN]}"] = [f"There is no such field. {hint}"]

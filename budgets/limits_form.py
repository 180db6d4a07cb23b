"""The part of a budget's form with limits that differ per period: typed, pasted from a spreadsheet, or grown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from itertools import islice

from django import forms
from django.conf import settings
from django.http import QueryDict
from django.utils.functional import cached_property

from budgets.domain.period_limits import PlanError, Reading, grow, read_table
from budgets.domain.period_names import Slot
from budgets.domain.periods import Schedule
from budgets.domain.typed_sums import Marks, SumError, read_sum
from budgets.domain.validation import MAX_AMOUNT
from budgets.form_fields import AmountField, typed_amount
from budgets.models import Budget
from wire.days import day_of
from wire.money import exact
from wire.templatetags.moments import short_day
from wire.templatetags.money import agreed

#: How many periods are shown to begin with; of custom dates there is only one.
SHOWN = {"daily": 14, "weekly": 13, "monthly": 12, "quarterly": 8, "yearly": 5}
MOST_SLOTS = 60
CELL = "limit-"
READ, TAKE, GROW, CLEAR = "read", "take", "grow", "clear"


class ToolsForm(forms.Form):
    """What fills the limits: a table that is pasted, or a growth."""

    prefix = "plan"

    table = forms.CharField(
        label="Cells from a spreadsheet",
        required=False,
        strip=False,  # the first cell of a table is often empty
        max_length=60_000,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "placeholder": "Jan 2027\t$10,000"}),
        error_messages={"max_length": "That is too much to read. Copy the amounts of one line alone."},
        help_text="Months with their amounts, down or across, or amounts alone. Totals and empty rows are left out.",
    )
    marks = forms.ChoiceField(
        label="Amounts look like",
        required=False,
        choices=[("", "find out"), (Marks.POINT, "1,234.50"), (Marks.COMMA, "1.234,50")],
    )
    first = forms.ChoiceField(label="Fill in from", required=False)
    start = AmountField(label="First limit", required=False)
    by = forms.DecimalField(
        label="Each next one",
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
        min_value=-MAX_AMOUNT,
        max_value=MAX_AMOUNT,
        error_messages={"invalid": "Write a number, as in 5 or −2.5."},
    )
    unit = forms.ChoiceField(label="Growing by", required=False, choices=[("percent", "percent"), ("amount", "amount")])
    rounded = forms.ChoiceField(
        label="Rounded to whole",
        required=False,
        choices=[("100", "hundreds"), ("10", "tens"), ("1", "ones"), ("0", "cents")],
    )

    def __init__(self, *args: object, slots: list[Slot], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        first: forms.ChoiceField = self.fields["first"]  # type: ignore[assignment]
        first.choices = [(slot.starts.isoformat(), slot.label) for slot in slots]
        for one in self.fields.values():
            one.widget.attrs.setdefault("autocomplete", "off")


@dataclass
class Cell:
    """The limit of one period as it was typed, "" for the one that all periods have."""

    slot: Slot
    text: str = ""
    error: str = ""
    amount: Decimal | None = None

    @property
    def name(self) -> str:
        """Of its field."""
        return f"{CELL}{self.slot.starts.isoformat()}"


@dataclass
class PeriodLimits:
    """The limits per period that a form holds, and what its tools make of them."""

    schedule: Schedule | None
    budget: Budget | None
    now: datetime
    data: QueryDict | None = None
    cells: list[Cell] = field(default_factory=list)
    set_aside: list[str] = field(default_factory=list)
    preview: Reading | None = None
    error: str = ""
    act: str = ""

    def __post_init__(self) -> None:
        self.sent = self.data is not None and "plan-for" in self.data
        typed = self._typed() if self.sent else self._planned()
        last = max((place for place, slot in enumerate(self.slots) if slot.starts.isoformat() in typed), default=0)
        count = max(SHOWN[self.kind] if self.slots else 0, last + 1)
        self.cells = [Cell(slot, typed.get(slot.starts.isoformat(), "")) for slot in self.slots[:count]]
        for cell in self.cells:
            _read(cell)
        self.tools = ToolsForm(self.data if self.sent else None, slots=[cell.slot for cell in self.cells])
        self.tools.is_valid()

    @property
    def kind(self) -> str:
        """The budget's kind of period."""
        return self.schedule.period if self.schedule else "monthly"

    @property
    def made_for(self) -> str:
        """Which periods the fields are for, so that others are not taken for them."""
        return f"{self.kind}:{self.schedule.anchor or ''}" if self.schedule else ""

    @cached_property
    def slots(self) -> list[Slot]:
        """The open period and those to come; none of custom dates, which have one period, whose limit is the limit."""
        schedule = self.schedule
        if schedule is None or schedule.period not in SHOWN:
            return []
        zone = schedule.calendar.zone
        far = datetime.max.replace(tzinfo=self.now.tzinfo, year=2999)
        return [
            Slot(day_of(period.starts, zone), day_of(period.ends, zone), schedule.label(period))
            for period in islice(schedule.periods_between(self.now, far), MOST_SLOTS)
        ]

    @property
    def is_open(self) -> bool:
        """Whether there is something to see in it."""
        return bool(self.act or self.error or self.wrong or self.set_aside or self.count)

    @property
    def count(self) -> int:
        """How many periods have a limit of their own."""
        return sum(cell.amount is not None for cell in self.cells)

    @property
    def wrong(self) -> int:
        """How many fields hold no limit."""
        return sum(bool(cell.error) for cell in self.cells)

    @property
    def understood(self) -> list[tuple[Slot, Decimal]]:
        """What was read of a table, before it is taken."""
        return (
            [(self.slots[place], amount) for place, amount in sorted(self.preview.amounts.items())]
            if self.preview
            else []
        )

    def total(self, limit: Decimal | None) -> Decimal | None:
        """What all periods shown add up to, those without a limit of their own with `limit`."""
        amounts = [limit if cell.amount is None else cell.amount for cell in self.cells]
        return None if None in amounts or not amounts else sum((one for one in amounts if one is not None), Decimal(0))

    def is_valid(self) -> bool:
        """Whether it can be saved; what was set aside or not taken has been told by then."""
        if self.set_aside and not self.error:
            self.error = (
                "These limits were for other periods and are not taken over. Fill in what still holds, then save."
            )
        is_left = self.sent and ("table" in self.tools.errors or self.tools.cleaned_data["table"].strip())
        if is_left and not self.error:
            self.error = "The table is not taken yet. Read it and take what was understood, or empty its box."
        return not self.wrong and not self.error

    def amounts(self) -> dict[str, str]:
        """What the domain takes: limits by the day that a period begins, those of periods that are over among them."""
        before = self.budget.amounts if self.budget else {}
        if not self.slots:
            return dict(before)
        first, last = self.slots[0].starts.isoformat(), self.slots[-1].starts.isoformat()
        beyond = last if self.budget and self.made_for == made_for(self.budget) else "9999"
        kept = {day: amount for day, amount in before.items() if day < first or day > beyond}
        typed = {cell.slot.starts.isoformat(): exact(cell.amount) for cell in self.cells if cell.amount is not None}
        return dict(sorted({**kept, **typed}.items()))

    def perform(self, act: str) -> None:
        """Does what a button asks for: reads a table, takes it, grows limits, or clears them all. Nothing is saved."""
        self.act = act
        if act == CLEAR:
            for cell in self.cells:
                cell.text, cell.error, cell.amount = "", "", None
        elif not self.slots:
            self.error = "Choose a period that comes again first."
        elif act in (READ, TAKE, GROW) and self.tools.is_valid():
            try:
                self._grow() if act == GROW else self._read_table(act)
            except PlanError as error:
                self.error = str(error)

    def refuse(self, message: str) -> None:
        """Puts a refusal of the domain over the limits."""
        self.error = message

    def _first(self) -> int:
        chosen = self.tools.cleaned_data.get("first")
        return next((place for place, slot in enumerate(self.slots) if slot.starts.isoformat() == chosen), 0)

    def _read_table(self, act: str) -> None:
        data = self.tools.cleaned_data
        marks = Marks(data["marks"]) if data["marks"] else None
        currency = settings.COSTOPS_CURRENCY
        reading = read_table(
            data["table"], self.slots, self.kind, currency, MAX_AMOUNT, first=self._first(), marks=marks
        )
        if act == READ:
            self.preview = reading
            return
        self._fill(reading.amounts)
        self.tools = ToolsForm(slots=[cell.slot for cell in self.cells])

    def _grow(self) -> None:
        data = self.tools.cleaned_data
        if data["start"] is None or data["by"] is None:
            raise PlanError("Write the first limit, and by how much each next one is more.")
        shown = self.slots[: len(self.cells)]
        percent, rounded = data["unit"] != "amount", int(data["rounded"] or 0)
        self._fill(
            grow(shown, data["start"], data["by"], MAX_AMOUNT, percent=percent, rounded_to=rounded, first=self._first())
        )

    def _fill(self, amounts: Mapping[int, Decimal]) -> None:
        for place in range(len(self.cells), max(amounts) + 1):
            self.cells.append(Cell(self.slots[place]))
        for place, amount in amounts.items():
            cell = self.cells[place]
            cell.text, cell.amount, cell.error = _cell_text(amount), amount, ""

    def _planned(self) -> dict[str, str]:
        amounts = self.budget.amounts if self.budget else {}
        return {day: _cell_text(Decimal(amount)) for day, amount in amounts.items()}

    def _typed(self) -> dict[str, str]:
        """What was typed, by day. What was typed for other periods than these is set aside, and said."""
        assert self.data is not None
        fields = {
            name.removeprefix(CELL): str(text).strip() for name, text in self.data.items() if name.startswith(CELL)
        }
        typed = {day: text for day, text in fields.items() if text}
        days = {slot.starts.isoformat() for slot in self.slots}
        same = self.data["plan-for"] == self.made_for
        kept = {day: text for day, text in typed.items() if same and day in days}
        self.set_aside = [f"{_named(day)}: {text[:40]}" for day, text in sorted(typed.items()) if day not in kept]
        return kept


def cell_texts(budget: Budget) -> dict[str, str]:
    """The planned limits of a budget as the form's fields would be sent."""
    return {f"{CELL}{day}": _cell_text(Decimal(amount)) for day, amount in budget.amounts.items()}


def made_for(budget: Budget) -> str:
    """Which periods the planned limits of a budget are for."""
    return f"{budget.period}:{budget.anchor or ''}"


def _cell_text(amount: Decimal) -> str:
    """An amount as it is typed, with a fourth decimal where three would pass for thousands."""
    text = typed_amount(amount)
    return f"{text}0" if re.fullmatch(r"\d{1,3}\.\d{3}", text) else text


def _named(day: str) -> str:
    try:
        return short_day(date.fromisoformat(day))
    except ValueError:
        return day[:20]


def _read(cell: Cell) -> None:
    if not cell.text:
        return
    try:
        amount = read_sum(cell.text)
    except SumError as error:
        cell.error = str(error)
    else:
        cell.error = "" if amount < MAX_AMOUNT else f"Enter less than {agreed(MAX_AMOUNT)}."
        cell.amount = None if cell.error else amount

"""Limits that differ per period: read from a table that someone copied out of a spreadsheet, or grown from one.

What was left out of a table is said, and what could be meant in two ways is asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from budgets.domain.amount_tables import TOTALS, Entry, TableError, cells_of, table_of
from budgets.domain.period_names import Slot, Where, day_comes_first, place_of, read_name
from budgets.domain.typed_sums import Marks, SumError, is_left_open, looks_like_sum, marks_of, read_sum
from wire.numerals import currency_of

MOST_LISTED = 6
FEWEST_SUMMED = 3  # of fewer, the last is the sum of the others by chance
CENT = Decimal("0.01")
HUNDRED = Decimal(100)
LEFT_OUT = {
    Where.OVER: "are over already and keep their limits",
    Where.BEYOND: "are further ahead than can be planned here",
    Where.OTHER: "are no periods of this budget",
}


class PlanError(ValueError):
    """A table or a growth that makes no limits, with a sentence that says what to change or asks what was meant."""


class Reading(NamedTuple):
    """What was understood: the limit of each period by its place among the slots, and what to know of it."""

    amounts: dict[int, Decimal]
    said: tuple[str, ...]


def read_table(
    text: str,
    slots: Sequence[Slot],
    kind: str,
    currency: str,
    most: Decimal,
    *,
    first: int = 0,
    marks: Marks | None = None,
) -> Reading:
    """The limits, each below `most`, that a copied table holds for these periods, which follow one another.

    `first` is the slot that amounts without names begin at, and the earliest that a name without a year can mean.
    `marks` is what the person said of decimals, None to find it out. `currency` is a code such as "USD". Raises
    PlanError.
    """
    try:
        day_first = day_comes_first(cell for row in cells_of(text, kind) for cell in row)
        table = table_of(text, kind, day_first=day_first)
        said = [*_of_currency(table.entries, currency)]
        written = [entry for entry in table.entries if not is_left_open(entry.amount)]
        spelling = marks or marks_of(entry.amount for entry in written if looks_like_sum(entry.amount))
        sums = [(entry, read_sum(entry.amount, spelling, sure=marks is not None)) for entry in written]
        sums, totals = _without_totals(sums)
        if totals or table.left_out:
            said.append(f"Left out as totals: {_listed([*table.left_out, *totals])}.")
        if any(entry.name for entry, _ in sums):
            amounts = _by_name(sums, slots, kind, first, day_first, said)
        else:
            amounts = _in_order([amount for _, amount in sums], slots, first, said)
    except (SumError, TableError) as error:
        raise PlanError(str(error)) from None
    if not amounts:
        raise PlanError(" ".join([*said, "There is no limit for a period to come in it."]))
    for place, amount in amounts.items():
        if amount >= most:
            raise PlanError(f"{slots[place].label}: {amount:,f} is too much. Write less than {most:,f}.")
    return Reading(amounts, tuple(said))


def grow(
    slots: Sequence[Slot], start: Decimal, by: Decimal, most: Decimal, *, percent: bool, rounded_to: int, first: int = 0
) -> dict[int, Decimal]:
    """The limits of all slots from `first` on: `start`, and then each so much more than the one before.

    `by` is in percent, or an amount; below 0 it goes down. Amounts grow unrounded, and each is rounded to a whole
    `rounded_to`, or for 0 to the cent. Raises PlanError.
    """
    amounts: dict[int, Decimal] = {}
    step = Decimal(rounded_to) if rounded_to else CENT
    for place in range(first, len(slots)):
        passed = place - first
        grown = start * (1 + by / HUNDRED) ** passed if percent else start + by * passed
        if grown < 0:
            raise PlanError(f"It falls below 0 in {slots[place].label}. Choose a smaller fall.")
        if grown + step >= most:
            raise PlanError(f"It passes {most:,f} in {slots[place].label}. Choose less growth.")
        amounts[place] = (grown / step).quantize(Decimal(1), ROUND_HALF_UP) * step
    return amounts


def _of_currency(entries: Iterable[Entry], currency: str) -> list[str]:
    """What to say of the currency. Raises SumError where the amounts are in several."""
    found = {code for entry in entries if (code := currency_of(entry.amount))}
    if len(found) > 1:
        raise SumError(f"The amounts are in {' and in '.join(sorted(found))}. Copy those of one currency.")
    return [
        f"The table says {code}: its numbers are taken as {currency}, nothing is converted."
        for code in found - {currency}
    ]


def _without_totals(sums: list[tuple[Entry, Decimal]]) -> tuple[list[tuple[Entry, Decimal]], list[str]]:
    """Leaves out what is called a total, and a last amount without a name that all before it add up to."""
    kept = [(entry, amount) for entry, amount in sums if entry.name or not TOTALS.search(entry.beside)]
    left_out = [f"{entry.beside} {entry.amount}" for entry, _ in sums if not entry.name and TOTALS.search(entry.beside)]
    if len(kept) > FEWEST_SUMMED and not kept[-1][0].name and kept[-1][1] == sum(amount for _, amount in kept[:-1]):
        left_out.append(f"{kept[-1][0].amount}, which those before it add up to")
        kept = kept[:-1]
    return kept, left_out


def _by_name(
    sums: Sequence[tuple[Entry, Decimal]],
    slots: Sequence[Slot],
    kind: str,
    first: int,
    day_first: bool | None,
    said: list[str],
) -> dict[int, Decimal]:
    """The amounts by the slot that their names mean; adds to `said` what there is to know."""
    amounts: dict[int, Decimal] = {}
    left: dict[Where, list[str]] = {}
    since = first
    for entry, amount in sums:
        try:
            name = read_name(entry.name, kind, day_first=day_first)
        except ValueError as error:
            raise PlanError(str(error)) from None
        place = place_of(name, slots, kind, since) if name else Where.OTHER
        if isinstance(place, Where):
            left.setdefault(place, []).append(entry.name)
            continue
        if amounts.get(place, amount) != amount:
            raise PlanError(f"{slots[place].label} is there twice, with {amounts[place]:,f} and {amount:,f}. Keep one.")
        if name and name.year is None:
            if not amounts:
                said.append(f"“{entry.name}” names no year: it is taken as {slots[place].label}.")
            since = place
        amounts[place] = amount
    said += [f"Left out, since they {LEFT_OUT[where]}: {_listed(names)}." for where, names in left.items()]
    return amounts


def _in_order(amounts: Sequence[Decimal], slots: Sequence[Slot], first: int, said: list[str]) -> dict[int, Decimal]:
    """The amounts by the slots from `first` on; adds to `said` what there is to know."""
    places = range(first, min(first + len(amounts), len(slots)))
    if places:
        said.append(f"No period is named: the first amount is taken for {slots[first].label}.")
    if len(amounts) > len(places):
        said.append(f"Left out, since they {LEFT_OUT[Where.BEYOND]}: the last {len(amounts) - len(places)}.")
    return dict(zip(places, amounts, strict=False))


def _listed(names: Sequence[str]) -> str:
    shown = [name if len(name) <= 40 else f"{name[:39]}…" for name in names[:MOST_LISTED]]
    more = len(names) - MOST_LISTED
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")

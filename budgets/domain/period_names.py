"""Names of periods as spreadsheets write them: "Jan 2027", "2027-01", "01/2027", "Q1 FY 2027", "W05 2027", "FY27"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from budgets.domain.periods import MONTHS
from wire.numerals import plain

LONG = ("monthly", "quarterly", "yearly")  # of these, "Jan 27" names a year and no day
FIRST_YEAR = 20
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
FILLERS = {"of", "the", "fy", "fiscal", "year", "month", "starting", "beginning", "from"}
WEEKS = {"w", "wk", "week", "cw", "kw"}
CLOCK = re.compile(r"[ t]\d{1,2}:\d{2}(:\d{2})?z?$")


class Slot(NamedTuple):
    """A period that may be planned for: its first day, the day after its last, and its name."""

    starts: date
    until: date
    label: str


class Name(NamedTuple):
    """What a cell says of a period; None is "not said"."""

    year: int | None = None
    quarter: int | None = None
    month: int | None = None
    day: int | None = None
    week: int | None = None


class Where(StrEnum):
    """Why a name belongs to no period that can be planned for."""

    OVER = "over"
    BEYOND = "beyond"
    OTHER = "other"


def day_comes_first(texts: Iterable[str]) -> bool | None:
    """Whether dates such as 02/01/2027 begin with the day, from all of them together; None where they leave it open.

    A number above 12 tells, and so does one that is the same in all of them: each period begins on the same day.
    """
    dates = [found for text in texts if (found := re.fullmatch(r"(\d{1,2})[/-](\d{1,2})[/-]\d{2,4}", _spelt(text)))]
    first, second = ([int(found[place]) for found in dates] for place in (1, 2))
    if any(number > 12 for number in first):
        return True
    if any(number > 12 for number in second):
        return False
    alike = [len(set(numbers)) == 1 for numbers in (first, second)]
    return None if alike[0] == alike[1] else alike[0]


def read_name(text: str, kind: str, *, day_first: bool | None = None) -> Name | None:
    """What period a cell names, for a budget of a kind of period; None where it names none.

    Raises ValueError with a question for a date whose day and month cannot be told apart.
    """
    spelt = _spelt(text)
    words = re.findall(r"[^\W\d]+|\d+|\W+", re.sub(r"[\s\-/.,'_()]+", " ", spelt))
    tokens = [word.strip() for word in words if word.strip()]
    if len(tokens) > 6:
        return None
    fiscal = any(token in ("fy", "year") for token in tokens)
    signs, numbers, month = "", [], None
    for token in tokens:
        sign = _sign(token)
        if sign is None:
            return None
        signs += sign
        if sign in ("Y", "n"):
            numbers.append(int(token))
        elif sign == "M":
            month = month or _month(token)
    if signs == "n":
        return Name(year=2000 + numbers[0]) if fiscal and numbers[0] > 9 else None
    if signs in ("nnY", "nnn") and numbers[0] != numbers[1] and "." not in spelt:
        numbers = _ordered(numbers, day_first, text)
    return _sound(_named(signs, numbers, month, kind))


def _named(signs: str, numbers: Sequence[int], month: int | None, kind: str) -> Name | None:
    """The name that words and numbers in this order make: Y is a year, n a number, M a month, q a quarter, w a week."""
    first, second, third = (*numbers, 0, 0, 0)[:3]
    two = _full(second)
    match signs:
        case "M":
            return Name(month=month)
        case "MY" | "YM" | "MMY" | "YMM":
            return Name(year=first, month=month)
        case "Mn" | "MMn":
            is_year = kind in LONG and first >= FIRST_YEAR
            return Name(year=_full(first), month=month) if is_year else Name(month=month, day=first)
        case "nM":
            return Name(month=month, day=first)
        case "nMY" | "MnY" | "nMn" | "Mnn":
            return Name(year=two, month=month, day=first)
        case "YMn":
            return Name(year=first, month=month, day=second)
        case "Yn":
            return Name(year=first, month=second)
        case "nY":
            return Name(year=second, month=first)
        case "Ynn":
            return Name(year=first, month=second, day=third)
        case "nnY" | "nnn":
            return Name(year=_full(third), month=second, day=first)
        case "qn" | "nq":
            return Name(quarter=first)
        case "nqn" if first > 4:
            return Name(year=_full(first), quarter=second)
        case "qnY" | "nqY" | "qnn" | "nqn":
            return Name(year=two, quarter=first)
        case "Yqn":
            return Name(year=first, quarter=second)
        case "wn":
            return Name(week=first)
        case "wnY" | "wnn":
            return Name(year=two, week=first)
        case "Ywn":
            return Name(year=first, week=second)
        case "Y":
            return Name(year=first)
    return None


def place_of(name: Name, slots: Sequence[Slot], kind: str, since: int = 0) -> int | Where:
    """Which of the slots a name means; one that names no year means the next such period from slot `since` on."""
    if name.quarter or (name.month is None and name.week is None):
        return _among_named(name, slots, kind, since)
    if name.week is None and name.day is None:
        return _beginning_in(name, slots, kind, since)
    if name.year is None:
        for place, slot in enumerate(slots[since:], since):
            if any(slot.starts <= day < slot.until for day in _days(name, {slot.starts.year, slot.until.year})):
                return place
        return Where.BEYOND
    day = next(iter(_days(name, {name.year})), None)
    if day is None:
        return Where.OTHER
    return _where(day < slots[0].starts, [place for place, slot in enumerate(slots) if slot.starts <= day < slot.until])


def _among_named(name: Name, slots: Sequence[Slot], kind: str, since: int) -> int | Where:
    """Quarters and years, by the names that the company's calendar gives them, else by the day they begin."""
    if kind != ("quarterly" if name.quarter else "yearly"):
        return Where.OTHER
    names = [_label_of(slot, kind) for slot in slots]
    if name.year is None:
        found = [place for place, slot in enumerate(names) if place >= since and slot.quarter == name.quarter]
        return found[0] if found else Where.BEYOND
    wanted = (name.year, name.quarter or 0)
    over = wanted < (names[0].year or 0, names[0].quarter or 0)
    return _where(over, [place for place, slot in enumerate(names) if (slot.year, slot.quarter or 0) == wanted])


def _label_of(slot: Slot, kind: str) -> Name:
    named = read_name(slot.label, kind)
    if named is not None and named.month is None and named.year:
        return named
    return Name(slot.starts.year, (slot.starts.month + 2) // 3 if kind == "quarterly" else None)


def _beginning_in(name: Name, slots: Sequence[Slot], kind: str, since: int) -> int | Where:
    """Months: the period that begins in one."""
    if kind not in LONG:
        return Where.OTHER
    if name.year is None:
        found = [place for place, slot in enumerate(slots) if place >= since and slot.starts.month == name.month]
        return found[0] if found else Where.BEYOND
    wanted = (name.year, name.month)
    begins = [(slot.starts.year, slot.starts.month) for slot in slots]
    between = kind != "monthly" and begins[0] < wanted < begins[-1] and wanted not in begins
    return Where.OTHER if between else _where(wanted < begins[0], [n for n, one in enumerate(begins) if one == wanted])


def _where(is_over: bool, found: Sequence[int]) -> int | Where:
    if found:
        return found[0]
    return Where.OVER if is_over else Where.BEYOND


def _days(name: Name, years: Iterable[int]) -> list[date]:
    days = []
    for year in sorted(years):
        try:
            if name.week:
                days.append(date.fromisocalendar(year, name.week, 1))
            else:
                days.append(date(year, name.month or 1, name.day or 1))
        except ValueError:
            continue
    return days


def _spelt(text: str) -> str:
    return CLOCK.sub("", plain(text).lower())


def _sign(word: str) -> str | None:
    """What kind of word a word is: a letter of `_named`, "" for one that says nothing, None for an unknown one."""
    if word.isdigit():
        return "Y" if len(word) == 4 and word[0] == "2" else "n" if len(word) <= 2 else None
    if word in FILLERS or (len(word) >= 2 and any(day.startswith(word) for day in WEEKDAYS)):
        return ""
    if word == "q":
        return "q"
    if word in WEEKS:
        return "w"
    return "M" if _month(word) else None


def _month(word: str) -> int | None:
    if word == "sept":
        return 9
    return next((n for n, name in enumerate(MONTHS, 1) if len(word) >= 3 and name.lower().startswith(word)), None)


def _full(year: int) -> int:
    return 2000 + year if year < 100 else year


def _ordered(numbers: list[int], day_first: bool | None, text: str) -> list[int]:
    """The day before the month. Raises ValueError where it is left open."""
    first, second = numbers[0], numbers[1]
    if first > 12 or second > 12:
        day_first = first > 12
    if day_first is None:
        year = _full(numbers[2])
        ways = " or ".join(f"{year}-{month:02}-{day:02}" for month, day in ((first, second), (second, first)))
        raise ValueError(f"“{' '.join(text.split())}”: which is the month? Write {ways}.")
    return numbers if day_first else [second, first, *numbers[2:]]


def _sound(name: Name | None) -> Name | None:
    """The name, None where it has a month, a quarter, a week or a day that there is not."""
    if name is None:
        return None
    limits = ((name.quarter, 4), (name.month, 12), (name.day, 31), (name.week, 53))
    return None if any(value is not None and not 1 <= value <= most for value, most in limits) else name

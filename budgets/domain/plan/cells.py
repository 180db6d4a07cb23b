"""The cells of a plan, each written as people read it, and read back as they write it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from budgets.domain.periods import MONTHS
from wire.lists import joined, split
from wire.money import exact

YES = {"yes", "y", "true", "1", "x", "on"}
NO = {"no", "n", "false", "0", "off"}
PERIODS = {
    **{word: word for word in ("daily", "weekly", "monthly", "quarterly", "yearly", "custom")},
    "day": "daily",
    "week": "weekly",
    "month": "monthly",
    "quarter": "quarterly",
    "year": "yearly",
    "annual": "yearly",
    "annually": "yearly",
    "custom dates": "custom",
}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
NAMED = [name.lower() for name in MONTHS]
ALONE = "email"  # the channel of a threshold that names none
UP = "/"


class CellError(ValueError):
    """A cell that cannot be read; the message says what to write."""


def amount_cell(amount: Decimal) -> str:
    """A sum with all its digits, never with three decimals alone, which could be read as thousands."""
    text = exact(amount)
    return f"{text}0" if len(text.partition(".")[2]) == 3 else text


def yes_cell(value: bool) -> str:
    """A plain yes or no."""
    return "yes" if value else "no"


def read_yes(text: str) -> bool:
    """Raises CellError."""
    word = text.lower()
    if word in YES | NO:
        return word in YES
    raise CellError(f"“{text[:40]}” is neither yes nor no. Write one of them.")


def read_period(text: str) -> str:
    """Raises CellError."""
    if found := PERIODS.get(text.lower()):
        return found
    raise CellError(f"“{text[:40]}” is no period. Write daily, weekly, monthly, quarterly, yearly or custom.")


def read_anchor(text: str) -> int:
    """A number, or the name of a weekday or of a month. Raises CellError."""
    word = text.lower()
    if re.fullmatch(r"\d{1,2}(\.0+)?", word):
        return int(word.partition(".")[0])
    for names in (WEEKDAYS, NAMED):
        found = [place for place, name in enumerate(names, 1) if len(word) >= 3 and name.startswith(word)]
        if len(found) == 1:
            return found[0]
    raise CellError(f"“{text[:40]}” says no beginning. Write a day of the month, a weekday or a month, as a number.")


def read_id(text: str) -> int:
    """Raises CellError."""
    if re.fullmatch(r"\d{1,18}(\.0+)?", text) and text.isascii():
        return int(text.partition(".")[0])
    raise CellError(f"“{text[:40]}” is no id. Copy it from the export, or leave it empty.")


def path_cell(names: Iterable[str]) -> str:
    """The names of the budgets above, the top first."""
    return joined(names, UP)


def read_path(text: str) -> tuple[str, ...]:
    """The names of the budgets above, none for the top."""
    return tuple(split(text, UP))


def tags_cell(tags: Mapping[str, Sequence[str]]) -> str:
    """Pairs of key and value with commas between them: feature=search, feature=chat."""
    keys = {key: key.replace("\\", "\\\\").replace("=", "\\=") for key in tags}
    return joined(f"{keys[key]}={value}" for key, values in sorted(tags.items()) for value in values)


def read_tags(text: str) -> dict[str, list[str]]:
    """Raises CellError."""
    tags: dict[str, list[str]] = {}
    for pair in split(text):
        found = re.fullmatch(r"((?:[^=\\]|\\.)+)=(.+)", pair, re.S)
        if found is None:
            raise CellError(f"“{pair[:40]}” is no tag. Write its name, = and its value, as in feature=search.")
        key = re.sub(r"\\(.)", r"\1", found[1], flags=re.S).strip()
        tags.setdefault(key, []).append(found[2].strip())
    return tags


def thresholds_cell(thresholds: Iterable[Mapping[str, Any]]) -> str:
    """Shares of the limit in percent, each with its channels: 80% email, 95% email slack."""
    return ", ".join(
        f"{(Decimal(item['threshold']) * 100).normalize():f}% {' '.join(item['channels'])}" for item in thresholds
    )


def read_thresholds(text: str) -> list[dict[str, Any]]:
    """Raises CellError."""
    found = []
    for part in re.split(r"[,;\n]", text):
        if not part.strip():
            continue
        shape = re.fullmatch(r"\s*(\d{1,4}(?:\.\d{1,2})?)\s*(%?)((?:[\s+/&]+[a-z]+)*)\s*", part.lower())
        if shape is None or (not shape[2] and Decimal(shape[1]) <= 1):
            raise CellError(f"“{part.strip()[:40]}” is no threshold. Write a percentage and channels: 80% email slack.")
        share = Decimal(shape[1]) / 100
        channels = re.findall(r"[a-z]+", shape[3]) or [ALONE]
        found.append({"threshold": f"{share.normalize():f}", "channels": list(dict.fromkeys(channels))})
    return found


DateOrder = str  # "dm" or "md"
NUMERIC = re.compile(r"(\d{1,2})\s*([./-])\s*(\d{1,2})\s*\2\s*(\d{4})")


def date_order(texts: Iterable[str]) -> DateOrder | None:
    """Whether 3/4/2027 has the day or the month first, by all dates of a table; None where nothing tells.

    Raises LookupError with an example where it must be asked.
    """
    said: dict[str, str] = {}
    unclear = ""
    for text in texts:
        found = NUMERIC.fullmatch(text.strip())
        if found is None or found[2] == ".":
            continue
        first, second = int(found[1]), int(found[3])
        if first > 12 >= second:
            said.setdefault("dm", text)
        elif second > 12 >= first:
            said.setdefault("md", text)
        elif first != second:
            unclear = unclear or text
    if len(said) > 1 or (unclear and not said):
        raise LookupError(next(iter(said.values()), "") if len(said) > 1 else unclear)
    return next(iter(said), None)


def read_day(text: str, order: DateOrder | None) -> date:
    """A day: 2027-03-18, 18.3.2027, Mar 18, 2027, or 3/18/2027 with the order of its table. Raises CellError."""
    try:
        if found := re.fullmatch(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})([T ]00:00(:00)?)?", text):
            return date(int(found[1]), int(found[2]), int(found[3]))
        if found := NUMERIC.fullmatch(text):
            first, second = int(found[1]), int(found[3])
            day, month = (second, first) if order == "md" and found[2] != "." else (first, second)
            return date(int(found[4]), month, day)
        for shape in (
            r"(?P<month>[a-z]{3,9})\.? (?P<day>\d{1,2}),? (\d{4})",
            r"(?P<day>\d{1,2})\.? (?P<month>[a-z]{3,9})\.?,? (\d{4})",
        ):
            if found := re.fullmatch(shape, text.lower()):
                months = [number for number, name in enumerate(NAMED, 1) if name.startswith(found["month"])]
                return date(int(found[3]), months[0], int(found["day"]))
    except (ValueError, IndexError):
        pass
    raise CellError(f"“{text[:40]}” is no day. Write it as 2027-03-18.")

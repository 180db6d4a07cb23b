"""Several values in one text: with a mark between them, and quotes around one that holds the mark itself."""

from __future__ import annotations

import re
from collections.abc import Iterable

QUOTED = re.compile(r'\s*"((?:[^"]|"")*)"\s*')


def joined(values: Iterable[str], mark: str = ",") -> str:
    """The values as people write them: `a, "b, c"`. `split` gives back exactly these."""
    between = f"{mark} " if mark == "," else f" {mark} "
    return between.join(_quoted(value, mark) for value in values)


def _quoted(value: str, mark: str) -> str:
    plain = value and value == value.strip() and not {mark, '"', "\n", "\r"} & set(value)
    return value if plain else '"{}"'.format(value.replace('"', '""'))


def split(text: str, mark: str = ",") -> list[str]:
    """The values of a text, blanks around them left out; an empty one is kept only in quotes."""
    values, place = [], 0
    while place <= len(text):
        found = QUOTED.match(text, place)
        if found and (found.end() == len(text) or text[found.end()] == mark):
            values.append(found[1].replace('""', '"'))
            place = found.end() + 1
            continue
        end = text.find(mark, place)
        end = len(text) if end < 0 else end
        if value := text[place:end].strip():
            values.append(value)
        place = end + 1
    return values

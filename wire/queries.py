"""Query parameters: read strictly, so that a misspelt filter never passes for none."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeVar

from django.conf import settings
from django.http import QueryDict
from rest_framework.exceptions import ValidationError

from wire import times
from wire.fields import unknown_name
from wire.parsing import is_unstorable

Value = TypeVar("Value")
MAX_VALUES = 200
ID_DIGITS = 18  # every number of so many fits into the database's ids


def id_in(text: str | None) -> int | None:
    """The id that a text of an address is; None where it is none, or longer than any id can be."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= ID_DIGITS else None


class Query:
    """The parameters of one request. Errors gather until `checked` raises them together."""

    def __init__(self, parameters: QueryDict, known: Iterable[str], open_ended: Callable[[str], bool] | None = None):
        """`known` names what may be asked; `open_ended` accepts names beyond those."""
        self._parameters = parameters
        self._errors: dict[str, list[str]] = {}
        names = list(known)
        for name, values in parameters.lists():
            if name not in names and not (open_ended and open_ended(name)):
                self._errors[name[:100]] = [unknown_name(name, names, "parameter")]
            elif any(is_unstorable(value) for value in [name, *values]):
                self._errors[name[:100].replace("\x00", "?")] = ["A NUL character matches nothing. Leave it out."]

    def refuse(self, name: str, message: str) -> None:
        """Notes that a parameter cannot be taken."""
        self._errors.setdefault(name, []).append(message)

    def checked(self) -> None:
        """Raises ValidationError when anything was refused."""
        if self._errors:
            raise ValidationError(self._errors)

    def text(self, name: str) -> str | None:
        """The one value of a parameter, None when it is not there or empty."""
        values = self._parameters.getlist(name)
        if len(values) > 1:
            self.refuse(name, "Name it once.")
        return values[-1] or None if values and name not in self._errors else None

    def values(self, name: str) -> tuple[str, ...]:
        """All values of a parameter, which may be repeated or hold several between commas; an empty one is kept."""
        if name in self._errors:
            return ()
        found = [part.strip() for text in self._parameters.getlist(name) for part in text.split(",")]
        if len(found) > MAX_VALUES:
            self.refuse(name, f"At most {MAX_VALUES} values.")
            return ()
        return tuple(dict.fromkeys(found))

    def instant(self, name: str) -> datetime | None:
        """An RFC 3339 instant, or a bare date, which is midnight in the company's time zone."""
        return self._read(name, lambda text: times.instant(text, settings.COSTOPS_ZONE))

    def flag(self, name: str) -> bool | None:
        """true or false."""
        word = self.choice(name, ("true", "false"))
        return None if word is None else word == "true"

    def choice(self, name: str, choices: Iterable[str]) -> str | None:
        """One of these words."""
        text = self.text(name)
        if text is not None and text not in (words := list(choices)):
            self.refuse(name, f"Choose one of {', '.join(words)}.")
            return None
        return text

    def number(self, name: str) -> int | None:
        """An id: a whole number above 0."""
        text = self.text(name)
        if text is None:
            return None
        found = id_in(text)
        if found is None:
            self.refuse(name, "Write an id: a whole number.")
        return found

    def _read(self, name: str, read: Callable[[str], Value]) -> Value | None:
        text = self.text(name)
        if text is None:
            return None
        try:
            return read(text)
        except ValueError as error:
            self.refuse(name, str(error))
            return None

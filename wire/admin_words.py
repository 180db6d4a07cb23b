"""How the admin site writes values: money, shares and counts as people read them, JSON as words, dates of a span."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateformat import format as written
from django.utils.formats import get_format
from unfold.decorators import display

from wire.days import TICK
from wire.templatetags.moments import short_day
from wire.templatetags.money import in_words

NONE = "–"
Words = Callable[[Any], str]


def to_the_cent(amount: Decimal) -> str:
    """Spend: "$60,918.42"."""
    return in_words(amount, cents=True)


def in_percent(share: Decimal) -> str:
    """A share of 1: "80%"."""
    return f"{(share * 100).normalize():f}%"


def percentage(percents: Decimal) -> str:
    """A share of 100: "12.5%"."""
    return f"{percents.normalize():f}%"


def at_moment(instant: datetime) -> str:
    """As the admin site writes times: "Nov 26, 2026, 22:04"."""
    return written(timezone.localtime(instant), get_format("DATETIME_FORMAT"))


def said(value: Any) -> str:
    """JSON in words: "feature: search, chat · stage: live"."""
    if isinstance(value, Mapping):
        return " · ".join(f"{str(key).replace('_', ' ')}: {said(item)}" for key, item in value.items()) or NONE
    if isinstance(value, list):
        return ", ".join(said(item) for item in value) or NONE
    return "yes" if value is True else "no" if value is False else NONE if value is None else str(value)


def span(starts: datetime, ends: datetime) -> str:
    """The days from the first to the last: "Nov 1 – Nov 30"."""
    first, last = timezone.localtime(starts).date(), timezone.localtime(ends - TICK).date()
    return short_day(first) if first == last else f"{short_day(first)} – {short_day(last)}"


class InWords:
    """For an admin of a table: what its fields hold is written as people read it, in the list and on a row's page.

    `figures` and `words` say how by the field's name; a sum of money, a count, JSON, and yes or no know by themselves
    (a red cross would look like something amiss). `empty` says what it means that a time is none. Figures are
    right-aligned, by the name of their column's class: static/css/admin.css.
    """

    model: type[models.Model]
    figures: ClassVar[dict[str, Words]] = {}
    words: ClassVar[dict[str, Words]] = {}
    empty: ClassVar[dict[str, str]] = {}

    def get_list_display(self, request: HttpRequest) -> Any:
        """The columns, each in words."""
        return [self._told(name) for name in super().get_list_display(request)]  # type: ignore[misc]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The lines of a row's page, each in words; those of a new row are typed."""
        names = super().get_fields(request, obj)  # type: ignore[misc]
        return names if obj is None else self._all_told(names)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """The same in groups, where they are."""
        sets = super().get_fieldsets(request, obj)  # type: ignore[misc]
        if obj is None:
            return sets
        return [(name, {**about, "fields": self._all_told(about["fields"])}) for name, about in sets]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What is in words cannot be typed into."""
        names = super().get_readonly_fields(request, obj)  # type: ignore[misc]
        return names if obj is None else self._all_told(names)

    def _all_told(self, names: Iterable[Any]) -> list[Any]:
        return [tuple(self._all_told(name)) if isinstance(name, list | tuple) else self._told(name) for name in names]

    def _told(self, name: Any) -> Any:
        if not isinstance(name, str):
            return name
        told: dict[str, Any] = self.__dict__.setdefault("_in_words", {})
        if name not in told:
            told[name] = self._column(name)
        return told[name]

    def _column(self, name: str) -> Any:
        try:
            field = self.model._meta.get_field(name)
        except FieldDoesNotExist:
            return name
        if name in self.words:
            return _column(field, self.words[name], "words")
        if name in self.empty:
            return _column(field, at_moment, "words", self.empty[name])
        if write := self.figures.get(name) or _figure(field):
            return _column(field, write, "figure")
        return _column(field, said, "words") if isinstance(field, models.JSONField | models.BooleanField) else name


def _figure(field: Any) -> Words | None:
    if isinstance(field, models.DecimalField):
        return to_the_cent
    counted = isinstance(field, models.IntegerField) and not field.primary_key and not field.choices
    return "{:,}".format if counted and not field.name.endswith("_id") else None


def _column(field: Any, write: Words, kind: str, none: str = NONE) -> Any:
    @display(description=field.verbose_name, ordering=field.name)
    def shown(row: Any) -> str:
        value = getattr(row, field.name)
        return none if value is None else write(value)

    shown.__name__ = f"{kind}_{field.name}"
    return shown

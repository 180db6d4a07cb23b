"""Filters of the admin site by labels of usage of which there are few: providers, environments, departments."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import DropdownFilter

from usage.models import Attribution

LABELS = ("project", "environment", "department", "team", "user", "provider", "model")
OF_FEW = ("provider", "environment", "department")
MOST = 200


class LabelFilter(DropdownFilter):
    """Rows whose label set has a certain value; `place` leads from the row to the label set."""

    label, place = "", ""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The values in use."""
        named = Attribution.objects.filter(**{f"{self.label}__isnull": False}).order_by(self.label)
        return [(value, value) for value in named.values_list(self.label, flat=True).distinct()[:MOST]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """What was chosen."""
        return queryset.filter(**{f"{self.place}{self.label}": self.value()}) if self.value() else queryset


def label_filters(place: str = "") -> list[type[LabelFilter]]:
    """A filter for each label of few values. `place` leads from a row to its label set, as in `attribution__`."""
    return [
        type(f"{label.capitalize()}Filter", (LabelFilter,), {**_named(label), "label": label, "place": place})
        for label in OF_FEW
    ]


def _named(label: str) -> dict[str, str]:
    return {"title": label, "parameter_name": label}

"""A selection of usage: from when to when, and with which labels. Said once for sums and for single events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from django.db.models import CharField, F, Func, Model, Q, QuerySet, Value
from django.db.models.functions import Lower

from usage.models import Attribution

DIMENSIONS = ("project", "environment", "department", "team", "user", "provider", "model")
TAG = "tag:"
Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class Selection:
    """Usage from `start` on and before `end`, None being open, that has one of the values of every label named.

    Labels are dimensions, or "tag:KEY" for a tag that is part of attributions. The value "" stands for usage that has
    no such label. Users, who are e-mail addresses, match in any case.
    """

    start: datetime | None = None
    end: datetime | None = None
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def of(self, rows: QuerySet[Row], instant: str) -> QuerySet[Row]:
        """The selected ones of rows that have an attribution and a time, which is named `instant`."""
        if self.start is not None:
            rows = rows.filter(**{f"{instant}__gte": self.start})
        if self.end is not None:
            rows = rows.filter(**{f"{instant}__lt": self.end})
        return self.labelled(rows)

    def labelled(self, rows: QuerySet[Row]) -> QuerySet[Row]:
        """Those of rows with an attribution that have the labels, whenever they are of."""
        return rows.filter(attribution__in=self._attributions()) if self.labels else rows

    def _attributions(self) -> QuerySet[Attribution]:
        found = Attribution.objects.order_by()
        for number, (label, values) in enumerate(self.labels.items()):
            name = f"label{number}"
            folded = label == "user"
            found = found.alias(**{name: Lower("user") if folded else label_of(label, "")})
            named = [value.lower() if folded else value for value in values if value]
            wanted = Q(**{f"{name}__in": named})
            if "" in values:
                wanted |= Q(**{f"{name}__isnull": True})
            found = found.filter(wanted)
        return found


def label_of(label: str, path: str = "attribution__") -> F | Func:
    """The expression for a dimension or a tag of an attribution, which lies at `path`."""
    if label.startswith(TAG):
        tag = Value(label.removeprefix(TAG))
        return Func(F(f"{path}tags"), tag, function="jsonb_extract_path_text", output_field=CharField())
    return F(f"{path}{label}")

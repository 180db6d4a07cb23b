"""Who may see which usage: the rooms above say it, since usage knows nothing of what it is charged to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from django.conf import settings
from django.db.models import DateTimeField, F, Func, OuterRef, Q, QuerySet, Value

from usage.domain.used import has_usage
from usage.models import Attribution, DailyUsage, HourlyUsage, UsageEvent

#: From the name of rows' time to what must hold for them; the rows carry `attribution_id` as well.
Condition = Callable[[str], Q]


class Part(NamedTuple):
    """A part of all usage: what holds for it, what holds for the label sets that have any usage in it, and the instants
    inside days at which the first changes for some of them.
    """

    condition: Condition
    label_sets: Q
    turns: tuple[datetime, ...] = ()


class Reason(Protocol):
    """A reason to see usage."""

    def __call__(self, user: Any) -> Part:
        """The part of all usage that the user sees for this reason."""


class Narrowing(Protocol):
    """A way to look at a part of usage alone that is no label of it."""

    def __call__(self, user: Any, text: str) -> tuple[str, Part] | None:
        """The name of what `text` means, and its part of usage; None where the user may not see it or it is nothing."""


@dataclass(frozen=True)
class Seen:
    """The usage that somebody looks at, in each of the ledger's tables. Days with a turn are read by the hour.

    `parts` are what holds for its label sets, one for each part that was taken of it.
    """

    events: QuerySet[UsageEvent]
    hours: QuerySet[HourlyUsage]
    days: QuerySet[DailyUsage]
    turns: tuple[datetime, ...] = ()
    parts: tuple[Q, ...] = ()

    @property
    def label_sets(self) -> QuerySet[Attribution]:
        """The label sets with any of it; of a part of a part, those with usage in each of the two."""
        return Attribution.objects.filter(*(self.parts or [has_usage(OuterRef("pk"))]))

    def part(self, part: Part) -> Seen:
        """Those of it that are of this part too."""
        return Seen(
            self.events.filter(part.condition("occurred_at")),
            self.hours.filter(part.condition("hour")),
            self.days.filter(part.condition("begins")),
            (*self.turns, *part.turns),
            (*self.parts, part.label_sets),
        )


_reasons: list[Reason] = []
_narrowings: dict[str, Narrowing] = {}


def register(reason: Reason) -> None:
    """Adds a reason to see usage. Called once per room, in its app's ready()."""
    _reasons.append(reason)


def register_narrowing(name: str, narrowing: Narrowing) -> None:
    """Adds a filter to all that is asked of usage. Called once per room, in its app's ready()."""
    _narrowings[name] = narrowing


def narrowings() -> dict[str, Narrowing]:
    """The filters that rooms above brought, by the name of their parameter."""
    return dict(_narrowings)


def everything() -> Seen:
    """All usage that there is."""
    midnight = Func(F("day"), template="%(expressions)s::timestamp", output_field=DateTimeField())
    zone = Value(settings.COSTOPS_ZONE.key)
    begins = Func(zone, midnight, function="timezone", output_field=DateTimeField())
    return Seen(
        UsageEvent.objects.all(),
        HourlyUsage.objects.all(),
        DailyUsage.objects.alias(begins=begins),
    )


def nothing() -> Seen:
    """No usage."""
    none = (UsageEvent.objects.none(), HourlyUsage.objects.none(), DailyUsage.objects.none())
    return Seen(*none, parts=(Q(pk__in=[]),))


def for_reasons(user: Any) -> Seen:
    """The usage that the user sees for at least one registered reason."""
    return everything().part(either(reason(user) for reason in _reasons))


def either(parts: Iterable[Part]) -> Part:
    """What is of at least one of these parts."""
    parts = list(parts)

    def condition(instant: str) -> Q:
        whole = Q(pk__in=[])
        for part in parts:
            whole |= part.condition(instant)
        return whole

    label_sets = Q(pk__in=[])
    for part in parts:
        label_sets |= part.label_sets
    return Part(condition, label_sets, tuple(turn for part in parts for turn in part.turns))

"""Who may see which usage: the rooms above say it, since usage knows nothing of what it is charged to."""

from __future__ import annotations

from typing import Any, Protocol

from django.db.models import Q


class Rule(Protocol):
    """A condition on rows that carry `attribution_id` and an instant."""

    def __call__(self, user: Any, instant: str) -> Q:
        """True for the rows that the user may see; `instant` is the name of the rows' time."""


_rules: list[Rule] = []


def register(rule: Rule) -> None:
    """Adds a reason to see usage. Called once per room, in its app's ready()."""
    _rules.append(rule)


def registered() -> tuple[Rule, ...]:
    """The reasons; a row is seen when one of them holds for it."""
    return tuple(_rules)

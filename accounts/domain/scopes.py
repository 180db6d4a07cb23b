"""Scopes: what an API key may be used for, at most. What its user may not do, it may not do either.

Later rooms have theirs here too, as in `decisions:write` or `alerts:read`. Keys that are there get none by themselves.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

USAGE_WRITE = "usage:write"
USAGE_READ = "usage:read"
BUDGETS_READ = "budgets:read"
BUDGETS_WRITE = "budgets:write"
PRICES_WRITE = "prices:write"

#: Each scope with what it allows, in the order in which people are shown them.
SCOPES = {
    USAGE_WRITE: "Record usage",
    USAGE_READ: "Read usage and prices",
    BUDGETS_READ: "Read budgets and how they stand",
    BUDGETS_WRITE: "Create, change, share and archive budgets",
    PRICES_WRITE: "Agree contract prices, aliases and departments, and price past usage anew",
}
ALL = tuple(SCOPES)
RECORD = (USAGE_WRITE,)


class Preset(NamedTuple):
    """Scopes that go together."""

    name: str
    label: str
    about: str
    scopes: tuple[str, ...]


PRESETS = (
    Preset(
        "record",
        "Record usage only",
        "For programs that call models. They tell what they used and read nothing.",
        RECORD,
    ),
    Preset(
        "read",
        "Read usage, prices and budgets",
        "For reports and dashboards. They read what you may see and change nothing.",
        (USAGE_READ, BUDGETS_READ),
    ),
    Preset("all", "All that you may do", "For your own scripts. What you may do later, they may then too.", ALL),
)


class NoSuchScope(ValueError):
    """Scopes that no key can have; the message says which there are."""


def in_order(names: Iterable[str]) -> list[str]:
    """Scopes as they are kept: each once, in the order of SCOPES. Raises NoSuchScope, for none at all too."""
    wanted = set(names)
    if unknown := sorted(wanted - SCOPES.keys()):
        raise NoSuchScope(f"There is no scope {unknown[0]!r}. Choose among {', '.join(SCOPES)}.")
    if not wanted:
        raise NoSuchScope(f"Choose what the key may do: {', '.join(SCOPES)}.")
    return [name for name in SCOPES if name in wanted]


def in_words(names: Iterable[str]) -> str:
    """As in "usage:read, budgets:read", or "everything"."""
    held = set(names)
    return "everything" if held >= SCOPES.keys() else ", ".join(name for name in SCOPES if name in held)


def allowed(names: Iterable[str], owner: str = "its owner") -> str:
    """As people read it: "Record usage only", "All that its owner may do", or each scope in words."""
    held = set(names)
    if held >= SCOPES.keys():
        return f"All that {owner} may do"
    whole = next((preset.label for preset in PRESETS if set(preset.scopes) == held), None)
    return whole or " · ".join(what for name, what in SCOPES.items() if name in held)


def missing(scope: str) -> str:
    """What a caller is told whose key lacks a scope."""
    return (
        f"This API key lacks the scope {scope}. Create a key that has it on your account page, or with "
        f"costops apikey create --scope {scope}."
    )

"""Scopes: which usage a budget is for, and the index that finds the scopes of a label set.

A scope is a JSON object. Values of one key are OR, keys are AND, each tag key is a key of its own; `{}` is all usage of
the company. Values match exactly, but users, who are e-mail addresses, match in any case. A label set that lacks
a label never matches a scope that asks for it.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from difflib import get_close_matches
from itertools import compress
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

KEYS = {
    "projects": "project",
    "environments": "environment",
    "departments": "department",
    "teams": "team",
    "users": "user",
    "providers": "provider",
    "models": "model",
    "tags": "tag",
}
COMPANY_WIDE = "company-wide"
MAX_LENGTH = 200
MAX_VALUES = 200
MAX_TAG_KEYS = 50
SHOWN_VALUES = 4

Scope = dict[str, Any]
Key = TypeVar("Key", bound=Hashable)


class Labelled(Protocol):
    """Anything that says what usage came with: `Labels`, or the ledger's own label sets."""

    @property
    def project(self) -> str | None: ...
    @property
    def environment(self) -> str | None: ...
    @property
    def department(self) -> str | None: ...
    @property
    def team(self) -> str | None: ...
    @property
    def user(self) -> str | None: ...
    @property
    def provider(self) -> str | None: ...
    @property
    def model(self) -> str | None: ...
    @property
    def tags(self) -> Mapping[str, str]: ...


class Labels(NamedTuple):
    """What usage came with; None is "not said". `tags` are the tags that belong to the attribution."""

    project: str | None = None
    environment: str | None = None
    department: str | None = None
    team: str | None = None
    user: str | None = None
    provider: str | None = None
    model: str | None = None
    tags: Mapping[str, str] = {}


class ScopeError(ValueError):
    """A scope that can't be kept. `field` is its place ("scope.tags.feature"), `suggestion` the nearest known key."""

    def __init__(self, field: str, message: str, suggestion: str | None = None) -> None:
        super().__init__(message)
        self.field = field
        self.message = message
        self.suggestion = suggestion


def normalise(raw: object) -> Scope:
    """The canonical form of a scope that someone wrote: known keys in order, values trimmed, sorted, each once.

    Takes "company-wide" or an object whose values are a string or a list of strings; the result is plain JSON in which
    every value is a list, users in lower case. Raises ScopeError.
    """
    if raw == COMPANY_WIDE:
        return {}
    if not isinstance(raw, Mapping):
        raise ScopeError("scope", f'Write "{COMPANY_WIDE}", or an object such as {{"projects": ["production"]}}.')
    for key in raw:
        if key not in KEYS:
            raise _unknown(key)
    scope: Scope = {key: _values(raw[key], f"scope.{key}") for key in KEYS if key in raw and key != "tags"}
    if "users" in scope:
        scope["users"] = _values([user.lower() for user in scope["users"]], "scope.users")
    if "tags" in raw and (tags := _tags(raw["tags"])):
        scope["tags"] = tags
    if not scope and raw:
        raise ScopeError("scope.tags", f'Name at least one tag, or write "{COMPANY_WIDE}".')
    return scope


def _unknown(key: object) -> ScopeError:
    word = str(key)[:MAX_LENGTH].lower()
    near = get_close_matches(word, [*KEYS, *KEYS.values()], 1)
    suggestion = next((many for many, one in KEYS.items() if near and near[0] in (many, one)), None)
    hint = f'Did you mean "{suggestion}"?' if suggestion else f"Known are {', '.join(KEYS)}."
    return ScopeError("scope", f"A scope has no key {str(key)[:MAX_LENGTH]!r}. {hint}", suggestion)


def _tags(raw: object) -> dict[str, list[str]]:
    if not isinstance(raw, Mapping):
        raise ScopeError("scope.tags", 'Write tags as an object, such as {"feature": "search"} or {"feature": ["a"]}.')
    if len(raw) > MAX_TAG_KEYS:
        raise ScopeError("scope.tags", f"A scope names at most {MAX_TAG_KEYS} tags, not {len(raw)}.")
    tags: dict[str, list[str]] = {}
    for key, values in raw.items():
        name = _text(key, "scope.tags")
        if name in tags:
            raise ScopeError(f"scope.tags.{name}", f"The tag {name!r} is named twice. Put its values in one list.")
        tags[name] = _values(values, f"scope.tags.{name}")
    return dict(sorted(tags.items()))


def _values(raw: object, field: str) -> list[str]:
    values = [raw] if isinstance(raw, str) else raw
    if not isinstance(values, list | tuple):
        raise ScopeError(field, "Write a list of strings.")
    if not values:
        raise ScopeError(field, "An empty list would match nothing. Name a value, or leave the key out to match all.")
    if len(values) > MAX_VALUES:
        raise ScopeError(field, f"At most {MAX_VALUES} values, not {len(values)}.")
    return sorted({_text(value, field) for value in values})


def _text(value: object, field: str) -> str:
    if not isinstance(value, str):
        raise ScopeError(field, f'A value must be a string, such as "backend", not {str(value)[:MAX_LENGTH]}.')
    text = value.strip()
    if not text:
        raise ScopeError(field, "A value can't be blank.")
    if len(text) > MAX_LENGTH:
        raise ScopeError(field, f"At most {MAX_LENGTH} characters, not {len(text)}.")
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise ScopeError(field, "A value can't hold NUL or half a surrogate pair.")
    return text


def contains(outer: Scope, inner: Scope) -> bool:
    """Whether all that `inner` matches is matched by `outer` for certain: it names the same keys, or more, no wider."""
    for key, values in outer.items():
        if key == "tags":
            inside = inner.get("tags", {})
            if any(tag not in inside or not set(inside[tag]) <= set(allowed) for tag, allowed in values.items()):
                return False
        elif key not in inner or not _folded(key, inner[key]) <= _folded(key, values):
            return False
    return True


def _folded(key: str, values: Iterable[str]) -> set[str]:
    return {value.casefold() for value in values} if key == "users" else set(values)


def tag_keys(scope: Scope) -> frozenset[str]:
    """The tag keys that the scope asks about; they must be part of the attribution."""
    return frozenset(scope.get("tags", ()))


def describe(scope: Scope) -> str:
    """The scope in words: "department: engineering · team: backend · tag feature: search", or "Company-wide"."""
    parts = [f"{KEYS[key]}: {_list(scope[key])}" for key in KEYS if key in scope and key != "tags"]
    parts += [f"tag {key}: {_list(values)}" for key, values in scope.get("tags", {}).items()]
    return " · ".join(parts) or "Company-wide"


def _list(values: list[str]) -> str:
    more = len(values) - SHOWN_VALUES
    return ", ".join(values[:SHOWN_VALUES]) + (f" and {more} more" if more > 0 else "")


class _Facet(NamedTuple):
    """One key: the scopes (as bits of an int) that do not ask about it, and those that each value satisfies."""

    indifferent: int
    satisfied_by: dict[str | None, int]


class ScopeIndex(Generic[Key]):
    """Finds, among thousands of canonical scopes, those that match one label set.

    Each scope is a bit. A key with its value leaves the scopes that ask for that value or do not ask about that key;
    what is left after every key matches. So a look-up costs one `&` of two ints per key, not one step per scope.
    """

    def __init__(self, scopes: Iterable[tuple[Key, Scope]]) -> None:
        kept = list(scopes)
        self._everything = (1 << len(kept)) - 1
        self._width = len(kept)
        self._keys = [key for key, _ in reversed(kept)]  # the highest bit is written first
        asked: dict[str, dict[str, int]] = {key: {} for key in KEYS if key != "tags"}
        asked_tags: dict[str, dict[str, int]] = {}
        for position, (_, scope) in enumerate(kept):
            for key, values in scope.items():
                if key != "tags":
                    _ask(asked[key], values, 1 << position)
            for tag, values in scope.get("tags", {}).items():
                _ask(asked_tags.setdefault(tag, {}), values, 1 << position)
        self._facets = [(KEYS[key], self._facet(by_value)) for key, by_value in asked.items() if by_value]
        self._tags = [(tag, self._facet(by_value)) for tag, by_value in asked_tags.items()]

    def _facet(self, by_value: dict[str, int]) -> _Facet:
        asking = 0
        for bits in by_value.values():
            asking |= bits
        indifferent = self._everything & ~asking
        return _Facet(indifferent, {value: bits | indifferent for value, bits in by_value.items()})

    def matching(self, labels: Labelled) -> set[Key]:
        """The keys of the scopes that match; a key that was given twice counts where one of its scopes does."""
        left = self._everything
        for name, facet in self._facets:
            value = getattr(labels, name)
            if name == "user" and value is not None:
                value = value.lower()
            left &= facet.satisfied_by.get(value, facet.indifferent)
        tags = labels.tags
        for tag, facet in self._tags:
            left &= facet.satisfied_by.get(tags.get(tag), facet.indifferent)
        if not left:
            return set()
        chosen = format(left, f"0{self._width}b").encode().translate(_BITS)
        return set(compress(self._keys, chosen))


_BITS = bytes.maketrans(b"01", b"\x00\x01")


def _ask(by_value: dict[str, int], values: Iterable[str], bit: int) -> None:
    for value in values:
        by_value[value] = by_value.get(value, 0) | bit

"""The mapping of an import: which column is which field, and what is said of every row. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from usage.domain.importing import cells
from usage.domain.importing.presets import PRESETS

FIELDS: Final = tuple(cells.PARSERS)
TAG: Final = "tag:"


class MappingError(ValueError):
    """The mapping names something that is not there, or one thing twice; the message says what would do."""


@dataclass(frozen=True)
class Mapping:
    """What the caller said of a file.

    `columns` names the column of a field, `usual` that of a preset, which a file may lack; `constants` are values that
    hold for every row. A column that is called like a field is that field, unless it is in `ignored`. `zone` is that of
    times which name none. `source` is the name of whoever gave the ids that are no UUIDs, where one was said.
    """

    zone: ZoneInfo
    columns: dict[str, str] = field(default_factory=dict)
    usual: dict[str, str] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    ignored: frozenset[str] = frozenset()
    source: str | None = None

    def canonical(self) -> bytes:
        """The mapping as bytes: the same for the same mapping, however it was said. The zone is not part of it."""
        named = sorted((name, column) for name, column in self._named().items() if column != name)
        return msgspec.json.encode([named, sorted(self.constants.items()), sorted(self.ignored & set(FIELDS))])

    def _named(self) -> dict[str, str]:
        named = {**self.usual, **self.columns}
        return {
            name: column for name, column in named.items() if name not in self.constants and column not in self.ignored
        }

    def fields_of(self, columns: Collection[str] | None) -> dict[str, str]:
        """Field -> column for a file with these columns (None: any may come). Raises MappingError.

        Fields that are set for every row need no column.
        """
        found = self._named()
        if columns is not None:
            for name, column in list(found.items()):
                if column not in columns and column.split(".")[0] not in columns:
                    if name in self.columns:
                        near = _near(column, columns, "column")
                        raise MappingError(f"There is no column {column!r} for {name}. {near}")
                    del found[name]
        claimed = set(found.values()) | self.ignored
        for name in FIELDS:
            if name not in {*found, *self.constants, *claimed} and (columns is None or name in columns):
                found[name] = name
        given = {*found, *self.constants}
        has = f"The columns are: {', '.join(columns or ())}."
        if "occurred_at" not in given:
            raise MappingError(f"Say which column holds the time of a call: --map occurred_at=COLUMN. {has}")
        if not given & {"input_tokens", "output_tokens", "cost", "web_searches"}:
            raise MappingError(f"Say which column holds tokens or cost: --map input_tokens=COLUMN. {has}")
        if self.source is not None and "id" not in found:
            raise MappingError(f"--source says whose ids a column holds. Say which: --map id=COLUMN. {has}")
        if not found:
            raise MappingError(f"Every row would be the same: no column is used. {has}")
        return found

    def values(self) -> dict[str, Any]:
        """What is set for every row, as values of a call. Raises MappingError."""
        found: dict[str, Any] = {}
        tags: dict[str, str] = {}
        for name, said in self.constants.items():
            try:
                value = cells.parser_of(name)(said)
            except cells.CellError as error:
                raise MappingError(f"--set {name}: {error}") from None
            if value is None:
                raise MappingError(f"--set {name}= says nothing. Write a value, or leave it out.")
            if name.startswith(TAG):
                tags[name.removeprefix(TAG)] = value
            else:
                found[name] = value
        if tags:
            found["tags"] = {**found.get("tags", {}), **tags}
        return found


def read_mapping(
    *,
    maps: Iterable[str] = (),
    sets: Iterable[str] = (),
    tags: Iterable[str] = (),
    ignored: Iterable[str] = (),
    preset: str | None = None,
    source: str | None = None,
    zone: ZoneInfo,
) -> Mapping:
    """The mapping that someone wrote: FIELD=COLUMN, FIELD=VALUE and KEY=VALUE texts over a preset.

    `source` names whoever gave the calls their ids, `zone` is that of times which name none. A field is named as in the
    API; `tag:KEY` is a tag. Raises MappingError.
    """
    if preset is not None and preset not in PRESETS:
        raise MappingError(f"There is no preset {preset!r}. {_near(preset, PRESETS, 'preset')}")
    known = PRESETS[preset] if preset else None
    mapped = _pairs("--map", maps)
    constants = _pairs("--set", sets)
    for key, value in _pairs("--tag", (f"{TAG}{tag}" for tag in tags)).items():
        if constants.setdefault(key, value) != value:
            raise MappingError(f"The tag {key.removeprefix(TAG)!r} is set twice.")
    if "id" in constants:
        raise MappingError("--set id: each call has an id of its own. Name the column that holds it: --map id=COLUMN.")
    if twice := sorted(mapped.keys() & constants.keys()):
        raise MappingError(f"{twice[0]} is both mapped and set. Choose one.")
    if source is not None and not source.strip():
        raise MappingError("--source says nothing. Write a name, or leave it out.")
    result = Mapping(
        zone=zone,
        columns=mapped,
        usual=dict(known.columns) if known else {},
        constants=constants,
        ignored=frozenset(ignored) | (known.ignored if known else frozenset()),
        source=None if source is None else source.strip(),
    )
    result.values()
    return result


def _pairs(option: str, said: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in said:
        name, equals, value = text.partition("=")
        name, value = name.strip(), value.strip()
        if not equals or not value:
            raise MappingError(f"{option} {text}: write FIELD=VALUE, such as {option} {_example(option)}.")
        name = _field(option, name)
        if found.setdefault(name, value) != value:
            raise MappingError(f"{option} {name} is there twice, as {found[name]!r} and {value!r}.")
    return found


def _example(option: str) -> str:
    examples = {"--map": "input_tokens=ContextTokens", "--set": "model=gpt-4", "--tag": "feature=search"}
    return examples[option]


def _field(option: str, name: str) -> str:
    if name.startswith(TAG):
        try:
            return TAG + cells.tag_key(name.removeprefix(TAG))
        except cells.CellError as error:
            raise MappingError(f"{option} {name}: {error}") from None
    if name not in FIELDS:
        raise MappingError(f"{option}: there is no field {name!r}. {_near(name, FIELDS, 'field')}")
    return name


def _near(word: str, known: Collection[str], what: str) -> str:
    lowered = {name.lower(): name for name in known}
    near = get_close_matches(word.lower(), lowered, 1, 0.5)
    if near:
        return f"Did you mean {lowered[near[0]]}?"
    return f"Choose a {what} out of: {', '.join(list(known)[:40])}."

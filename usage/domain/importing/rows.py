"""Rows: from the values of one line to a call with an id of its own."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping as Names
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from usage.domain.calls import Call, Errors, check
from usage.domain.importing.cells import CellError, parser_of
from usage.domain.importing.mapping import TAG, Mapping

#: What a call used, or what it cost: without any of it nobody knows whether it was free.
USED = {"cost", "free", "web_searches", *(name for name in Call.__struct_fields__ if name.endswith("_tokens"))}
NAMESPACE = uuid.UUID("5f0f2b3c-6c6b-5d6e-9a35-0c7a2b8f3f10")


class RowReader:
    """Makes calls of the rows of one file.

    The id of a row comes from the file's content, the line, the mapping and, where its time names no zone, the zone
    that was assumed: so the same import gives the same ids, and the same file for another project gives others. Where
    the file brings ids, UUIDs stand. Others are known to whoever gave them alone: they count with the name of the
    source, or, where none was said, with the mapping and the time of the call.
    """

    def __init__(
        self, mapping: Mapping, fields: Names[str, str], digest: bytes, now: datetime, max_cost: Decimal
    ) -> None:
        """`fields` are those that have a column, in the order in which `read` gets their values."""
        self._zone = mapping.zone
        self._constants = mapping.values()
        self._tags: dict[str, str] = self._constants.pop("tags", {})
        self._now = now
        self._max_cost = max_cost
        self._cells = [
            (name, name.removeprefix(TAG) if name.startswith(TAG) else None, parser_of(name)) for name in fields
        ]
        self._own_ids = mapping.source is not None or "id" in mapping.columns or "id" in mapping.usual
        self._by_name = mapping.source is not None
        self._source = uuid.uuid5(NAMESPACE, mapping.source or mapping.canonical().decode())
        told = hashlib.blake2b(digest, digest_size=16, person=b"costops-import")
        told.update(mapping.canonical())
        assumed = told.copy()
        assumed.update(mapping.zone.key.encode())
        self._told, self._assumed = told, assumed
        self.odd_ids = False
        self.assumed_zone = False

    def read(self, line: int, values: Sequence[Any]) -> Call | Errors:
        """The call of a line, or what is wrong with it by field."""
        found = self._constants.copy()
        tags: dict[str, str] = {}
        errors: Errors = {}
        for (name, tag, parse), value in zip(self._cells, values, strict=True):
            if value is None or value == "":
                continue
            try:
                parsed = parse(value)
            except CellError as error:
                errors[name] = [str(error)]
                continue
            if tag is not None and parsed is not None:
                tags[tag] = parsed
            elif parsed is not None:
                found[name] = parsed
        if tags or self._tags:
            found["tags"] = {**found.get("tags", {}), **tags, **self._tags}
        at: datetime | None = found.get("occurred_at")
        assumed = False
        if at is None:
            errors.setdefault("occurred_at", ["The row says no time."])
        elif at.tzinfo is not UTC:
            assumed = at.tzinfo is None
            self.assumed_zone |= assumed
            try:
                found["occurred_at"] = (at.replace(tzinfo=self._zone) if assumed else at).astimezone(UTC)
            except OverflowError:
                errors["occurred_at"] = [f"{at} lies beyond the years that are kept."]
        if not errors and not USED & found.keys():
            errors["input_tokens"] = ["The row says neither tokens nor a cost: write 0 where nothing was used."]
        if errors:
            return errors
        found["id"] = self._id(found.get("id"), found["occurred_at"], line, assumed)
        call = Call(**found)
        return check(call, self._now, self._max_cost) or call

    def could_be_a_row(self, values: Sequence[Any]) -> bool:
        """Whether a line inside a cell has the form of a row: a time stands where times stand."""
        for (name, _, parse), value in zip(self._cells, values, strict=True):
            if name == "occurred_at":
                try:
                    return parse(value) is not None
                except CellError:
                    return False
        return True

    def _id(self, own: str | None, at: datetime, line: int, assumed: bool) -> uuid.UUID:
        if own is not None:
            try:
                return uuid.UUID(own)
            except ValueError:
                if self._own_ids:
                    return uuid.uuid5(self._source, own if self._by_name else f"{at.isoformat()} {own}")
                self.odd_ids = True
        digest = (self._assumed if assumed else self._told).copy()
        digest.update(b"%d" % line)
        return uuid.UUID(bytes=digest.digest(), version=5)

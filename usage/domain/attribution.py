"""Attribution: from the labels of a call to the one row that stands for that set of labels."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec
from django.db.backends.utils import CursorWrapper

from usage.domain import books, ground
from usage.models import AttributionTag
from wire.jobs import soon

Tags = tuple[tuple[str, str], ...]
ATTRIBUTE_ANEW = "usage.tasks.reattribute_tags"


class Labels(NamedTuple):
    """A label set: each label or None, and the tags that are part of it, sorted by key."""

    project: str | None
    environment: str | None
    department: str | None
    team: str | None
    user: str | None
    provider: str | None
    model: str | None
    tags: Tags

    @property
    def digest(self) -> bytes:
        """The 16 bytes that the row is unique by."""
        return hashlib.blake2b(msgspec.json.encode(tuple(self)), digest_size=16).digest()


def split_tags(
    tags: Mapping[str, str | int | float | bool | None] | None, keys: Collection[str]
) -> tuple[Tags, dict[str, str] | None]:
    """The tags that are part of the attribution, and the others, which stay on the event. Values become text."""
    if not tags:
        return (), None
    texts = {key: _text(value) for key, value in tags.items() if value is not None}
    inside = tuple(sorted((key, text) for key, text in texts.items() if key in keys))
    return inside, {key: text for key, text in texts.items() if key not in keys} or None


def _text(value: str | int | float | bool) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


ADD = """
INSERT INTO usage_attribution
    (digest, project, environment, department, team, username, provider, model, tags, created_at)
SELECT d, project, environment, department, team, username, provider, model, tags::jsonb, %s
FROM unnest(%s::bytea[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[])
    AS new(d, project, environment, department, team, username, provider, model, tags)
ORDER BY d
ON CONFLICT (digest) DO NOTHING
RETURNING id, digest
"""


def ids_of(cursor: CursorWrapper, wanted: Iterable[Labels], now: datetime) -> dict[Labels, int]:
    """The attribution of each label set, made where it is new, with the books told of the new ones.

    Runs inside the ledger's transaction, under its lock.
    """
    by_digest = {labels.digest: labels for labels in wanted}
    digests = sorted(by_digest)
    cursor.execute("SELECT digest, id FROM usage_attribution WHERE digest = ANY(%s)", [digests])
    found = {bytes(digest): pk for digest, pk in cursor.fetchall()}
    missing = [digest for digest in digests if digest not in found]
    if missing:
        rows = [by_digest[digest] for digest in missing]
        columns = [list(column) for column in zip(*(row[:7] for row in rows), strict=True)]
        tags = [msgspec.json.encode(dict(row.tags)).decode() for row in rows]
        cursor.execute(ADD, [now, missing, *columns, tags])
        added = {bytes(digest): pk for pk, digest in cursor.fetchall()}
        _open(cursor, [(pk, by_digest[digest]) for digest, pk in added.items()], now)
        found |= added
        if len(found) < len(digests):
            cursor.execute("SELECT digest, id FROM usage_attribution WHERE digest = ANY(%s)", [missing])
            found |= {bytes(digest): pk for digest, pk in cursor.fetchall()}
    return {by_digest[digest]: pk for digest, pk in found.items()}


def _open(cursor: CursorWrapper, new: Sequence[tuple[int, Labels]], now: datetime) -> None:
    opened = [books.NewAttribution(pk, *labels[:7], dict(labels.tags)) for pk, labels in sorted(new)]
    if opened:
        for book in books.registered():
            book.open_attributions(cursor, opened, now)


def name_tags(keys: Iterable[str], since: datetime | None, now: datetime) -> None:
    """Makes tag keys a part of attributions from now on.

    Usage since `since` (None: all) is attributed again by a job: of keys that are new, and of those that were so far
    asked for from a later day only. The caller holds the ledger's lock exclusively, so that no post under
    way still works by the old keys.
    """
    known = {tag.key: tag for tag in AttributionTag.objects.filter(key__in=set(keys))}
    new = sorted(set(keys) - set(known))
    if new:
        rows = [AttributionTag(key=key, created_at=now, attribute_from=since) for key in new]
        AttributionTag.objects.bulk_create(rows)
        ground.bump("tags")
    earlier = sorted(
        tag.key
        for tag in known.values()
        if tag.attribute_from is not None and (since is None or since < tag.attribute_from)
    )
    AttributionTag.objects.filter(key__in=earlier).update(attribute_from=since, attributed_at=None)
    if new or earlier:
        soon(ATTRIBUTE_ANEW)

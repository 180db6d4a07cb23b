"""Ingest: posts of calls become priced events, hourly usage and charges of budgets, in ONE transaction.

Every delta is derived from the events that were new, so posting again, in pieces or from two processes at once,
changes nothing the second time.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

import msgspec
from django.conf import settings
from django.db import transaction
from django.db.backends.utils import CursorWrapper

from accounts.domain.keys import Defaults
from usage.domain import arrays, books, ground, partitions
from usage.domain.attribution import Labels, ids_of, split_tags
from usage.domain.calls import Call
from usage.domain.cursor import ledger_cursor
from usage.domain.lock import hold_shared
from usage.domain.rollups import ROLL_UP
from wire.transactions import tried_again

ZERO = Decimal(0)
NO_DEFAULTS = Defaults()
Identity = uuid.UUID | tuple[uuid.UUID, datetime]


@dataclass(slots=True)
class Post:
    """Calls that came together, with what their key says of them."""

    calls: Sequence[Call]
    defaults: Defaults = NO_DEFAULTS
    locked: bool = False
    key_id: int | None = None
    imported: bool = False


class Outcome(NamedTuple):
    """What became of a post: new events, repeated ones, how many of the new ones nobody has a price for; their cost."""

    accepted: int
    duplicates: int
    unpriced: int
    cost: Decimal = ZERO


@dataclass
class _Columns:
    """The events of a group, column by column, as the INSERT takes them."""

    post: list[int] = field(default_factory=list)
    id: list[uuid.UUID] = field(default_factory=list)
    at: list[datetime] = field(default_factory=list)
    labels: list[Labels] = field(default_factory=list)
    key: list[int | None] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    cost: list[Decimal] = field(default_factory=list)
    source: list[str] = field(default_factory=list)
    basis: list[str] = field(default_factory=list)
    tags: list[str | None] = field(default_factory=list)
    metadata: list[str | None] = field(default_factory=list)

    @cached_property
    def repeat(self) -> bool:
        """True when an id is there twice: then only id and time together tell which event was new."""
        return len(set(self.id)) < len(self.id)


def ingest(posts: Sequence[Post], now: datetime) -> list[Outcome]:
    """Writes the calls of all posts in one transaction; returns what became of each post, in order.

    Calls are those that `calls.check` found sound.
    """
    make_ready(posts, now)
    return tried_again(lambda: _write(posts, now), "Ingest")


def make_ready(posts: Sequence[Post], now: datetime) -> None:
    """What comes before the transaction: every event gets an id and a time, and the partitions that it needs are made.

    Ids are given before the first try, so that a try repeated after a lost connection doubles nothing. Called by itself
    where `ingest` runs inside a transaction of the caller, since a partition is made outside of it.
    """
    for post in posts:
        for call in post.calls:
            call.id = call.id or uuid.uuid4()
            call.occurred_at = (call.occurred_at or now).astimezone(UTC)
    partitions.ensure({partitions.month_of(moment) for post in posts for moment in _edges(post.calls)})


def _edges(calls: Sequence[Call]) -> set[datetime]:
    """Instants of the months that events and their hours lie in."""
    found: set[datetime] = set()
    for call in calls:
        at = _time_of(call)
        found.add(at.replace(day=1, minute=0, second=0, microsecond=0))
        if at.day == 1 and at.hour == 0:
            found.add(at - partitions.HOUR)
    return found


def _time_of(call: Call) -> datetime:
    assert call.occurred_at is not None, "make_ready gives every call a time"
    return call.occurred_at


def _write(posts: Sequence[Post], now: datetime) -> list[Outcome]:
    standing = ground.current()
    columns = _prepare(posts, standing)
    with transaction.atomic(), ledger_cursor() as cursor:
        hold_shared(cursor)
        versions = ground.read_versions(cursor)
        if versions != standing.versions:
            standing = ground.current(versions)
            columns = _prepare(posts, standing)
        ids = standing.ids
        unknown = {labels for labels in columns.labels if labels not in ids}
        fresh = ids_of(cursor, unknown, now) if unknown else {}
        attributions = [fresh.get(labels) or ids[labels] for labels in columns.labels]
        new, lines = _insert(cursor, columns, attributions, now)
        if lines:
            for book in books.registered():
                book.post(cursor, lines, now)
        if fresh:
            transaction.on_commit(lambda: standing.remember(fresh))
    return _outcomes(len(posts), columns, new)


def _prepare(posts: Sequence[Post], standing: ground.Ground) -> _Columns:
    columns = _Columns()
    price = standing.prices.price
    keys = standing.tag_keys
    department_of = standing.directory.department
    for number, post in enumerate(posts):
        defaults, locked = post.defaults, post.locked
        reported = "imported" if post.imported else "reported"
        for call in post.calls:
            at = _time_of(call)
            team = _filled(call.team, defaults.team, locked)
            department = _filled(call.department, defaults.department, locked)
            if department is None and team is not None:
                department = department_of(team, at)
            inside, outside = split_tags(call.tags, keys) if call.tags else ((), None)
            model, provider = call.model or None, call.provider or None
            labels = Labels(
                _filled(call.project, defaults.project, locked),
                _filled(call.environment, defaults.environment, locked),
                department,
                team,
                call.user or None,
                provider,
                model,
                inside,
            )
            cost, source, basis = call.cost, reported, ""
            if call.free:
                cost = ZERO
            elif cost is None:
                cost, basis = price(provider, model, at, call)
                source = "priced"
                if cost is None:
                    cost, source = ZERO, "unpriced"
            elif not cost and (call.input_tokens or call.output_tokens or call.web_searches):
                source = "unpriced"
            columns.post.append(number)
            columns.id.append(call.id)  # type: ignore[arg-type]
            columns.at.append(at)
            columns.labels.append(labels)
            columns.key.append(post.key_id)
            columns.calls.append(call)
            columns.cost.append(cost)
            columns.source.append(source)
            columns.basis.append(basis)
            columns.tags.append(msgspec.json.encode(outside).decode() if outside else None)
            columns.metadata.append(msgspec.json.encode(call.metadata).decode() if call.metadata else None)
    return columns


def _filled(given: str | None, default: str | None, locked: bool) -> str | None:
    if locked and default is not None:
        return default
    return given or default


INSERT = f"""
WITH new AS (
    INSERT INTO usage_event (id, occurred_at, received_at, attribution_id, api_key_id, input_tokens,
        cached_input_tokens, cache_write_tokens, cache_write_1h_tokens, audio_input_tokens, output_tokens,
        reasoning_tokens, audio_output_tokens, web_searches, service_tier, cost, cost_source, price_basis,
        reservation_id, tags, metadata)
    SELECT id, occurred_at, %s, attribution_id, api_key_id, input_tokens,
        cached_input_tokens, cache_write_tokens, cache_write_1h_tokens, audio_input_tokens, output_tokens,
        reasoning_tokens, audio_output_tokens, web_searches, service_tier, cost, cost_source, price_basis,
        reservation_id, tags::jsonb, metadata::jsonb
    FROM unnest(%s::uuid[], %s::timestamptz[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[],
        %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::text[],
        %s::numeric[], %s::text[], %s::text[], %s::uuid[], %s::text[], %s::text[]) WITH ORDINALITY
        AS call(id, occurred_at, attribution_id, api_key_id, input_tokens, cached_input_tokens,
            cache_write_tokens, cache_write_1h_tokens, audio_input_tokens, output_tokens, reasoning_tokens,
            audio_output_tokens, web_searches, service_tier, cost, cost_source, price_basis, reservation_id,
            tags, metadata, place)
    ORDER BY id, place
    ON CONFLICT DO NOTHING
    RETURNING id, occurred_at, attribution_id, cost, cost_source, input_tokens, cached_input_tokens, output_tokens
), line AS MATERIALIZED (
    SELECT date_trunc('hour', occurred_at, %s) AS hour, attribution_id, sum(cost) AS cost, count(*) AS requests,
        count(*) FILTER (WHERE cost_source = 'unpriced') AS unpriced, sum(input_tokens) AS input_tokens,
        sum(cached_input_tokens) AS cached_input_tokens, sum(output_tokens) AS output_tokens
    FROM new GROUP BY 1, 2
), {ROLL_UP}
SELECT (SELECT array_agg(id) FROM new), (SELECT array_agg(occurred_at) FROM new WHERE %s),
    array_agg(hour), array_agg(attribution_id), array_agg(cost), array_agg(requests), array_agg(unpriced)
FROM line
"""  # noqa: S608 - SQL of our own


def _insert(
    cursor: CursorWrapper, columns: _Columns, attributions: list[int], now: datetime
) -> tuple[set[Identity], list[books.Line]]:
    calls = columns.calls
    cursor.execute(
        INSERT,
        [
            now,
            arrays.plain([identity.hex for identity in columns.id]),
            arrays.plain([at.isoformat() for at in columns.at]),
            arrays.plain(attributions),
            arrays.plain(columns.key),
            arrays.plain([call.input_tokens for call in calls]),
            arrays.plain([call.cached_input_tokens for call in calls]),
            arrays.plain([call.cache_write_tokens for call in calls]),
            arrays.plain([call.cache_write_1h_tokens for call in calls]),
            arrays.plain([call.audio_input_tokens for call in calls]),
            arrays.plain([call.output_tokens for call in calls]),
            arrays.plain([call.reasoning_tokens for call in calls]),
            arrays.plain([call.audio_output_tokens for call in calls]),
            arrays.plain([call.web_searches for call in calls]),
            arrays.plain([call.service_tier for call in calls]),
            arrays.plain(columns.cost),
            arrays.plain(columns.source),
            arrays.texts(columns.basis),
            arrays.plain([call.reservation_id and call.reservation_id.hex for call in calls]),
            arrays.texts(columns.tags),
            arrays.texts(columns.metadata),
            settings.COSTOPS_ZONE.key,
            settings.COSTOPS_ZONE.key,
            columns.repeat,
        ],
    )
    ids, instants, *sums = cursor.fetchone()
    if not ids:
        return set(), []
    new: set[Identity] = set(zip(ids, instants, strict=True)) if columns.repeat else set(ids)
    return new, [books.Line(*line) for line in zip(*sums, strict=True)]


def _outcomes(posts: int, columns: _Columns, new: set[Identity]) -> list[Outcome]:
    accepted, total, unpriced, cost = [0] * posts, [0] * posts, [0] * posts, [ZERO] * posts
    identities: Iterable[Identity] = zip(columns.id, columns.at, strict=True) if columns.repeat else columns.id
    for post, identity, source, price in zip(columns.post, identities, columns.source, columns.cost, strict=True):
        total[post] += 1
        if identity in new:
            new.remove(identity)
            accepted[post] += 1
            unpriced[post] += source == "unpriced"
            cost[post] += price
    return [Outcome(a, t - a, u, c) for a, t, u, c in zip(accepted, total, unpriced, cost, strict=True)]

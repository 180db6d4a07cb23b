"""API keys: made, read, rotated, revoked. The secret is shown once and never kept."""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from accounts.domain import roles
from accounts.domain.scopes import RECORD, NoSuchScope, in_order
from accounts.models import ApiKey, User
from accounts.models.apikey import ApiKeyQuerySet

PREFIX = "lcops_"
CACHE_SECONDS = 1.0
MINUTE = timedelta(minutes=1)


class Defaults(NamedTuple):
    """The dimensions of a key; None where it has none."""

    project: str | None = None
    environment: str | None = None
    department: str | None = None
    team: str | None = None


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """What a valid key says of its caller: enough to ingest without another query."""

    key_id: int
    user_id: int
    may_post_usage: bool
    scopes: frozenset[str]
    defaults: Defaults
    locked: bool
    requests_per_minute: int | None


def digest_of(secret: str) -> bytes:
    """SHA-256 of a key. Its 256 random bits need no slow hash."""
    return hashlib.sha256(secret.encode()).digest()


class KeyRefused(ValueError):
    """A key cannot be rotated; the message says what to do."""


def keys_of(user: User) -> ApiKeyQuerySet:
    """All keys of a user: those that are not revoked first, the newest of each first."""
    return ApiKey.objects.filter(user=user).order_by(F("revoked_at").desc(nulls_first=True), "-created_at", "-id")


def state_of(key: ApiKey, now: datetime) -> Literal["in use", "expired", "revoked"]:
    """Whether a key may still open anything; one whose user is inactive opens nothing either."""
    if key.revoked_at is not None:
        return "revoked"
    return "expired" if key.expires_at is not None and key.expires_at <= now else "in use"


def create_key(
    user: User, name: str, *, now: datetime | None = None, scopes: Iterable[str] = RECORD, **fields: object
) -> tuple[ApiKey, str]:
    """A new key of `user`, whatever their role: it may do what they may, as far as its scopes go.

    Returns it with the secret, which is nowhere else. Raises ValidationError, also for a name that is in use.
    """
    try:
        fields["scopes"] = in_order(scopes)
    except NoSuchScope as error:
        raise ValidationError({"scopes": str(error)}) from None
    if not name.strip().isprintable() or not name.strip():
        raise ValidationError({"name": "Give the key a name of one line."})
    secret = PREFIX + secrets.token_urlsafe(32)
    key = ApiKey(user=user, name=name.strip(), created_at=now or timezone.now(), **_shown(secret), **fields)
    key.full_clean(exclude=["digest"], validate_constraints=False)
    try:
        with transaction.atomic():
            key.save(force_insert=True)
    except IntegrityError:
        raise ValidationError({"name": _taken(user, key.name)}) from None
    return key, secret


def check_name(user: User, name: str, but: ApiKey | None = None) -> None:
    """Raises ValidationError where a key of `user` other than `but` has this name and is not revoked."""
    others = ApiKey.objects.filter(user=user, name=name.strip(), revoked_at=None)
    if (others.exclude(pk=but.pk) if but else others).exists():
        raise ValidationError({"name": _taken(user, name.strip())})


def _taken(user: User, name: str) -> str:
    return f"{user} has a key {name!r} already. Choose another name, or revoke that one."


def rotate_key(key: ApiKey, *, now: datetime | None = None, last_four: str | None = None) -> str:
    """A new secret for the same key: defaults, limits and name stay; the old secret stops at once.

    `last_four`, when given, is of the secret that shall be replaced, so that one order, sent twice, rotates once.
    Raises KeyRefused, also where the new secret would open nothing.
    """
    now = now or timezone.now()
    with transaction.atomic():
        current = ApiKey.objects.select_related("user").select_for_update(of=("self",)).get(pk=key.pk)
        check_rotation(current, now)
        if last_four is not None and last_four != current.last_four:
            raise KeyRefused(f"The key {key.name!r} was rotated already. If you lost the new secret, rotate it again.")
        secret = PREFIX + secrets.token_urlsafe(32)
        for field, value in _shown(secret).items():
            setattr(key, field, value)
        key.rotated_at = now
        key.save(update_fields=["digest", "prefix", "last_four", "rotated_at"])
    _holders.clear()
    return secret


def check_rotation(key: ApiKey, now: datetime) -> None:
    """Raises KeyRefused where a new secret would open nothing."""
    state = state_of(key, now)
    if state != "in use":
        raise KeyRefused(f"The key {key.name!r} is {state}. Create a new one.")
    if not key.user.is_active:
        raise KeyRefused(f"The key {key.name!r} opens nothing, since {key.user} is inactive.")


def revoke_key(key: ApiKey, *, now: datetime | None = None) -> None:
    """Closes a key for good; revoking again changes nothing."""
    ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now or timezone.now())
    _holders.clear()


def find_key(secret: str, now: datetime) -> ApiKey | None:
    """The usable key of a secret, with its user, or None."""
    return ApiKey.objects.usable(now).select_related("user").filter(digest=digest_of(secret)).first()


def note_use(key: ApiKey, now: datetime) -> None:
    """Keeps when a key was last used, to the minute, so that a busy key does not write with every request."""
    if key.last_used_at is None or now - key.last_used_at >= MINUTE:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)


class _Holders:
    """Valid keys for one second each, so that a thousand posts a second do not ask a thousand times.

    A key that is revoked elsewhere stops within that second.
    """

    def __init__(self) -> None:
        self._known: dict[bytes, tuple[float, KeyHolder]] = {}
        self._lock = threading.Lock()

    def clear(self) -> None:
        with self._lock:
            self._known = {}

    def get(self, secret: str) -> KeyHolder | None:
        digest = digest_of(secret)
        found = self._known.get(digest)
        if found and time.monotonic() - found[0] < CACHE_SECONDS:
            return found[1]
        with self._lock:
            found = self._known.get(digest)
            if found and time.monotonic() - found[0] < CACHE_SECONDS:
                return found[1]
            holder = _load(secret)
            if len(self._known) > 10_000:
                self._known = {}
            if holder is None:
                self._known.pop(digest, None)
            else:
                self._known[digest] = (time.monotonic(), holder)
            return holder


def _load(secret: str) -> KeyHolder | None:
    now = timezone.now()
    key = find_key(secret, now)
    if key is None:
        return None
    note_use(key, now)
    return KeyHolder(
        key_id=key.pk,
        user_id=key.user_id,
        may_post_usage=roles.may_post_usage(key.user),
        scopes=frozenset(key.scopes),
        defaults=Defaults(key.project or None, key.environment or None, key.department or None, key.team or None),
        locked=key.locked,
        requests_per_minute=key.requests_per_minute,
    )


_holders = _Holders()
holder_of = _holders.get


def _shown(secret: str) -> dict[str, object]:
    return {
        "digest": digest_of(secret),
        "prefix": secret[: len(PREFIX) + 4],
        "last_four": secret[-4:],
    }


def forget() -> None:
    """Forgets the keys that this process remembers; for a database that was rolled back or replaced."""
    _holders.clear()

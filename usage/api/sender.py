"""Who posts usage: an API key or a signed-in person, found without DRF, since a thousand posts come a second."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest
from rest_framework.authentication import CSRFCheck
from rest_framework.exceptions import (
    APIException,
    AuthenticationFailed,
    NotAuthenticated,
    PermissionDenied,
    Throttled,
)

from accounts.authentication import BAD_KEY, REALM, bearer_of
from accounts.domain.keys import Defaults, KeyHolder, holder_of
from accounts.domain.roles import may_post_usage
from accounts.permissions import require
from usage.domain.ingest import NO_DEFAULTS
from wire.limits import seconds_to_wait

MAY_NOT_POST = "Your role does not post usage. Use the key of an admin, finance, a lead or an engineer."


@dataclass(frozen=True, slots=True)
class Sender:
    """What a post needs to know of its sender."""

    caller: str
    may_post: bool
    defaults: Defaults = NO_DEFAULTS
    locked: bool = False
    key_id: int | None = None


def sender_of(request: HttpRequest, scope: str) -> Sender:
    """The sender of a request, counted against its limit; a key needs `scope`. Raises 401, 403 or 429."""
    secret = bearer_of(request.META.get("HTTP_AUTHORIZATION", ""))
    if secret is not None:
        return with_key(secret, scope)
    user = request.user
    if not user.is_authenticated:
        raise _challenge(NotAuthenticated())
    check = CSRFCheck(lambda _: None)  # type: ignore[arg-type]
    check.process_request(request)
    if reason := check.process_view(request, None, (), {}):  # type: ignore[arg-type]
        raise PermissionDenied(f"CSRF Failed: {reason}")
    _count(f"user:{user.pk}", None)
    return _allowed(Sender(caller=f"user:{user.pk}", may_post=may_post_usage(user)))


def with_key(secret: str, scope: str) -> Sender:
    """The sender whose API key this is, counted against its limit. Raises 401, 403 or 429."""
    holder = holder_of(secret)
    if holder is None:
        raise _challenge(AuthenticationFailed(BAD_KEY))
    sender = _of(holder)
    _count(sender.caller, holder.requests_per_minute)
    require(holder.scopes, scope)
    return _allowed(sender)


def _of(holder: KeyHolder) -> Sender:
    return Sender(f"key:{holder.key_id}", holder.may_post_usage, holder.defaults, holder.locked, holder.key_id)


def _count(caller: str, limit: int | None) -> None:
    wait = seconds_to_wait(caller, settings.COSTOPS_REQUESTS_PER_MINUTE if limit is None else limit)
    if wait:
        raise Throttled(wait)


def _allowed(sender: Sender) -> Sender:
    if not sender.may_post:
        raise PermissionDenied(MAY_NOT_POST)
    return sender


def _challenge(error: APIException) -> APIException:
    error.auth_header = REALM  # type: ignore[attr-defined]
    return error

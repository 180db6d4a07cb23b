"""Where people are signed in: listed, kept up to date to the minute, and ended, which takes effect at once."""

from __future__ import annotations

import contextlib
from datetime import datetime

from allauth.account.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from redis.exceptions import RedisError
from ua_parser import parse

from accounts.models import User

SEEN_SECONDS = 60
LONGEST_AGENT = UserSession._meta.get_field("user_agent").max_length
#: What browsers call themselves, where people call them something else.
WORDS = {
    "Mobile Safari": "Safari",
    "Chrome Mobile": "Chrome",
    "Chrome Mobile iOS": "Chrome",
    "Firefox Mobile": "Firefox",
    "Firefox iOS": "Firefox",
    "Edge Mobile": "Edge",
    "Mac OS X": "macOS",
    "HeadlessChrome": "Chrome",
    "Chrome OS": "ChromeOS",
}


def sessions_of(user: User, now: datetime) -> QuerySet[UserSession]:
    """Where a user is signed in, the last seen first. Sessions that ran out or were ended are not among them."""
    return live(UserSession.objects.filter(user=user), now).order_by("-last_seen_at", "-pk")


def live(found: QuerySet[UserSession], now: datetime) -> QuerySet[UserSession]:
    """Those of these sessions that neither ran out nor were ended."""
    there = Session.objects.filter(session_key=OuterRef("session_key"), expire_date__gt=now)
    return found.filter(Exists(there))


def end(found: QuerySet[UserSession]) -> int:
    """Ends sessions; their browsers are signed out with their next request. Returns how many there were."""
    ended = list(found)
    for session in ended:
        session.end()
    return len(ended)


def end_all(user: User) -> int:
    """Signs a user out everywhere; returns in how many places that was."""
    return end(UserSession.objects.filter(user=user))


def end_others(user: User, current: str | None) -> int:
    """Signs a user out everywhere but in the session `current`."""
    return end(UserSession.objects.filter(user=user).exclude(session_key=current))


def forget(key: str | None) -> None:
    """Takes a session that ends by itself out of the list."""
    UserSession.objects.filter(session_key=key).delete()


def forget_ended(now: datetime) -> None:
    """Deletes sessions that ran out, and what is listed of sessions that are gone."""
    Session.objects.filter(expire_date__lte=now).delete()
    there = Session.objects.filter(session_key=OuterRef("session_key"))
    UserSession.objects.exclude(Exists(there)).delete()


def rename(before: str | None, after: str | None) -> None:
    """A session keeps its place in the list under a new key."""
    if before != after:
        UserSession.objects.filter(session_key=before).update(session_key=after)


def note_seen(request: HttpRequest, now: datetime) -> None:
    """Keeps from where, by which browser and when a session was last seen, to the minute.

    The cache server says whether it is time, so most requests write nothing. One that is away is no reason to fail.
    """
    key = request.session.session_key
    with contextlib.suppress(RedisError):
        if not key or not cache.add(f"seen:{key}", 1, SEEN_SECONDS):
            return
        seen = {
            "ip": get_adapter().get_client_ip(request),
            "user_agent": request.META.get("HTTP_USER_AGENT", "")[:LONGEST_AGENT],
            "last_seen_at": now,
        }
        known = UserSession.objects.filter(session_key=key, user_id=request.session[SESSION_KEY])
        if not known.update(**seen):
            row = UserSession(session_key=key, user_id=request.session[SESSION_KEY], created_at=now, **seen)
            UserSession.objects.bulk_create([row], ignore_conflicts=True)


def browser_of(agent: str) -> str:
    """A browser and its system in words, as in "Firefox on Linux"."""
    found = parse(agent)
    browser = found.user_agent.family if found.user_agent else ""
    system = found.os.family if found.os else ""
    device = found.device.family if found.device else ""
    if device in ("iPhone", "iPad"):
        system = device
    browser, system = WORDS.get(browser, browser), WORDS.get(system, system)
    return " on ".join(part for part in (browser or "Unknown browser", system) if part)

"""How allauth signs people in here: no sign-up, no addresses of its own, one answer for all that does not fit."""

from __future__ import annotations

import ipaddress
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.internal.httpkit import clean_client_ip, get_client_ip
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.http import HttpRequest

from accounts.domain import sessions
from accounts.domain.lockout import key_of, lock_of
from accounts.models import User

LOCKED = "locked"


class Adapter(DefaultAccountAdapter):
    """The product's rules where allauth asks for them."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": "E-mail address and password do not go together.",
        "too_many_login_attempts": "Too many failed tries. Wait a few minutes, then try again.",
        "invalid_password_reset": "The link was used or is too old.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Administrators add people."""
        return False

    def is_ajax(self, request: HttpRequest) -> bool:
        """Every answer is a page: no form, with what was typed into it, comes back as JSON."""
        return False

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Pages say in their own words what happened."""

    def get_client_ip(self, request: HttpRequest) -> str:
        """Where a request comes from: the peer, or what as many proxies as are trusted tell of it.

        A header that tells less than they would is none of theirs, so the peer counts.
        """
        try:
            found = get_client_ip(request)
        except ImproperlyConfigured:
            found = None
        return _plain(found or clean_client_ip(request.META.get("REMOTE_ADDR", "")) or "::")

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Raises ValidationError where no password is looked at. A try that is refused so counts for nobody."""
        lock = lock_of(request, credentials["email"])
        if lock:
            raise ValidationError(lock.sentence, code=LOCKED, params={"seconds": lock.seconds})
        super().pre_authenticate(request, **credentials)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """By the address alone: allauth adds the Host header, which a browser may choose."""
        return key_of(credentials["email"])

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        """The user; one who left is nobody, as with a wrong password."""
        user = super().authenticate(request, **credentials)
        return user if user is not None and user.is_active else None

    def set_password(self, user: User, password: str) -> None:
        """Writes the password alone."""
        user.set_password(password)
        user.save(update_fields=["password"])

    def logout(self, request: HttpRequest) -> None:
        """Ends this session, and its row in the list."""
        sessions.forget(request.session.session_key)
        super().logout(request)


def _plain(address: str) -> str:
    """Without the zone of a link-local address, which no database keeps, and an IPv4 address as one.

    A server that listens for both writes ::ffff:192.0.2.7, and allauth counts IPv6 by /64: that would be everybody.
    """
    found = ipaddress.ip_address(address.partition("%")[0])
    return str(getattr(found, "ipv4_mapped", None) or found)

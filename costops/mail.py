"""How mail leaves: the address of the mail server and of the sender, as the environment writes them."""

from __future__ import annotations

from email.utils import formataddr, getaddresses
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

EXAMPLE = "it should be like smtp://user:password@mail.example.com:587"
TLS = ("starttls", "none")


class MailServer(NamedTuple):
    """Where mail is handed over. `implicit` TLS encrypts from the first byte; without either, nothing does."""

    host: str
    port: int
    user: str
    password: str
    starttls: bool
    implicit: bool


def mail_server(url: str) -> MailServer:
    """smtp://user:password@host:587 (STARTTLS, unless ?tls=none) or smtps://host:465; user and password have %-codes.

    Raises ValueError with what it should be like; no part of the URL is in the message, since it may hold a password.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
        query = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=True)) if parts.query else {}
    except ValueError:
        raise ValueError(EXAMPLE) from None
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or parts.path.strip("/") or parts.fragment:
        raise ValueError(EXAMPLE)
    if (parts.username is None) != (parts.password is None):
        raise ValueError("it should name both a user and a password, or neither")
    implicit, tls = parts.scheme == "smtps", query.pop("tls", "starttls")
    if query or tls not in TLS:
        raise ValueError("after the ? it should be tls=starttls or tls=none")
    if implicit and "tls=" in parts.query:
        raise ValueError("smtps is encrypted from the first byte, so tls= should be left out")
    return MailServer(
        parts.hostname,
        port or (465 if implicit else 587),
        unquote(parts.username or ""),
        unquote(parts.password or ""),
        not implicit and tls == "starttls",
        implicit,
    )


def sender(text: str) -> str:
    """One address, with a name or without, as a From header has it. Raises ValueError."""
    found = getaddresses([text])
    try:
        ((name, address),) = found
        validate_email(address)
    except (ValueError, ValidationError):
        raise ValueError("it should be one address, like CostOps <costops@example.com>") from None
    return formataddr((name, address))

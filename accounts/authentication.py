"""Who calls the API: an API key, or the browser's session."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, SessionAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.domain.keys import find_key, note_use
from accounts.models import ApiKey, User
from accounts.permissions import needed

REALM = 'Bearer realm="CostOps"'
BAD_KEY = "The API key is not valid: unknown, revoked or expired. Send Authorization: Bearer lcops_…"


def bearer_of(header: bytes | str) -> str | None:
    """The secret in an Authorization header, None when it carries no bearer token."""
    text = header.decode("latin-1") if isinstance(header, bytes) else header
    scheme, _, secret = text.partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else None


class ApiKeyAuthentication(BaseAuthentication):
    """Authorization: Bearer lcops_…; `request.auth` is the key."""

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        """The key's user and the key; None when there is no bearer token, 401 when it opens nothing."""
        secret = bearer_of(get_authorization_header(request))
        if secret is None:
            return None
        now = timezone.now()
        key = find_key(secret, now)
        if key is None:
            raise AuthenticationFailed(BAD_KEY)
        note_use(key, now)
        return key.user, key

    def authenticate_header(self, request: Request) -> str:
        """Makes DRF answer 401 rather than 403."""
        return REALM


class SignedInAuthentication(SessionAuthentication):
    """The browser's session, with Django's CSRF check."""


class ApiKeyScheme(OpenApiAuthenticationExtension):
    """How the schema describes API keys."""

    target_class = "accounts.authentication.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        """A bearer token."""
        return {"type": "http", "scheme": "bearer", "bearerFormat": "lcops_…"}

    def get_security_requirement(self, auto_schema: Any) -> dict[str, list[str]]:
        """With the scope that the operation needs, which OpenAPI 3.1 has a place for."""
        scope = needed(auto_schema.view, auto_schema.method)
        return {self.name: [scope] if scope else []}


class SignedInScheme(OpenApiAuthenticationExtension):
    """How the schema describes the session."""

    target_class = "accounts.authentication.SignedInAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        """Django's session cookie."""
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}

"""Whether a key's scopes allow a call: each endpoint says in `needs`, by method, which scope it asks for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.domain.scopes import missing
from accounts.models import ApiKey


class ScopeMissing(PermissionDenied):
    """The key lacks a scope; the message names it."""

    default_code = "scope_missing"


def require(held: Collection[str], scope: str) -> None:
    """Raises ScopeMissing where `scope` is not among those that a key has."""
    if scope not in held:
        raise ScopeMissing(missing(scope))


def needed(view: Any, method: str) -> str | None:
    """The scope that a method of an endpoint asks for; None where nothing is done: OPTIONS, and what answers 405."""
    method = "GET" if method == "HEAD" else method
    if method == "OPTIONS" or not hasattr(view, method.lower()):
        return None
    needs: Mapping[str, str] = getattr(view, "needs", {})
    if method not in needs:
        raise ImproperlyConfigured(f"{type(view).__name__} does not say which scope {method} needs.")
    return needs[method]


class HasScope(BasePermission):
    """Lets a key do what its scopes allow. Who is signed in has no scopes: a browser does what its person may."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """True, or ScopeMissing."""
        scope = needed(view, str(request.method))
        if scope is not None and isinstance(request.auth, ApiKey):
            require(request.auth.scopes, scope)
        return True

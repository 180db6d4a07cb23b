"""One format for every error of the API: a code, a sentence that says what to do, and the fields at fault."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as ModelError
from django.http import Http404, HttpRequest, JsonResponse
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import set_rollback

NO_FIELD = "non_field_errors"
SENTENCES = {
    "not_authenticated": "Send an API key: Authorization: Bearer lcops_…, or sign in.",
    "not_found": "There is nothing here that you may see.",
    "permission_denied": "Your role does not allow this. Ask an administrator.",
    "method_not_allowed": "This address does not know that method.",
}


class Conflict(exceptions.APIException):
    """What was asked no longer fits what is there."""

    status_code = status.HTTP_409_CONFLICT
    default_detail = "This was changed in the meantime. Read it again, then send your change."
    default_code = "conflict"


class TooLarge(exceptions.APIException):
    """More than one request may carry."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = "The request is too large. Send it in smaller parts."
    default_code = "too_large"


def envelope(code: str, message: str, fields: dict[str, list[str]] | None = None) -> dict[str, Any]:
    """The body of an error."""
    return {"error": {"code": code, "message": message, "fields": fields or {}}}


def error_response(
    status_code: int, code: str, message: str, fields: dict[str, list[str]] | None = None
) -> JsonResponse:
    """An error from a view that is not DRF's."""
    return JsonResponse(envelope(code, message, fields), status=status_code)


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's hook: turns what a view raised into the one format."""
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    elif isinstance(error, ModelError):
        error = exceptions.ValidationError(error.message_dict if hasattr(error, "error_dict") else error.messages)
    if not isinstance(error, exceptions.APIException):
        return None
    set_rollback()
    headers = {}
    if auth_header := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = auth_header
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(max(1, round(wait)))
    return Response(_body(error), status=error.status_code, headers=headers)


def _body(error: exceptions.APIException) -> dict[str, Any]:
    if isinstance(error, exceptions.ValidationError):
        fields = flatten(error.detail)
        return envelope("invalid", _first_sentence(fields), fields)
    code = str(error.get_codes()) if isinstance(error.get_codes(), str) else error.default_code
    is_default = str(error.detail) == str(error.default_detail)
    return envelope(code, SENTENCES.get(code, str(error.detail)) if is_default else str(error.detail))


def _first_sentence(fields: dict[str, list[str]]) -> str:
    for name, messages in fields.items():
        if messages:
            return messages[0] if name == NO_FIELD else f"{name}: {messages[0]}"
    return "The request is not valid."


def flatten(detail: Any, path: str = "") -> dict[str, list[str]]:
    """DRF's nested detail as {"alerts.0.threshold": ["…"]}."""
    if isinstance(detail, dict):
        found: dict[str, list[str]] = {}
        for key, value in detail.items():
            name = path if key == NO_FIELD and path else f"{path}.{key}" if path else str(key)
            for inner, messages in flatten(value, name).items():
                found.setdefault(inner, []).extend(messages)
        return found
    if isinstance(detail, list):
        if any(isinstance(item, dict | list) for item in detail):
            found = {}
            for index, item in enumerate(detail):
                for inner, messages in flatten(item, f"{path}.{index}" if path else str(index)).items():
                    found.setdefault(inner, []).extend(messages)
            return found
        return {path or NO_FIELD: [str(item) for item in detail]}
    return {path or NO_FIELD: [str(detail)]}


def bad_request(request: HttpRequest, exception: Exception | None = None) -> JsonResponse:
    """Django's own 400 under /api/: a request that it could not read."""
    return error_response(400, "malformed", "The request could not be read.")

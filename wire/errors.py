"""One format for every error of the API: a code, a sentence that says what to do, and the fields at fault."""

from __future__ import annotations

import sys
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.core.exceptions import ValidationError as ModelError
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve
from django.views import csrf, defaults
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions, status
from rest_framework.response import Response

API = "/api/"
NO_FIELD = "non_field_errors"
RETRY_SECONDS = 5
DATABASE_AWAY = (OperationalError, InterfaceError)
QUERY_CANCELED = "57014"
ONLY_READ = ("GET", "HEAD", "OPTIONS")
WORDED_BY_DRF = (
    exceptions.MethodNotAllowed,
    exceptions.NotAcceptable,
    exceptions.UnsupportedMediaType,
    exceptions.Throttled,
)
SENTENCES = {
    "not_authenticated": "Send an API key: Authorization: Bearer lcops_…, or sign in.",
    "not_found": "There is nothing here that you may see.",
    "permission_denied": "You may not do this. Ask finance or an administrator.",
    "method_not_allowed": "This address does not know that method. The header Allow names those that it knows.",
    "not_acceptable": "Answers are JSON. Send Accept: application/json, or leave the header out.",
    "unsupported_media_type": "Send JSON, with the header Content-Type: application/json.",
    "throttled": "Too many requests. Wait as many seconds as the header Retry-After says, then send this again.",
    "database_away": "The database does not answer. Send the same request again in a moment.",
    "too_long": "Answering this took too long and was given up. Ask for fewer days, fewer groups or a smaller page.",
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


class DatabaseAway(exceptions.APIException):
    """The database cannot be reached, or gave the work up; the same request may pass a little later."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = SENTENCES["database_away"]
    default_code = "database_away"
    wait = RETRY_SECONDS


class TooLong(exceptions.APIException):
    """What was asked for took longer than a statement may; asked again it would take as long."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = SENTENCES["too_long"]
    default_code = "too_long"


def envelope(code: str, message: str, fields: dict[str, list[str]] | None = None) -> dict[str, Any]:
    """The body of an error."""
    return {"error": {"code": code, "message": message, "fields": fields or {}}}


def error_response(
    status_code: int,
    code: str,
    message: str,
    fields: dict[str, list[str]] | None = None,
    headers: dict[str, str] | None = None,
) -> JsonResponse:
    """An error from a view that is not DRF's."""
    return JsonResponse(envelope(code, message, fields), status=status_code, headers=headers)


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's hook: turns what a view raised into the one format."""
    from rest_framework.views import set_rollback  # its module asks for our parser, and that for this module

    found = _as_api_error(error, context["request"].method)
    if not isinstance(found, exceptions.APIException):
        return None
    set_rollback()
    return Response(body_of(found), status=found.status_code, headers=headers_of(found))


def _as_api_error(error: BaseException | None, method: str | None) -> BaseException | None:
    if isinstance(error, Http404):
        return exceptions.NotFound()
    if isinstance(error, PermissionDenied):
        return exceptions.PermissionDenied(str(error) or None)
    if isinstance(error, ModelError):
        return exceptions.ValidationError(error.message_dict if hasattr(error, "error_dict") else error.messages)
    if isinstance(error, RequestDataTooBig):
        return TooLarge()
    if isinstance(error, DATABASE_AWAY):
        return TooLong() if _took_too_long(error, method) else DatabaseAway()
    return error


def _took_too_long(error: BaseException, method: str | None) -> bool:
    """Whether it is for the caller to ask for less. What writes was ended while it waited for others, and may pass."""
    return getattr(error.__cause__, "sqlstate", None) == QUERY_CANCELED and method in ONLY_READ


def headers_of(error: exceptions.APIException) -> dict[str, str]:
    """The headers that go with an error: how to authenticate, when to come back."""
    headers = {}
    if auth_header := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = auth_header
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(max(1, round(wait)))
    return headers


def body_of(error: exceptions.APIException) -> dict[str, Any]:
    """The body of what DRF raised."""
    if isinstance(error, exceptions.ValidationError):
        fields = flatten(error.detail)
        return envelope("invalid", first_sentence(fields), fields)
    codes = error.get_codes()
    code = codes if isinstance(codes, str) else error.default_code
    is_default = str(error.detail) == str(error.default_detail) or isinstance(error, WORDED_BY_DRF)
    return envelope(code, SENTENCES.get(code, str(error.detail)) if is_default else str(error.detail))


def first_sentence(fields: dict[str, list[str]]) -> str:
    """The first of the messages, with the name of its field before it."""
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


def is_api(request: HttpRequest) -> bool:
    """True for the addresses that programs call, which are answered in this format whatever goes wrong."""
    return request.path.startswith(API)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler400: a request that it could not read."""
    if not is_api(request):
        return defaults.bad_request(request, exception)
    if isinstance(exception, RequestDataTooBig):
        return error_response(413, TooLarge.default_code, TooLarge.default_detail)
    return error_response(400, "malformed", "The request could not be read. Check its address, headers and body.")


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler403."""
    if not is_api(request):
        return defaults.permission_denied(request, exception)
    return error_response(403, "permission_denied", SENTENCES["permission_denied"])


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's CSRF_FAILURE_VIEW: a session's request that does not prove where it comes from."""
    if not is_api(request):
        return csrf.csrf_failure(request, reason)
    return error_response(403, "permission_denied", f"{reason.rstrip('.')}. Send X-CSRFToken, or use an API key.")


@csrf_exempt  # where nothing is, nothing can be forged
def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Django's handler404, and the last address under /api/."""
    if not is_api(request):
        return defaults.page_not_found(request, exception or Http404())
    message = f"There is nothing at {request.path}. The addresses are at /api/docs/."
    if not request.path.endswith("/") and _leads_somewhere(f"{request.path}/"):
        message = f"Addresses end with a slash: {request.path}/"
    return error_response(404, "not_found", message)


def _leads_somewhere(path: str) -> bool:
    try:
        return resolve(path).func is not not_found
    except Resolver404:
        return False


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500. What went wrong is in the log, never in the answer."""
    error = _as_api_error(sys.exc_info()[1], request.method)
    if isinstance(error, DatabaseAway | TooLong):
        if is_api(request):
            return JsonResponse(body_of(error), status=error.status_code, headers=headers_of(error))
        page = render_to_string("503.html", {"too_long": isinstance(error, TooLong)})
        return HttpResponse(page, status=error.status_code, headers=headers_of(error))
    if not is_api(request):
        return defaults.server_error(request)
    return error_response(500, "server_error", "Something went wrong here. It was logged; try again later.")

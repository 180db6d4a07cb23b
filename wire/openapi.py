"""How the schema tells of what every endpoint has: errors in one format, and Idempotency-Key."""

from __future__ import annotations

from typing import Any, Literal

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from wire import idempotency
from wire.errors import SENTENCES, Conflict, TooLarge
from wire.pagination import MAX_PAGE_SIZE, PAGE_SIZE

DESCRIPTIONS = {
    400: "The request is malformed or not valid; `fields` names what to change.",
    401: "No API key and no session, or a key that opens nothing.",
    403: "The caller's role, its permissions on this object, or the API key's scopes do not allow it.",
    404: "There is nothing here that the caller may see.",
    409: "It no longer fits what is there, or the Idempotency-Key belongs to another request.",
    413: "More than one request may carry.",
    415: "The body is not application/json.",
    429: "More requests than the key may send a minute; `Retry-After` says when to go on.",
    503: "The database does not answer, and the same request may be sent again; or `too_long`: ask for less.",
}
CODES = {
    400: ("invalid", "amount: A valid number is required."),
    **{
        status: (code, SENTENCES[code])
        for status, code in (
            (401, "not_authenticated"),
            (403, "permission_denied"),
            (404, "not_found"),
            (415, "unsupported_media_type"),
            (429, "throttled"),
            (503, "database_away"),
        )
    },
    409: (Conflict.default_code, Conflict.default_detail),
    413: (TooLarge.default_code, TooLarge.default_detail),
}


class ErrorDetailSerializer(serializers.Serializer[Any]):
    """What went wrong."""

    code = serializers.CharField(help_text="For programs: stays the same when the sentence changes.")
    message = serializers.CharField(help_text="For people: a sentence that says what to do.")
    fields = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField()),
        help_text="The fields at fault, by their path, as in `alerts.0.threshold`.",
    )


class ErrorSerializer(serializers.Serializer[Any]):
    """Every answer of 400 and above."""

    error = ErrorDetailSerializer()


def error_response(status: int) -> OpenApiResponse:
    """How the schema describes an error of this status."""
    code, message = CODES[status]
    fields = {"amount": ["A valid number is required."]} if status == 400 else {}
    example = {"error": {"code": code, "message": message, "fields": fields}}
    return OpenApiResponse(
        ErrorSerializer,
        DESCRIPTIONS[status],
        [OpenApiExample(code, value=example, response_only=True, status_codes=[str(status)])],
    )


PAGE_PARAMETERS = [
    OpenApiParameter("cursor", str, description="From `next` or `previous`."),
    OpenApiParameter("page_size", {"type": "integer", "minimum": 1, "maximum": MAX_PAGE_SIZE, "default": PAGE_SIZE}),
]
KEY_PARAMETER = OpenApiParameter(
    name=idempotency.HEADER,
    location=OpenApiParameter.HEADER,
    type={"type": "string", "minLength": 1, "maxLength": 255},
    description="The same key and body give the first answer again, for a day; another body gives 409.",
)


def page_of(row: type[serializers.Serializer[Any]], name: str) -> Any:
    """How the schema describes a page of rows."""
    fields = {
        "next": serializers.URLField(allow_null=True, help_text="The page after this one."),
        "previous": serializers.URLField(allow_null=True, help_text="The page before this one."),
        "results": row(many=True),
    }
    return type(f"{name}PageSerializer", (serializers.Serializer,), {"__doc__": "One page.", **fields})


class Schema(AutoSchema):
    """Adds to each operation the errors that it can answer, so that no view has to."""

    def get_override_parameters(self) -> list[Any]:
        """Idempotency-Key where the handler honours it."""
        parameters: list[Any] = list(super().get_override_parameters())
        if getattr(getattr(self.view, self._handler_name(), None), "idempotent", False):
            parameters.append(KEY_PARAMETER)
        return parameters

    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        """With the scope that an API key needs, said for people too."""
        operation = super().get_operation(*args, **kwargs)
        scope = getattr(self.view, "needs", {}).get(self.method)
        if operation and scope:
            said = [operation.get("description", ""), f"An API key needs the scope `{scope}`."]
            operation["description"] = "\n\n".join(filter(None, said))
        return operation

    def _handler_name(self) -> str:
        return getattr(self.view, "action", None) or self.method.lower()

    def _get_response_bodies(self, direction: Literal["request", "response"] = "response") -> dict[str, Any]:
        responses: dict[str, Any] = super()._get_response_bodies(direction)
        for status in self._errors():
            if str(status) not in responses:
                responses[str(status)] = self._get_response_for_code(
                    error_response(status), str(status), direction=direction
                )
        return dict(sorted(responses.items()))

    def _errors(self) -> list[int]:
        writes = self.method in ("POST", "PUT", "PATCH")
        statuses = [401, 403, 429, 503]
        statuses += [400, 413, 415] if writes else [400] if self.method == "GET" else []
        statuses += [404] if "{" in self.path else []
        statuses += [409] if writes else []
        return statuses

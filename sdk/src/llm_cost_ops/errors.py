"""What can go wrong, as exceptions that a caller can tell apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class CostOpsError(Exception):
    """The root of everything that this package raises on purpose, but ValueError and TypeError for wrong arguments."""


class ConfigurationError(CostOpsError, ValueError):
    """The tracker cannot be set up: a key or an endpoint is missing or unusable."""


class UnavailableError(CostOpsError):
    """The server gave no answer: it could not be reached, or did not reply in time."""


class ApiError(CostOpsError):
    """The server answered, and refused.

    `status` is the HTTP status, `code` and `message` are the server's, `fields` maps a field's name to its faults,
    `retry_after` is in seconds where the server named a time to wait. `from_costops` is False when something in
    between answered: a proxy, or another server at that address.
    """

    from_costops = True

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        fields: Mapping[str, Sequence[str]] | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(status, code, message)
        self.status = status
        self.code = code
        self.message = message
        self.fields: dict[str, list[str]] = {name: list(faults) for name, faults in (fields or {}).items()}
        self.retry_after = retry_after

    def __str__(self) -> str:
        faults = "; ".join(f"{name}: {' '.join(texts)}" for name, texts in self.fields.items())
        return f"{self.message} ({self.status} {self.code})" + (f" [{faults}]" if faults else "")


class InvalidRequestError(ApiError):
    """400 and 422: the request is malformed, or a field is wrong. See `fields`."""


class AuthenticationError(ApiError):
    """401: the API key is unknown, revoked or missing."""


class PermissionDeniedError(ApiError):
    """403: the API key is known, and its user may not do this."""


class NotFoundError(ApiError):
    """404: there is no such thing, or not for this key."""


class ConflictError(ApiError):
    """409: what is there has changed, or an Idempotency-Key was used again with another request."""


class TooManyRequestsError(ApiError):
    """429: the key's request limit is used up. See `retry_after`. Not a refusal of a budget (CostControlError)."""


class CostControlError(CostOpsError):
    """A budget's rule refuses a call.

    `message` is the sentence of the rule, `budget` and `rule` name what refused, `retry_after` is in seconds where
    waiting helps.
    """

    def __init__(
        self,
        message: str,
        *,
        budget: Any = None,
        rule: Any = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.budget = budget
        self.rule = rule
        self.retry_after = retry_after


class BudgetExceededError(CostControlError):
    """The call would take a budget past its limit."""


class ModelBlockedError(CostControlError):
    """The model may not be used here."""


class RateLimitedError(CostControlError):
    """The rule lets through only so many calls, or so much cost, in a time. See `retry_after`."""


BY_STATUS: dict[int, type[ApiError]] = {
    400: InvalidRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    422: InvalidRequestError,
    429: TooManyRequestsError,
}

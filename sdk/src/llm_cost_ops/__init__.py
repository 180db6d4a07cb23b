"""llm_cost_ops: the Python client of CostOps."""

from __future__ import annotations

from llm_cost_ops.aio import AsyncCostTracker
from llm_cost_ops.backoff import Backoff
from llm_cost_ops.errors import (
    ApiError,
    AuthenticationError,
    BudgetExceededError,
    ConfigurationError,
    ConflictError,
    CostControlError,
    CostOpsError,
    InvalidRequestError,
    ModelBlockedError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitedError,
    TooManyRequestsError,
    UnavailableError,
)
from llm_cost_ops.records import Limits
from llm_cost_ops.results import (
    Budget,
    BudgetStatus,
    ConfidenceInterval,
    Forecast,
    Period,
    ScenarioForecast,
    Threshold,
)
from llm_cost_ops.tracker import CostTracker
from llm_cost_ops.version import __version__

__all__ = [
    "ApiError",
    "AsyncCostTracker",
    "AuthenticationError",
    "Backoff",
    "Budget",
    "BudgetExceededError",
    "BudgetStatus",
    "ConfidenceInterval",
    "ConfigurationError",
    "ConflictError",
    "CostControlError",
    "CostOpsError",
    "CostTracker",
    "Forecast",
    "InvalidRequestError",
    "Limits",
    "ModelBlockedError",
    "NotFoundError",
    "Period",
    "PermissionDeniedError",
    "RateLimitedError",
    "ScenarioForecast",
    "Threshold",
    "TooManyRequestsError",
    "UnavailableError",
    "__version__",
]

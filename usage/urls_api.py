"""Addresses of usage under /api/v1/."""

from django.urls import path

from usage.api.agreements import (
    ModelAliasDetail,
    ModelAliasEnd,
    ModelAliases,
    PriceOverrideDetail,
    PriceOverrideEnd,
    PriceOverrides,
)
from usage.api.corrections import RepriceJobDetail, RepriceJobs, TeamDepartments
from usage.api.posting import post_usage
from usage.api.prices import Prices
from usage.api.reading import UsageEvents, UsageSummary

urlpatterns = [
    path("usage/", post_usage, name="usage"),
    path("usage/summary/", UsageSummary.as_view(), name="usage-summary"),
    path("usage/events/", UsageEvents.as_view(), name="usage-events"),
    path("prices/", Prices.as_view(), name="prices"),
    path("price-overrides/", PriceOverrides.as_view(), name="price-overrides"),
    path("price-overrides/<int:pk>/", PriceOverrideDetail.as_view(), name="price-override"),
    path("price-overrides/<int:pk>/end/", PriceOverrideEnd.as_view(), name="price-override-end"),
    path("model-aliases/", ModelAliases.as_view(), name="model-aliases"),
    path("model-aliases/<int:pk>/", ModelAliasDetail.as_view(), name="model-alias"),
    path("model-aliases/<int:pk>/end/", ModelAliasEnd.as_view(), name="model-alias-end"),
    path("reprice-jobs/", RepriceJobs.as_view(), name="reprice-jobs"),
    path("reprice-jobs/<int:pk>/", RepriceJobDetail.as_view(), name="reprice-job"),
    path("team-departments/", TeamDepartments.as_view(), name="team-departments"),
]

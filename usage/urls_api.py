"""Addresses of usage under /api/v1/."""

from django.urls import path

from usage.api.posting import post_usage
from usage.api.reading import UsageEvents, UsageSummary

urlpatterns = [
    path("usage/", post_usage, name="usage"),
    path("usage/summary/", UsageSummary.as_view(), name="usage-summary"),
    path("usage/events/", UsageEvents.as_view(), name="usage-events"),
]

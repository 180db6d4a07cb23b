"""Addresses under /api/: the rooms' endpoints, the schema, the docs, and one answer for all others."""

from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from wire.errors import not_found

urlpatterns = [
    path("v1/", include("usage.urls_api")),
    path("v1/", include("budgets.urls_api")),
    path("v1/", include("forecasting.urls_api")),
    path("v1/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(template_name="costops/api_docs.html"), name="api-docs"),
    re_path("", not_found),
]

"""Every address of the product, room by room."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/v1/", include("usage.urls_api")),
    path("api/v1/", include("budgets.urls_api")),
    path("", include("accounts.urls")),
    path("", include("budgets.urls")),
    path("", include("costops.urls_system")),
]

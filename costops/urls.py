"""Every address of the product, room by room."""

from django.contrib import admin
from django.urls import include, path

from costops.views import first_run, overview, search, styleguide

urlpatterns = [
    path("", overview.overview, name="home"),
    path("styleguide/", styleguide.styleguide, name="styleguide"),
    path("start/", first_run.first_run, name="start"),
    path("start/call/", first_run.arrived, name="start-call"),
    path("start/key/", first_run.key, name="start-key"),
    path("search/", search.search, name="search"),
    path("admin/", admin.site.urls),
    path("api/", include("costops.urls_api")),
    path("", include("accounts.urls")),
    path("", include("accounts.urls_allauth")),
    path("", include("budgets.urls")),
    path("", include("budgets.urls_people")),
    path("", include("forecasting.urls")),
    path("", include("usage.urls")),
    path("", include("costops.urls_system")),
]

handler400 = "wire.errors.bad_request"
handler403 = "wire.errors.permission_denied"
handler404 = "wire.errors.not_found"
handler500 = "wire.errors.server_error"

"""Addresses of the pages of usage."""

from django.urls import path

from usage.views import agreed, calls, explorer, filtering, imports, models, price_names, saved, teams, teams_upload

app_name = "usage"
urlpatterns = [
    path("usage/", explorer.explorer, name="explorer"),
    path("usage/export.csv", explorer.export, name="export"),
    path("usage/values/", filtering.values, name="values"),
    path("usage/calls/", calls.calls, name="calls"),
    path("usage/calls.csv", calls.export, name="calls-export"),
    path("usage/import/", imports.bring_in, name="import"),
    path("usage/views/", saved.save, name="save-view"),
    path("usage/views/<int:pk>/delete/", saved.delete, name="delete-view"),
    path("models/", models.models, name="models"),
    path("models/names/models/", price_names.names, {"what": "models"}, name="model-names"),
    path("models/names/priced/", price_names.names, {"what": "priced"}, name="priced-names"),
    path("models/names/providers/", price_names.names, {"what": "providers"}, name="provider-names"),
    path("people/teams/", teams.directory, name="teams"),
    path("people/teams/teams.csv", teams.download, name="teams-csv"),
    path("people/teams/upload/", teams_upload.upload, name="teams-upload"),
    path("models/price-again/", agreed.price_again, name="price-again"),
    path("models/aliases/<int:pk>/end/", agreed.end_alias, name="end-alias"),
    path("models/contract-prices/<int:pk>/end/", agreed.end_override, name="end-override"),
]

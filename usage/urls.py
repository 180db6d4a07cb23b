"""Addresses of the pages of usage."""

from django.urls import path

from usage.views import agreed, models

app_name = "usage"
urlpatterns = [
    path("models/", models.models, name="models"),
    path("models/price-again/", agreed.price_again, name="price-again"),
    path("models/aliases/<int:pk>/end/", agreed.end_alias, name="end-alias"),
    path("models/contract-prices/<int:pk>/end/", agreed.end_override, name="end-override"),
]

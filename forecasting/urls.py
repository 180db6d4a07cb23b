"""Addresses of the pages of forecasts."""

from django.urls import path

from forecasting.views import accuracy, forecast, listing, next_quarter, scenarios

app_name = "forecasts"
urlpatterns = [
    path("forecasts/", listing.listing, name="list"),
    path("forecasts/accuracy/", accuracy.accuracy, name="accuracy"),
    path("forecasts/next-quarter/", next_quarter.next_quarter, name="next-quarter"),
    path("forecasts/next-quarter/export.csv", next_quarter.export, name="next-quarter-export"),
    path("forecasts/export.csv", listing.export, name="export"),
    path("budgets/<int:pk>/forecast/", forecast.forecast, name="budget"),
    path("budgets/<int:pk>/forecast/export.csv", forecast.export, name="budget-export"),
    path("budgets/<int:pk>/scenarios/", scenarios.scenarios, name="scenarios"),
    path("budgets/<int:pk>/scenarios/<uuid:saved>/", scenarios.scenarios, name="saved"),
]

"""Addresses of forecasts under /api/v1/."""

from django.urls import path

from forecasting.api.forecasts import BudgetForecast, Forecasts, Scenarios

urlpatterns = [
    path("budgets/<int:pk>/forecast/", BudgetForecast.as_view(), name="budget-forecast"),
    path("forecasts/", Forecasts.as_view(), name="forecasts"),
    path("forecasts/scenarios/", Scenarios.as_view(), name="forecast-scenarios"),
]

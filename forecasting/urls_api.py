"""Addresses of forecasts under /api/v1/."""

from django.urls import path

from forecasting.api.forecasts import BudgetForecast, Forecasts, Scenarios
from forecasting.api.sets import BudgetScenarioSets, ScenarioSetDetail

urlpatterns = [
    path("budgets/<int:pk>/forecast/", BudgetForecast.as_view(), name="budget-forecast"),
    path("forecasts/", Forecasts.as_view(), name="forecasts"),
    path("forecasts/scenarios/", Scenarios.as_view(), name="forecast-scenarios"),
    path("budgets/<int:pk>/scenario-sets/", BudgetScenarioSets.as_view(), name="budget-scenario-sets"),
    path("scenario-sets/<uuid:pk>/", ScenarioSetDetail.as_view(), name="scenario-set"),
]

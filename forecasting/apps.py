"""The Django app of forecasts: says where budgets are heading."""

from django.apps import AppConfig


class ForecastingConfig(AppConfig):
    """Registers forecasts with budgets."""

    name = "forecasting"

    def ready(self) -> None:
        """Has budgets ask here where they are heading, and gives each its pages."""
        from budgets import places
        from budgets.domain import projection
        from forecasting.domain.reading import Forecasts

        projection.register(Forecasts())
        places.register("Forecast", "forecasts:budget")
        places.register("Scenarios", "forecasts:scenarios")

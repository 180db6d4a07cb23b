"""The Django app of forecasts: says where budgets are heading."""

from django.apps import AppConfig


class ForecastingConfig(AppConfig):
    """Registers forecasts with budgets."""

    name = "forecasting"

    def ready(self) -> None:
        """Has budgets ask here where they are heading."""
        from budgets.domain import projection
        from forecasting.domain.reading import Forecasts

        projection.register(Forecasts())

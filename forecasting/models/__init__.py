"""The tables of forecasting."""

from forecasting.models.forecast import Forecast
from forecasting.models.scenario import ScenarioSet
from forecasting.models.score import ForecastScore

__all__ = ["Forecast", "ForecastScore", "ScenarioSet"]

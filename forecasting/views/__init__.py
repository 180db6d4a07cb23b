"""The pages of forecasts."""

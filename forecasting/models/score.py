"""Scores: how far what was said of a period was from what it came to."""

from __future__ import annotations

from django.db import models

from forecasting.models.forecast import Forecast


def _money() -> models.DecimalField:
    return models.DecimalField(max_digits=24, decimal_places=10)


class ForecastScore(models.Model):
    """One forecast of a period that has ended. Shares are shares of what was spent in it."""

    forecast = models.OneToOneField(Forecast, on_delete=models.CASCADE, related_name="score")
    budget = models.ForeignKey("budgets.Budget", on_delete=models.CASCADE, db_index=False, related_name="+")
    period_starts = models.DateTimeField()
    period_ends = models.DateTimeField()
    lead = models.PositiveIntegerField(help_text="Days of the period that were still to come.")
    length = models.PositiveIntegerField(help_text="Days of the period.")
    projected = _money()
    actual = _money()
    inside_80 = models.BooleanField()
    inside_95 = models.BooleanField()

    class Meta:
        ordering = ["budget_id", "-period_ends", "-lead"]
        indexes = [
            models.Index(fields=["budget", "period_ends"], name="forecast_score_of_budget"),
            models.Index(fields=["period_ends"], name="forecast_score_ends"),
        ]

    def __str__(self) -> str:
        return f"{self.forecast}, {self.lead} days ahead"

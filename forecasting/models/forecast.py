"""Forecasts: every run that was made, so that pages and API read and never fit, and what was said can be scored."""

from __future__ import annotations

from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone


def _floats() -> ArrayField:
    return ArrayField(models.FloatField())


class ForecastQuerySet(models.QuerySet["Forecast"]):
    """The questions that are asked of forecasts, each said once."""

    def said(self, at: datetime) -> ForecastQuerySet:
        """Runs that were made until an instant; those made afterwards for the score said nothing."""
        return self.filter(made_at__lte=at, backtested=False)


class Forecast(models.Model):
    """One run for a budget, or for all usage of a scope that is no budget's. Arrays as `forecasting.domain.curve`."""

    budget = models.ForeignKey("budgets.Budget", null=True, on_delete=models.CASCADE, db_index=False, related_name="+")
    scope = models.JSONField(null=True, help_text="Of what, where it is no budget; {} is the whole company.")
    scope_key = models.CharField(max_length=64, blank=True, help_text="A digest of the scope.")
    made_at = models.DateTimeField()
    first_day = models.DateField(help_text="The first day that was projected: the one it was made on.")
    budget_version = models.PositiveIntegerField(null=True)
    history_days = models.PositiveIntegerField()
    history_spent = models.DecimalField(
        max_digits=24, decimal_places=10, help_text="All that was known to be spent before the first day."
    )
    last_spend = models.DateField(null=True)
    method = models.CharField(max_length=40)
    words = models.TextField(help_text="What the method does, and what it was given, in a sentence.")
    fallback = models.TextField(blank=True, help_text="Why a better method was not used.")
    totals = _floats()
    spreads = _floats()
    day_spreads = _floats()
    total_shape = _floats()
    day_shape = _floats()
    hours = _floats()
    # What was said of the period that was open, for the score.
    period_starts = models.DateTimeField(null=True)
    period_ends = models.DateTimeField(null=True)
    period_spent = models.DecimalField(max_digits=24, decimal_places=10, null=True)
    next_quarter = models.JSONField(
        null=True, help_text="What it says of the quarter after the one it was made in, as forecasting.domain.quarters."
    )
    backtested = models.BooleanField(
        default=False, help_text="Made afterwards, from what was known then: for the score alone, never read as said."
    )
    trimmed = models.BooleanField(
        default=False, help_text="Old: it says no more than what it said of the period that was open."
    )
    seconds = models.FloatField(default=0, help_text="What the fit took.")

    objects = ForecastQuerySet.as_manager()

    class Meta:
        ordering = ["-made_at"]
        indexes = [
            models.Index(
                F("budget"),
                F("made_at").desc(),
                condition=Q(budget__isnull=False, backtested=False),
                name="forecast_of_budget",
            ),
            models.Index(F("scope_key"), F("made_at").desc(), condition=Q(budget=None), name="forecast_of_scope"),
            models.Index(
                F("period_ends"), F("budget"), condition=Q(period_ends__isnull=False), name="forecast_period_ends"
            ),
            models.Index(F("made_at"), condition=Q(trimmed=False), name="forecast_whole"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(budget__isnull=False, scope=None) | Q(budget=None, scope__isnull=False),
                name="forecast_of_one_thing",
            )
        ]

    def __str__(self) -> str:
        return f"{self.budget or self.scope}, {timezone.localtime(self.made_at):%b %-d, %Y, %H:%M}"

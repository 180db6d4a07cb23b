"""Thresholds of a budget: shares of its limit that someone wants to hear of, and when they were reached."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from budgets.models.budget import Budget
from budgets.models.rollup import BudgetPeriod


class BudgetThreshold(models.Model):
    """A share of the limit (0.8 is 80%) and the kinds of channel that tell of it."""

    budget = models.ForeignKey(Budget, on_delete=models.CASCADE, related_name="thresholds")
    threshold = models.DecimalField(max_digits=8, decimal_places=4)
    channels = models.JSONField(default=list)

    class Meta:
        ordering = ["budget_id", "threshold"]
        constraints = [
            models.UniqueConstraint(fields=["budget", "threshold"], name="budgets_threshold_once"),
            models.CheckConstraint(condition=Q(threshold__gt=0, threshold__lte=10), name="budgets_threshold_range"),
        ]

    def __str__(self) -> str:
        return f"{self.budget} at {(self.threshold * 100).normalize():f}%"


class ThresholdCrossing(models.Model):
    """The moment that a period's spend reached a threshold. Kept even when a correction lowers the spend again."""

    period = models.ForeignKey(BudgetPeriod, on_delete=models.CASCADE, related_name="crossings")
    threshold = models.DecimalField(max_digits=8, decimal_places=4)
    crossed_at = models.DateTimeField()
    spent = models.DecimalField(max_digits=24, decimal_places=10)
    limit = models.DecimalField(max_digits=24, decimal_places=10)

    class Meta:
        ordering = ["period_id", "threshold"]
        constraints = [models.UniqueConstraint(fields=["period", "threshold"], name="budgets_crossing_once")]

    def __str__(self) -> str:
        return f"{self.period}: {(self.threshold * 100).normalize():f}% reached"

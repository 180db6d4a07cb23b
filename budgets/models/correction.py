"""Marks on what was corrected: by how much a repricing changed what a budget had spent."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from budgets.models.budget import Budget


class BudgetCorrection(models.Model):
    """What one repricing changed in the period of a budget that began at `starts`. The ledger alone writes here.

    It stands by itself, because a period is cut anew when its budget's dates change.
    """

    budget = models.ForeignKey(Budget, on_delete=models.CASCADE, db_index=False, related_name="corrections")
    starts = models.DateTimeField()
    repricing = models.ForeignKey("usage.RepriceJob", on_delete=models.PROTECT)
    cost_change = models.DecimalField(max_digits=24, decimal_places=10)
    corrected_at = models.DateTimeField()

    class Meta:
        ordering = ["-corrected_at", "-id"]
        verbose_name = "correction"
        constraints = [
            models.UniqueConstraint(fields=["budget", "starts", "repricing"], name="budgets_correction_once")
        ]

    def __str__(self) -> str:
        return f"{self.budget}, period from {timezone.localtime(self.starts):%b %-d, %Y}: {self.repricing.reason}"

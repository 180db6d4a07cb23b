"""What the ledger charged to budgets: membership, spend per hour, spend per period. The ledger alone writes here."""

from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from budgets.models.budget import Budget, TsTzRange, amount_field


class BudgetAttribution(models.Model):
    """The budget is charged for this attribution's hours in [valid_from, valid_to); NULL is open."""

    budget = models.ForeignKey(Budget, on_delete=models.CASCADE, db_index=False)
    attribution = models.ForeignKey("usage.Attribution", on_delete=models.CASCADE, db_index=False)
    valid_from = models.DateTimeField(null=True)
    valid_to = models.DateTimeField(null=True)

    class Meta:
        # Two columns lead in both indexes: after a large change, with old statistics, an index on one of them alone
        # is what the planner takes, and a rebuild of milliseconds becomes one of minutes.
        indexes = [models.Index(fields=["budget", "attribution"], name="budgets_membership_budget")]
        constraints = [
            models.UniqueConstraint(
                fields=["attribution", "budget", "valid_from"],
                name="budgets_membership_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(valid_from=None) | Q(valid_to=None) | Q(valid_to__gt=F("valid_from")),
                name="budgets_membership_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.budget} ← {self.attribution}"


class BudgetHour(models.Model):
    """What a budget was charged for one hour."""

    budget = models.ForeignKey(Budget, on_delete=models.CASCADE, db_index=False)
    hour = models.DateTimeField()
    cost = models.DecimalField(max_digits=24, decimal_places=10)
    requests = models.BigIntegerField()
    unpriced = models.BigIntegerField(default=0)

    class Meta:
        ordering = ["budget_id", "-hour"]
        constraints = [models.UniqueConstraint(fields=["budget", "hour"], name="budgets_hour_once")]

    def __str__(self) -> str:
        return f"{self.budget}, {timezone.localtime(self.hour):%b %-d, %Y, %H:%M}"


class BudgetPeriod(models.Model):
    """A period of a budget with the amount agreed for it and what was spent of it."""

    budget = models.ForeignKey(Budget, on_delete=models.CASCADE, db_index=False, related_name="periods")
    starts = models.DateTimeField()
    ends = models.DateTimeField()
    amount = amount_field()
    carried = models.DecimalField(max_digits=24, decimal_places=10, default=0)
    spent = models.DecimalField(max_digits=24, decimal_places=10, default=0)
    reserved = models.DecimalField(max_digits=24, decimal_places=10, default=0)
    requests = models.BigIntegerField(default=0)
    unpriced = models.BigIntegerField(default=0)

    class Meta:
        ordering = ["budget_id", "-starts"]
        constraints = [
            models.UniqueConstraint(fields=["budget", "starts"], name="budgets_period_one_start"),
            models.CheckConstraint(condition=Q(starts__lt=F("ends")), name="budgets_period_ends_after_start"),
            models.CheckConstraint(condition=Q(reserved__gte=0), name="budgets_reserved_not_negative"),
            ExclusionConstraint(
                name="budgets_period_no_overlap",
                expressions=[
                    ("budget", RangeOperators.EQUAL),
                    (TsTzRange("starts", "ends", RangeBoundary()), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.budget}, from {timezone.localtime(self.starts):%b %-d, %Y}"

"""Budgets and their place in the tree, now and through time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeBoundary, RangeOperators
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Func, Q
from django.utils import timezone
from tree_queries.models import TreeNode
from tree_queries.query import TreeQuerySet


def amount_field(**options: Any) -> models.DecimalField:
    """Money that people agree on: up to 9,999,999,999 with ten decimals."""
    return models.DecimalField(max_digits=20, decimal_places=10, **options)


class BudgetQuerySet(TreeQuerySet):
    """The questions that are asked of budgets, each said once."""

    def live(self) -> BudgetQuerySet:
        """Budgets that are not archived."""
        return self.filter(archived_at=None)

    def visible_to(self, user: Any) -> BudgetQuerySet:
        """Budgets that the user may see: those granted to them, and all that are below those."""
        from budgets.rules import visible_budgets

        return visible_budgets(self, user)


class Budget(TreeNode):
    """An amount that people agreed on, for a period, for the usage that its scope names."""

    class Kind(models.TextChoices):
        """How long a period is."""

        DAILY = "daily", "daily"
        WEEKLY = "weekly", "weekly"
        MONTHLY = "monthly", "monthly"
        QUARTERLY = "quarterly", "quarterly"
        YEARLY = "yearly", "yearly"
        CUSTOM = "custom", "custom dates"

    class OverAllocation(models.TextChoices):
        """What happens when the children are promised more than there is."""

        SHOW = "show", "show it"
        REFUSE = "refuse", "refuse it"

    name = models.CharField(max_length=200)
    amount = amount_field(help_text="For one period, in the company's currency.")
    period = models.CharField(max_length=9, choices=Kind, default=Kind.MONTHLY)
    anchor = models.PositiveSmallIntegerField(null=True, blank=True)
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True, help_text="The last day that belongs to the budget.")
    scope = models.JSONField(default=dict, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="owned_budgets"
    )
    owner_name = models.CharField(max_length=254, blank=True, editable=False)
    rollover = models.BooleanField(default=False, help_text="What a period leaves is carried into the next.")
    rollover_from = models.DateTimeField(
        null=True, editable=False, help_text="Periods that ended before leave nothing; empty: every period does."
    )
    over_allocation = models.CharField(max_length=6, choices=OverAllocation, default=OverAllocation.SHOW)
    amounts = models.JSONField(default=dict, blank=True, help_text="Planned amounts by the day that a period begins.")
    archived_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    version = models.PositiveIntegerField(default=1, editable=False, help_text="Counts the edits.")

    objects = BudgetQuerySet.as_manager(with_tree_fields=False)

    class Meta(TreeNode.Meta):
        ordering = ["name", "id"]
        permissions = [
            ("request_budget", "Can request more of a budget"),
            ("decide_budget", "Can decide requests for a budget"),
        ]
        indexes = [GinIndex(fields=["name"], opclasses=["gin_trgm_ops"], name="budgets_name_trgm")]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gte=0), name="budgets_amount_not_negative"),
            models.CheckConstraint(
                condition=Q(starts_on=None) | Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
                name="budgets_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class TsTzRange(Func):
    """The half-open range between two instants; NULL is open."""

    function = "TSTZRANGE"
    output_field = DateTimeRangeField()


class BudgetSpan(models.Model):
    """A budget's scope and parent while they held: [starts, ends), cut at hours. NULL is open."""

    budget = models.ForeignKey(Budget, on_delete=models.CASCADE, related_name="spans")
    parent = models.ForeignKey(Budget, null=True, on_delete=models.CASCADE, related_name="+")
    scope = models.JSONField()
    starts = models.DateTimeField(null=True)
    ends = models.DateTimeField(null=True)

    class Meta:
        ordering = ["budget_id", F("starts").asc(nulls_first=True)]
        constraints = [
            models.CheckConstraint(
                condition=Q(starts=None) | Q(ends=None) | Q(ends__gt=F("starts")), name="budgets_span_ends_after_start"
            ),
            ExclusionConstraint(
                name="budgets_span_one_at_a_time",
                expressions=[
                    ("budget", RangeOperators.EQUAL),
                    (TsTzRange("starts", "ends", RangeBoundary()), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.budget}, {_day(self.starts, 'the beginning')} to {_day(self.ends, 'now')}"


def _day(instant: datetime | None, else_: str) -> str:
    return else_ if instant is None else f"{timezone.localtime(instant):%b %-d, %Y}"

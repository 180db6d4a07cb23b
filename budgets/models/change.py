"""The history of a budget: every change with who made it and why."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from budgets.models.budget import Budget


class BudgetChange(models.Model):
    """One edit: the fields that changed, before and after."""

    budget = models.ForeignKey(Budget, on_delete=models.CASCADE, related_name="changes")
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    by_name = models.CharField(max_length=254, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    what = models.CharField(max_length=20, help_text="created, amount, scope, moved, archived, restored, edited")
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    effective_from = models.DateTimeField(null=True, help_text="Empty: for all history.")

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.budget}, {self.what}, {timezone.localtime(self.at):%b %-d, %Y, %H:%M}"

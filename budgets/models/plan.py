"""Plans that were brought in and shown, kept until they are applied or forgotten, a day later."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils import timezone


class PlanImport(models.Model):
    """A file or pasted table as its maker brought it, with what it was shown to change. Nobody else may see it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    maker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    made_at = models.DateTimeField(default=timezone.now, db_index=True)
    shown_at = models.DateTimeField(default=timezone.now)
    source = models.CharField(max_length=200, blank=True, help_text="The file's name; empty for what was pasted.")
    content = models.BinaryField()
    answers = models.JSONField(default=dict, help_text="What only a person could tell: decimal, dates.")
    questions = models.JSONField(default=list)
    notes = models.JSONField(default=list)
    counts = models.JSONField(default=dict, help_text="How many lines there are of each kind.")
    handed = models.JSONField(default=list, help_text="Budgets whose limit or handed out sum would change.")
    fingerprint = models.CharField(max_length=64, blank=True)
    versions = models.JSONField(default=dict, help_text="Of the budgets that it is about, as they were shown.")
    applied_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-made_at"]

    def __str__(self) -> str:
        return f"{self.source or 'pasted'}, {timezone.localtime(self.made_at):%b %-d, %Y, %H:%M}"


class PlanLine(models.Model):
    """What one line of a plan was shown to change, or what is wrong in it."""

    plan = models.ForeignKey(PlanImport, on_delete=models.CASCADE, related_name="lines")
    line = models.PositiveIntegerField()
    kinds = ArrayField(models.CharField(max_length=10))
    budget_id = models.BigIntegerField(null=True)
    name = models.CharField(max_length=200, blank=True)
    path = models.JSONField(default=list)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    problems = models.JSONField(default=list, help_text="Pairs of column and sentence.")
    warnings = models.JSONField(default=list)

    class Meta:
        ordering = ["plan_id", "line"]
        constraints = [models.UniqueConstraint(fields=["plan", "line"], name="budgets_plan_line_once")]
        indexes = [GinIndex(fields=["kinds"], name="budgets_plan_line_kinds")]

    def __str__(self) -> str:
        return f"line {self.line}: {self.name}"

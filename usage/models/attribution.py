"""Attributions: one row per distinct set of labels that usage came with."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils import timezone


class Attribution(models.Model):
    """A label set. Events and rollups point at it; a budget's scope is matched against it, never against events."""

    digest = models.BinaryField(max_length=16, unique=True, editable=False)
    project = models.CharField(max_length=200, null=True)
    environment = models.CharField(max_length=200, null=True)
    department = models.CharField(max_length=200, null=True)
    team = models.CharField(max_length=200, null=True)
    user = models.CharField(max_length=200, null=True, db_column="username")
    provider = models.CharField(max_length=200, null=True)
    model = models.CharField(max_length=200, null=True)
    tags = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["id"]
        indexes = [GinIndex(fields=["tags"], opclasses=["jsonb_path_ops"], name="usage_attribution_tags")]

    def __str__(self) -> str:
        parts = [self.project, self.environment, self.department, self.team, self.user, self.provider, self.model]
        return " · ".join(part for part in parts if part) or "no labels"


class AttributionTag(models.Model):
    """A tag key that is part of attributions, because a budget's scope or the settings name it."""

    key = models.CharField(max_length=100, primary_key=True)
    created_at = models.DateTimeField(default=timezone.now)
    attribute_from = models.DateTimeField(null=True, help_text="Earlier usage keeps its attribution. Empty: none does.")
    attributed_at = models.DateTimeField(null=True, help_text="When earlier usage had been attributed again.")

    class Meta:
        ordering = ["key"]
        verbose_name = "attribution tag"

    def __str__(self) -> str:
        return self.key

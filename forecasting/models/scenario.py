"""Scenarios that somebody saved, by name, to come back to and to share by a link."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models


class ScenarioSet(models.Model):
    """Scenarios of one budget that are compared, as they were asked for; their figures are made when read."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    budget = models.ForeignKey("budgets.Budget", on_delete=models.CASCADE, related_name="scenario_sets")
    name = models.CharField(max_length=120)
    scenarios = models.JSONField(help_text="A list of {name, assumptions}.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["-changed_at", "name"]
        constraints = [models.UniqueConstraint(fields=["budget", "name"], name="scenario_set_name_once")]

    def __str__(self) -> str:
        return f"{self.name} ({self.budget})"

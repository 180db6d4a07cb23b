"""The team directory: which department a team belongs to, and since when."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone


class TeamDepartment(models.Model):
    """From `effective_from` on, the team belongs to the department; the entry before it ends there."""

    team = models.CharField(max_length=200)
    department = models.CharField(max_length=200, blank=True, help_text="Empty: the team is in no department.")
    effective_from = models.DateTimeField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, editable=False)

    class Meta:
        ordering = ["team", "-effective_from"]
        verbose_name = "team's department"
        verbose_name_plural = "team directory"
        constraints = [
            models.UniqueConstraint(fields=["team", "effective_from"], name="usage_team_one_entry_an_instant")
        ]

    def __str__(self) -> str:
        return f"{self.team}: {self.department or 'no department'}"

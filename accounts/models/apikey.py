"""API keys: how a program shows whose it is. Only a digest of the secret is kept."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    """Keys by whether they open the door."""

    def usable(self, now: datetime) -> ApiKeyQuerySet:
        """Keys that are neither revoked nor expired, of users who are active."""
        return self.filter(revoked_at=None, user__is_active=True).exclude(expires_at__lte=now)


class ApiKey(models.Model):
    """A key of one user, with dimensions that fill what a call leaves out or, locked, that a call cannot change."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=100)
    digest = models.BinaryField(max_length=32, unique=True, editable=False)
    prefix = models.CharField(max_length=16, editable=False)
    last_four = models.CharField(max_length=4, editable=False)
    scopes = ArrayField(models.CharField(max_length=40))
    project = models.CharField(max_length=200, blank=True)
    environment = models.CharField(max_length=200, blank=True)
    department = models.CharField(max_length=200, blank=True)
    team = models.CharField(max_length=200, blank=True)
    locked = models.BooleanField(default=False, help_text="The call cannot override this key's dimensions.")
    requests_per_minute = models.PositiveIntegerField(
        null=True, blank=True, help_text="Empty: the installation's limit."
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    rotated_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name = "API key"
        verbose_name_plural = "API keys"
        constraints = [
            models.UniqueConstraint(
                fields=["user", "name"], condition=Q(revoked_at=None), name="accounts_apikey_one_name_a_user"
            ),
            models.CheckConstraint(condition=Q(scopes__len__gt=0), name="accounts_apikey_may_do_something"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…{self.last_four})"

"""What an Idempotency-Key was answered with, so that the same question gets the same answer."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class IdempotencyRecord(models.Model):
    """The first answer to a caller's key. Kept for a day."""

    caller = models.CharField(max_length=100)
    key = models.CharField(max_length=255)
    request_digest = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.BinaryField(null=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["caller", "key"], name="wire_idempotency_once")]

    def __str__(self) -> str:
        return f"{self.caller} {self.key}"

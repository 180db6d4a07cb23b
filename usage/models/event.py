"""The ledger: events as they were posted, and what they add up to per hour and per day.

Events and hours are partitioned by month and made by SQL in the first migration; Django reads them.
"""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone

from usage.models.attribution import Attribution


class CostSource(models.TextChoices):
    """Where an event's cost came from."""

    PRICED = "priced", "priced"
    REPORTED = "reported", "reported"
    IMPORTED = "imported", "imported"
    UNPRICED = "unpriced", "unpriced"


class UsageEvent(models.Model):
    """One call, as it was posted. `id` is unique within its month."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()
    attribution = models.ForeignKey(Attribution, on_delete=models.DO_NOTHING, db_constraint=False)
    api_key_id = models.BigIntegerField(null=True)
    input_tokens = models.BigIntegerField(default=0)
    cached_input_tokens = models.BigIntegerField(default=0)
    cache_write_tokens = models.BigIntegerField(default=0)
    cache_write_1h_tokens = models.BigIntegerField(default=0)
    audio_input_tokens = models.BigIntegerField(default=0)
    output_tokens = models.BigIntegerField(default=0)
    reasoning_tokens = models.BigIntegerField(default=0)
    audio_output_tokens = models.BigIntegerField(default=0)
    web_searches = models.BigIntegerField(default=0)
    service_tier = models.CharField(max_length=16, default="default")
    cost = models.DecimalField(max_digits=20, decimal_places=10, help_text="In the company's currency.")
    cost_source = models.CharField(max_length=8, choices=CostSource)
    price_basis = models.CharField(max_length=200, blank=True, help_text="Which price the cost came from.")
    reservation_id = models.UUIDField(null=True)
    tags = models.JSONField(null=True, help_text="Tags that are no part of the attribution.")
    metadata = models.JSONField(null=True)

    class Meta:
        managed = False
        db_table = "usage_event"
        ordering = ["-occurred_at", "-id"]
        verbose_name = "usage event"

    def __str__(self) -> str:
        return f"{timezone.localtime(self.occurred_at):%b %-d, %Y, %H:%M:%S}"


class HourlyUsage(models.Model):
    """What one attribution cost in one hour of the company's clock."""

    id = models.BigAutoField(primary_key=True)
    hour = models.DateTimeField()
    attribution = models.ForeignKey(Attribution, on_delete=models.DO_NOTHING, db_constraint=False)
    cost = models.DecimalField(max_digits=24, decimal_places=10)
    requests = models.BigIntegerField()
    unpriced = models.BigIntegerField(help_text="Requests among them whose price nobody knows yet.")
    input_tokens = models.BigIntegerField()
    cached_input_tokens = models.BigIntegerField()
    output_tokens = models.BigIntegerField()

    class Meta:
        managed = False
        db_table = "usage_hourly"
        ordering = ["-hour", "attribution_id"]
        verbose_name = "hourly usage"
        verbose_name_plural = "hourly usage"

    def __str__(self) -> str:
        return f"{timezone.localtime(self.hour):%b %-d, %Y, %H:%M}, {self.attribution}"


class DailyUsage(models.Model):
    """What one attribution cost on one day of the company's calendar: the sum of its hours, for sums over months."""

    day = models.DateField()
    attribution = models.ForeignKey(Attribution, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False)
    cost = models.DecimalField(max_digits=24, decimal_places=10)
    requests = models.BigIntegerField()
    unpriced = models.BigIntegerField(help_text="Requests among them whose price nobody knows yet.")
    input_tokens = models.BigIntegerField()
    cached_input_tokens = models.BigIntegerField()
    output_tokens = models.BigIntegerField()

    class Meta:
        db_table = "usage_daily"
        ordering = ["-day", "attribution_id"]
        verbose_name = "daily usage"
        verbose_name_plural = "daily usage"
        indexes = [models.Index(fields=["attribution", "day"], name="usage_daily_attribution")]
        constraints = [models.UniqueConstraint(fields=["day", "attribution"], name="usage_daily_once")]

    def __str__(self) -> str:
        return f"{self.day:%b %-d, %Y}, {self.attribution}"

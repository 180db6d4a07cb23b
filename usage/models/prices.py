"""Contract prices, aliases of model names, and the jobs that price the past anew."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone


class PriceOverride(models.Model):
    """A contract price for the models that a pattern names, from a date on: rates by token kind or a percentage off."""

    provider = models.CharField(max_length=200, blank=True, help_text="Empty: any provider.")
    model_pattern = models.CharField(max_length=200, help_text="A model's name; * stands for any text.")
    effective_from = models.DateTimeField()
    effective_to = models.DateTimeField(null=True, blank=True, help_text="Empty: until further notice.")
    percent_off = models.DecimalField(max_digits=7, decimal_places=4, null=True, blank=True)
    rates = models.JSONField(
        null=True, blank=True, help_text="USD per million tokens by kind, as decimal strings; web_search per thousand."
    )
    note = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, editable=False)

    class Meta:
        ordering = ["-effective_from", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(percent_off__isnull=True) ^ Q(rates__isnull=True), name="usage_override_percent_or_rates"
            ),
            models.CheckConstraint(
                condition=Q(effective_to=None) | Q(effective_to__gt=F("effective_from")),
                name="usage_override_ends_after_start",
            ),
            models.CheckConstraint(
                condition=Q(percent_off=None) | Q(percent_off__gte=0, percent_off__lte=100),
                name="usage_override_percent_range",
            ),
        ]

    def __str__(self) -> str:
        whose = f" of {self.provider}" if self.provider else ""
        return f"{self.model_pattern}{whose}, from {timezone.localtime(self.effective_from):%b %-d, %Y}"


class ModelAlias(models.Model):
    """The name people use for a model -> the model whose price holds, from a date on."""

    provider = models.CharField(max_length=200, blank=True, help_text="Empty: any provider.")
    pattern = models.CharField(max_length=200, help_text="The name as called; * stands for any text.")
    priced_provider = models.CharField(max_length=200, blank=True, help_text="Empty: the call's own provider.")
    priced_model = models.CharField(max_length=200)
    effective_from = models.DateTimeField()
    effective_to = models.DateTimeField(null=True, blank=True, help_text="Empty: until further notice.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, editable=False)

    class Meta:
        ordering = ["-effective_from", "-id"]
        verbose_name = "model alias"
        verbose_name_plural = "model aliases"
        constraints = [
            models.CheckConstraint(
                condition=Q(effective_to=None) | Q(effective_to__gt=F("effective_from")),
                name="usage_alias_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pattern} → {self.priced_model}"


class RepriceJob(models.Model):
    """A span of past events priced anew: the one marked correction that may lower what was spent."""

    class State(models.TextChoices):
        """How far the job is."""

        WAITING = "waiting", "waiting"
        RUNNING = "running", "running"
        DONE = "done", "done"
        FAILED = "failed", "failed"

    start = models.DateTimeField()
    end = models.DateTimeField()
    provider = models.CharField(max_length=200, blank=True)
    model_pattern = models.CharField(max_length=200, default="*")
    only_unpriced = models.BooleanField(default=False)
    reason = models.CharField(max_length=500)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    cursor = models.JSONField(default=dict, help_text="Where the job goes on after a restart.")
    claim = models.UUIDField(null=True, editable=False, help_text="Of the process that works on it.")
    touched_at = models.DateTimeField(null=True, help_text="When that process last got further.")
    events_expected = models.BigIntegerField(default=0, help_text="Requests in the hours that it goes through.")
    events_seen = models.BigIntegerField(default=0)
    events_changed = models.BigIntegerField(default=0)
    cost_change = models.DecimalField(max_digits=24, decimal_places=10, default=0)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name = "repricing"
        verbose_name_plural = "repricings"

    def __str__(self) -> str:
        return f"{self.reason}: {self.get_state_display()}"

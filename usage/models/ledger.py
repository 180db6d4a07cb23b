"""Versions of the ground that ingest stands on, so that each process knows when what it remembers is old."""

from __future__ import annotations

from django.db import models


class GroundVersion(models.Model):
    """A counter for each thing that ingest caches: prices, directory, tree, tag keys. Whoever changes it adds one."""

    name = models.CharField(max_length=20, primary_key=True)
    version = models.BigIntegerField(default=1)

    class Meta:
        verbose_name = "ground version"

    def __str__(self) -> str:
        return f"{self.name} {self.version}"

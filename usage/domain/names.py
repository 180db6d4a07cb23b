"""Names in usage, found by a part of them: those of usage that somebody may see, and of no other."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Exists, OuterRef

from usage.domain.visibility import Seen
from usage.models import Attribution


def names_like(seen: Seen, text: str, labels: Iterable[str], most: int) -> dict[str, list[str]]:
    """For each of these labels up to `most` names that hold the text, in any case, by name."""
    used = Exists(seen.hours.order_by().filter(attribution_id=OuterRef("pk")))
    found = {}
    for label in labels:
        names = Attribution.objects.filter(used, **{f"{label}__icontains": text}).order_by(label)
        found[label] = list(names.values_list(label, flat=True).distinct()[:most])
    return found

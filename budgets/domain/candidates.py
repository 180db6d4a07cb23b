"""Which label sets some scopes match: found before the ledger's lock is taken, completed under it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Max, QuerySet

from budgets.domain.scopes import Scope, ScopeIndex
from usage.domain.books import NewAttribution
from usage.models import Attribution

FIELDS = ("id", "project", "environment", "department", "team", "user", "provider", "model", "tags")


def label_sets(among: QuerySet[Attribution] | None = None, **filters: Any) -> Iterable[NewAttribution]:
    """Stored attributions, or these of them, as the membership maths takes them, streamed."""
    rows = (Attribution.objects.all() if among is None else among).filter(**filters).order_by("id").values_list(*FIELDS)
    return (NewAttribution(*row) for row in rows.iterator(chunk_size=5_000))


class Candidates:
    """The label sets that any of these scopes matches. Made before the lock; `complete` adds what came meanwhile."""

    def __init__(self, scopes: Sequence[Scope]) -> None:
        self._index = ScopeIndex(list(enumerate(scopes)))
        self._last = Attribution.objects.aggregate(last=Max("id"))["last"] or 0
        self._looked_at = 0
        self._found = self._match(id__lte=self._last)

    def _match(self, **filters: Any) -> dict[int, NewAttribution]:
        found = {}
        for labels in label_sets(**filters):
            self._looked_at += 1
            if self._index.matching(labels):
                found[labels.id] = labels
        return found

    def complete(self) -> dict[int, NewAttribution]:
        """All that match, by id; the caller holds the ledger's lock, so that none is added meanwhile.

        A label set may commit after one with a higher id: when there are more up to the last id than were looked at,
        all are looked at again.
        """
        if Attribution.objects.filter(id__lte=self._last).count() != self._looked_at:
            return self._match()
        return self._found | self._match(id__gt=self._last)

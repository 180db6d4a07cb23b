"""Since when someone may do something with a budget, as far as the history tells: None is before it began."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.contrib.auth.models import Group
from django.db import connection

from accounts.models import User

Key = tuple[str, int | str]

# What a change of sharing gave is what its one side holds and the other does not, whoever and whichever right it is.
GIVEN = """
SELECT budget_id, who::text, word, max(at) FROM (
    SELECT c.id, c.budget_id, c.at, held - 'may' AS who, word
    FROM budgets_budgetchange c, jsonb_array_elements(c.after->'shares') held,
        jsonb_array_elements_text(held->'may') word
    WHERE c.what = 'shared' AND c.budget_id = ANY(%s)
    EXCEPT
    SELECT c.id, c.budget_id, c.at, held - 'may', word
    FROM budgets_budgetchange c, jsonb_array_elements(c.before->'shares') held,
        jsonb_array_elements_text(held->'may') word
    WHERE c.what = 'shared' AND c.budget_id = ANY(%s)
) given
GROUP BY 1, 2, 3
"""
OWNED = """
SELECT budget_id, max(at) FROM budgets_budgetchange
WHERE budget_id = ANY(%s) AND what IN ('created', 'edited') AND after ? 'owner'
    AND before->>'owner' IS DISTINCT FROM after->>'owner'
GROUP BY 1
"""
PLACED = """
SELECT budget_id, max(at) FROM budgets_budgetchange WHERE budget_id = ANY(%s) AND what IN ('created', 'moved')
GROUP BY 1
"""


class Dates:
    """When rights on budgets were given, when owners came, and when budgets came to where they are in the tree."""

    def __init__(self, budgets: Iterable[int]) -> None:
        """`budgets` are those that rights were given on and all that lie between them and the ones that are asked for.

        Three queries, however many they are.
        """
        ids = sorted(set(budgets))
        self._given: dict[tuple[int, Key, str], datetime] = {}
        with connection.cursor() as cursor:
            cursor.execute(GIVEN, [ids, ids])
            for budget, who, word, at in cursor.fetchall():
                for key in _keys_in(json.loads(who)):
                    self._given[budget, key, word] = at
            cursor.execute(OWNED, [ids])
            self._owned: Mapping[int, datetime] = dict(cursor.fetchall())
            cursor.execute(PLACED, [ids])
            self._placed: Mapping[int, datetime] = dict(cursor.fetchall())

    def of_right(self, who: User | Group, word: str, path: Sequence[int]) -> datetime | None:
        """Since when `who` has a right on the first budget of `path`, which was given on the last; others lie between.

        Who was given it above has it here since this budget came to be below that one, at the earliest.
        """
        given = [self._given.get((path[-1], key, word)) for key in _keys_of(who)]
        return self._latest(next((at for at in given if at), None), path)

    def of_owner(self, path: Sequence[int]) -> datetime | None:
        """Since when the last budget of `path` has its owner, and the first lies below it."""
        return self._latest(self._owned.get(path[-1]), path)

    def _latest(self, given: datetime | None, path: Sequence[int]) -> datetime | None:
        known = [at for at in (given, *(self._placed.get(pk) for pk in path[:-1])) if at is not None]
        return max(known, default=None)


def _keys_of(who: User | Group) -> tuple[Key, Key]:
    """What the history knows someone by, first what stays when they are called differently."""
    kind = "user" if isinstance(who, User) else "group"
    return (kind, who.pk), (kind, str(who))


def _keys_in(kept: Mapping[str, Any]) -> tuple[Key, ...]:
    kind = "user" if kept.get("user") else "group"
    return ((kind, kept["id"]),) if "id" in kept else ((kind, kept[kind]),)

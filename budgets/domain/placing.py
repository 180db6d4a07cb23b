"""Where a budget may lie, and what it may be for: asked under the ledger's lock, of the tree as it is then."""

from __future__ import annotations

from typing import Any

from accounts.domain.roles import sees_everything
from accounts.models import User
from budgets.domain import tree
from budgets.domain.errors import BudgetError, BudgetForbidden
from budgets.domain.membership import find_cycle
from budgets.domain.scopes import contains
from budgets.models import Budget
from budgets.rules import may_place

MAY_NOT_PLACE = "Only finance and admin agree budgets at the top. Name a parent_budget that you may change."
MAY_NOT_PLACE_BELOW = "You may not change the budgets below that one. Choose a parent_budget that you may change."


def place(budget: Budget) -> None:
    """Reads the parent as it is under the lock. Raises BudgetError for a place that cannot be."""
    if budget.parent_id is None:
        return
    budget.parent = Budget.objects.select_related("parent").get(pk=budget.parent_id)
    if budget.parent.archived_at is not None:
        raise BudgetError("parent_budget", f"{budget.parent.name} is archived. Choose another budget above it.")
    if budget.pk and budget.pk in {found.pk for found in tree.ancestors_of(budget.parent)}:
        raise BudgetError(
            "parent_budget", f"{budget.name} cannot lie below itself. Choose a budget that is not under it."
        )


def refuse_place(user: User | None, parent: Budget | None) -> None:
    """Raises BudgetForbidden where `user` may neither make a budget below `parent` nor move one from or to there.

    None is the command line, which may do all.
    """
    if user is not None and not may_place(user, parent):
        raise BudgetForbidden(MAY_NOT_PLACE if parent is None else MAY_NOT_PLACE_BELOW)


def refuse_wider(budget: Budget, user: User | None, own: dict[str, Any] | None) -> None:
    """Who does not see all usage may only narrow: to what the budget, or the one above it, is for already."""
    if user is None or sees_everything(user) or budget.scope == own:
        return
    granted = [scope for scope in (own, budget.parent.scope if budget.parent else None) if scope is not None]
    if not any(contains(scope, budget.scope) for scope in granted):
        message = "Name at least what the budget, or the one above it, is for; finance may give it a wider scope."
        raise BudgetError("scope", message)


def refuse_cycle() -> None:
    """Raises BudgetError where, at some time, budgets would lie below each other."""
    if find_cycle(tree.load_spans()):
        message = "At some time these budgets would lie below each other. Move it for the open period only."
        raise BudgetError("parent_budget", message)

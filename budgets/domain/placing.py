"""Where a budget may lie, what it may be for and when: asked under the ledger's lock, of the tree as it is then."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import takewhile
from typing import NamedTuple

from accounts.domain.roles import sees_everything
from accounts.models import User
from budgets.domain import tree
from budgets.domain.errors import BudgetError, BudgetForbidden
from budgets.domain.membership import find_cycle
from budgets.domain.scopes import Scope, contains
from budgets.models import Budget
from budgets.rules import may_place

MAY_NOT_PLACE = "Only finance and admin agree budgets at the top. Name a parent_budget that you may change."
MAY_NOT_PLACE_BELOW = "You may not change the budgets below that one. Choose a parent_budget that you may change."
MAY_NOT_ALL_HISTORY = "Only finance and admin change all history. Leave it out: it then holds from the open period on."
MAY_NOT_WIDEN = "Name at least what the budget is for, or one above it that you see; finance may give a wider scope."
MAY_NOT_BEGIN_EARLIER = "Only finance and admin let a budget begin earlier. Choose its first day or a later one."
MAY_NOT_END_LATER = (
    "Choose a last day no later than it was, or than that of a budget above that you see; finance may go on."
)
DEEPEST = 30


def place(budget: Budget) -> None:
    """Reads the parent as it is under the lock. Raises BudgetError for a place that cannot be."""
    if budget.parent_id is None:
        return
    budget.parent = Budget.objects.select_related("parent").get(pk=budget.parent_id)
    refuse_position(budget, lambda: tree.height_of(budget))


def refuse_position(budget: Budget, height: Callable[[], int]) -> None:
    """Raises BudgetError for a place below `budget.parent` that cannot be; `height` counts the levels from it down."""
    if budget.parent is None:
        return
    if budget.parent.archived_at is not None:
        raise BudgetError("parent_budget", f"{budget.parent.name} is archived. Choose another budget above it.")
    above = tree.ancestors_of(budget.parent, DEEPEST + 1)
    if budget in above:
        raise BudgetError(
            "parent_budget", f"{budget.name} cannot lie below itself. Choose a budget that is not under it."
        )
    if len(above) + height() > DEEPEST:
        raise BudgetError("parent_budget", f"A tree has at most {DEEPEST} levels. Choose a budget further up.")


def refuse_place(user: User | None, parent: Budget | None) -> None:
    """Raises BudgetForbidden where `user` may neither make a budget below `parent` nor move one from or to there.

    None is the command line, which may do all.
    """
    if user is not None and not may_place(user, parent):
        raise BudgetForbidden(MAY_NOT_PLACE if parent is None else MAY_NOT_PLACE_BELOW)


class Reach(NamedTuple):
    """Which usage a budget shows to those who see it: what its scope matches, from `starts` until `ends`."""

    scope: Scope
    starts: datetime | None
    ends: datetime | None


def reach_of(budget: Budget) -> Reach:
    """What a budget is for, as far as its dates go."""
    return Reach(budget.scope, *tree.schedule_of(budget).applies())


def present_reach(parent: Budget) -> Reach:
    """What a stored budget is for since it had the scope that it has now."""
    scope, starts, ends = reach_of(parent)
    alike = takewhile(lambda span: span.scope == scope, reversed(parent.spans.all()))
    since = [span.starts for span in alike][-1:]
    return Reach(scope, max((edge for edge in (starts, *since) if edge is not None), default=None), ends)


def is_limited(user: User | None) -> bool:
    """True for who sees no more usage than what is charged to budgets they see; None is the command line."""
    return user is not None and not sees_everything(user)


def refuse_wider(budget: Budget, user: User | None, own: Reach | None, *, all_history: bool) -> None:
    """Who does not see all usage may only narrow: to what the budget, or the one above it, is for already, and when.

    `own` is the reach of a stored budget before its edit. Usage of the past that it did not show stays hidden.
    """
    if not is_limited(user):
        return
    if all_history:
        raise BudgetError("all_history", MAY_NOT_ALL_HISTORY)
    wanted = reach_of(budget)
    if own == wanted:
        return
    seen = Budget.objects.visible_to(user).filter(pk=budget.parent_id)
    refuse_beyond(wanted, own, [present_reach(parent) for parent in seen])


def refuse_beyond(wanted: Reach, own: Reach | None, above: Sequence[Reach]) -> None:
    """Raises BudgetError for usage that neither the budget itself showed nor one above it that the person sees."""
    granted = [*([] if own is None else [own]), *above]
    holding = [reach for reach in granted if contains(reach.scope, wanted.scope)]
    if not holding:
        raise BudgetError("scope", MAY_NOT_WIDEN)
    if own is not None and own.starts is not None and (wanted.starts is None or wanted.starts < own.starts):
        raise BudgetError("starts_on", MAY_NOT_BEGIN_EARLIER)
    if not any(reach.ends is None or (wanted.ends is not None and wanted.ends <= reach.ends) for reach in holding):
        raise BudgetError("ends_on", MAY_NOT_END_LATER)


def refuse_cycle() -> None:
    """Raises BudgetError where, at some time, budgets would lie below each other."""
    if find_cycle(tree.load_spans()):
        message = "At some time these budgets would lie below each other. Move it for the open period only."
        raise BudgetError("parent_budget", message)

"""Whom to ask for what one may not do to a budget."""

from __future__ import annotations

from django import template

from budgets.domain.sharing import may_not_edit as who_may
from budgets.models import Budget

register = template.Library()


@register.filter
def may_not_edit(budget: Budget) -> str:
    """Who can change the budget, by name, for a page of someone who may not."""
    return who_may(budget)

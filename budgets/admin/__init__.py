"""Budgets, their shares and groups in the admin site. Budgets are looked at here and changed on their own pages."""

from budgets.admin import budgets, groups, plans, shares

__all__ = ["budgets", "groups", "plans", "shares"]

"""Budgets in the admin site: looked at, and shared. They are changed on their own pages."""

from budgets.admin import budgets, plans, shares

__all__ = ["budgets", "plans", "shares"]

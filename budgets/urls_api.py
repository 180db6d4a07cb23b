"""Addresses of budgets under /api/v1/."""

from django.urls import path

from budgets.api.budgets import BudgetDetail, BudgetRestore, Budgets
from budgets.api.people import BudgetChanges, BudgetShares
from budgets.api.standing import BudgetPeriods, BudgetStatus, BudgetTree

urlpatterns = [
    path("budgets/", Budgets.as_view(), name="budgets"),
    path("budgets/tree/", BudgetTree.as_view(), name="budgets-tree"),
    path("budgets/<int:pk>/", BudgetDetail.as_view(), name="budget"),
    path("budgets/<int:pk>/restore/", BudgetRestore.as_view(), name="budget-restore"),
    path("budgets/<int:pk>/status/", BudgetStatus.as_view(), name="budget-status"),
    path("budgets/<int:pk>/periods/", BudgetPeriods.as_view(), name="budget-periods"),
    path("budgets/<int:pk>/shares/", BudgetShares.as_view(), name="budget-shares"),
    path("budgets/<int:pk>/changes/", BudgetChanges.as_view(), name="budget-changes"),
]

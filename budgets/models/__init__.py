"""The tables of budgets."""

from budgets.models.budget import Budget, BudgetSpan
from budgets.models.change import BudgetChange
from budgets.models.correction import BudgetCorrection
from budgets.models.plan import PlanImport, PlanLine
from budgets.models.rollup import BudgetAttribution, BudgetHour, BudgetPeriod
from budgets.models.threshold import BudgetThreshold, ThresholdCrossing

__all__ = [
    "Budget",
    "BudgetAttribution",
    "BudgetChange",
    "BudgetCorrection",
    "BudgetHour",
    "BudgetPeriod",
    "BudgetSpan",
    "BudgetThreshold",
    "PlanImport",
    "PlanLine",
    "ThresholdCrossing",
]

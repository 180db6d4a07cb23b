"""The list of archived budgets, each as it stood when it was archived."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from budgets.domain.outline import last_periods
from budgets.domain.periods import Period
from budgets.domain.tree import schedule_of
from budgets.models import Budget, BudgetPeriod
from budgets.templatetags.limits import row_needs_cents
from budgets.views.tabs import Cut, page_of
from wire.templatetags.money import cents_in


@dataclass(frozen=True)
class Archived:
    """An archived budget with the last period that something is stored of."""

    budget: Budget
    last: BudgetPeriod | None
    whole_column: bool

    @property
    def period(self) -> str:
        """The name of that period."""
        return schedule_of(self.budget).label(Period(self.last.starts, self.last.ends)) if self.last else ""

    @property
    def spent(self) -> Decimal | None:
        """What was spent in it."""
        return self.last.spent if self.last else None

    @property
    def limit(self) -> Decimal:
        """What could be spent in it, or in any."""
        return self.last.amount + self.last.carried if self.last else self.budget.amount

    @property
    def cents(self) -> bool:
        """Whether what was spent is said with cents."""
        return not self.whole_column or row_needs_cents(self.limit, self.spent or Decimal(0))


def archived(request: HttpRequest, cut: Cut) -> HttpResponse:
    """The archived budgets that the address asks for, the latest first."""
    page = page_of(request, cut.archived())
    last = last_periods(page)
    whole = not cents_in(row.spent for row in last.values())
    rows = [Archived(budget, last.get(budget.pk), whole) for budget in page]
    context = {**cut.frame(cut.entries()), "page": page, "rows": rows}
    return render(request, "budgets/archived.html", context)

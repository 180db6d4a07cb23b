"""The forms in which a budget is archived and brought back."""

from __future__ import annotations

from typing import Any

from django import forms

from budgets.form_fields import TOO_LONG, AmountField, symbol, typed_amount
from budgets.models import Budget


class ReasonForm(forms.Form):
    """Why something is done."""

    reason = forms.CharField(
        required=False, max_length=500, error_messages=TOO_LONG, help_text="Kept in the history, with your name."
    )


class RestoreForm(ReasonForm):
    """With which limit, and why, a budget is brought back."""

    amount = AmountField(label="Limit for one period", required=False)

    def __init__(self, *args: Any, budget: Budget, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["amount"] = typed_amount(budget.amount)
        self.fields["amount"].label = f"Limit for one period, {symbol()}"
        self.order_fields(["amount", "reason"])

    def refuse_with(self, refused: str, message: str) -> None:
        """Puts a refusal of the domain beside its field."""
        self.add_error("amount" if refused in ("amount", "amounts") else None, message)

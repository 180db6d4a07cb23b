"""How pages draw budgets."""

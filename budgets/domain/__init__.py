"""What happens in budgets."""

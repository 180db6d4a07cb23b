"""The doors of budgets for programs: the tree and its budgets, their status, periods, shares and history."""

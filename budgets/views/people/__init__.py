"""Pages of people: who they are, what they may do, and the groups that budgets are shared with."""

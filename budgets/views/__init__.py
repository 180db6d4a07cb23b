"""The pages of budgets: they read, check permission and call one domain function."""

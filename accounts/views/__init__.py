"""Pages of accounts: signing in and out, and what a person keeps up themselves."""

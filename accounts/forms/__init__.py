"""Forms of accounts: signing in and passwords, keys, and people in the admin site."""

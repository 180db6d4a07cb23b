"""Usage, prices and the team directory in the admin site.

What the ledger wrote is read-only. What people agree on is added by the functions of the domain that the API calls too,
and never rewritten.
"""

from usage.admin import ledger, prices, teams, views

__all__ = ["ledger", "prices", "teams", "views"]

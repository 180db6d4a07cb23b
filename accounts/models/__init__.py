"""The tables of accounts."""

from accounts.models.apikey import ApiKey
from accounts.models.user import User

__all__ = ["ApiKey", "User"]

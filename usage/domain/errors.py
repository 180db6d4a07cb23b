"""What prices, aliases and the team directory refuse, by field, in a sentence that says what would pass."""

from __future__ import annotations


class Refused(ValueError):
    """A wish that cannot be granted like this. `field` is the API's name of what to change."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message

"""What somebody may do with a budget, in words."""

from __future__ import annotations

from collections.abc import Iterable

from django import template

register = template.Library()


@register.filter
def rights(words: Iterable[str]) -> str:
    """As in "see, edit"."""
    return ", ".join(words)

"""Looking things up by a key that a template was given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template

register = template.Library()


@register.filter
def at(values: Mapping[str, Any], key: str) -> Any:
    """`{{ headings|at:key }}`: the value of a key, None where there is none."""
    return values.get(key)

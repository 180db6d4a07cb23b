"""Fields of requests: strict about names, exact about money."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from rest_framework import serializers

from wire.money import exact

MONEY_PATTERN = r"^-?\d+\.\d{2,}$"
SHOWN_NAME = 100


def unknown_name(name: str, known: Iterable[str], kind: str = "field") -> str:
    """The sentence for a name that means nothing, with the nearest that does."""
    near = get_close_matches(name[:SHOWN_NAME].lower(), list(known), n=1)
    return f"There is no such {kind}.{f' Did you mean {near[0]}?' if near else ''}"


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses names that it does not know, since a misspelt field would be a wish that nobody hears."""

    def to_internal_value(self, data: Any) -> Any:
        """The checked values; every unknown name is reported with the nearest known one."""
        if not isinstance(data, Mapping):
            return super().to_internal_value(data)
        known = [name for name, field in self.fields.items() if not field.read_only]
        errors: dict[str, Any] = {
            str(name)[:SHOWN_NAME]: [unknown_name(str(name), known)] for name in data if name not in known
        }
        try:
            values = super().to_internal_value(data)
        except serializers.ValidationError as error:
            raise serializers.ValidationError({**error.detail, **errors}) from None  # type: ignore[dict-item]
        if errors:
            raise serializers.ValidationError(errors)
        return values


class MoneyField(serializers.DecimalField):
    """An amount in the company's currency: a number or a decimal string in, an exact decimal string out."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"max_digits": 20, "decimal_places": 10, **options})

    def to_internal_value(self, data: Any) -> Decimal:
        """The exact amount; a float or a truth value is no amount."""
        if isinstance(data, bool | float):
            self.fail("invalid")
        return super().to_internal_value(data)

    def to_representation(self, value: Decimal) -> str:
        """At least two decimals and as many as it needs."""
        return exact(value)


class MoneySchema(OpenApiSerializerFieldExtension):
    """How the schema describes money."""

    target_class = "wire.fields.MoneyField"

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        """A string in answers; a number or a string in requests."""
        shown = {"type": "string", "pattern": MONEY_PATTERN, "example": "10000.00"}
        if direction == "response":
            return shown
        lowest = {} if self.target.min_value is None else {"minimum": int(self.target.min_value)}
        sign = "" if lowest else "-?"
        text = {"type": "string", "pattern": rf"^{sign}\d{{1,10}}(\.\d{{1,10}})?$"}
        return {"oneOf": [{"type": "number", **lowest}, text], "example": 10000}

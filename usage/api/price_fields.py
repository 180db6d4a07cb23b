"""Prices on the wire: what requests may say, and how a refusal is told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from usage.api.documents import TokenCountsSerializer
from usage.domain.calls import MAX_TEXT
from usage.domain.errors import Refused
from usage.domain.tiers import SERVICE_TIERS
from wire.fields import MoneyField, StrictSerializer
from wire.times import instant, rfc3339

REASON = 500


@extend_schema_field({"type": "string", "example": "2025-03-01"})
class InstantField(serializers.Field):
    """RFC 3339 with its offset, or a bare date, which means midnight in the company's time zone."""

    def to_internal_value(self, data: Any) -> datetime:
        """The instant, in UTC."""
        if not isinstance(data, str):
            raise serializers.ValidationError("Write 2025-03-01T09:30:00Z or 2025-03-01.")
        try:
            return instant(data[:100], settings.COSTOPS_ZONE)
        except ValueError as error:
            raise serializers.ValidationError(str(error)) from None

    def to_representation(self, value: datetime) -> str:
        """The instant in UTC."""
        return rfc3339(value)


@extend_schema_field({"oneOf": [{"type": "number"}, {"type": "string"}], "example": 15})
class PercentageField(serializers.DecimalField):
    """A share of 100, with up to four decimals."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_digits=7, decimal_places=4, min_value=0, max_value=100, **options)

    def to_internal_value(self, data: Any) -> Decimal:
        """The exact percentage; a truth value is none."""
        if isinstance(data, bool):
            self.fail("invalid")
        return super().to_internal_value(data)


class NameField(serializers.CharField):
    """A provider's or a model's name, or a pattern of it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=MAX_TEXT, **options)


class ProviderField(NameField):
    """Who charges; empty is any."""

    def __init__(self, help_text: str = "Who is called; empty: any.", **options: Any) -> None:
        super().__init__(required=False, allow_blank=True, default="", help_text=help_text, **options)


class PastSerializer(StrictSerializer):
    """What a change of prices does with the past."""

    dry_run = serializers.BooleanField(
        required=False, default=False, help_text="Tell what past usage would change, and change nothing."
    )
    reprice = serializers.BooleanField(
        required=False, default=True, help_text="Price the usage anew that is in the ledger already."
    )


class OverrideRequestSerializer(PastSerializer):
    """A contract price as it is agreed."""

    provider = ProviderField()
    model_pattern = NameField(help_text="The model as called or as priced; * stands for any text.")
    effective_from = InstantField()
    effective_to = InstantField(required=False, allow_null=True, help_text="Not included. Default: no end.")
    percent_off = PercentageField(required=False, allow_null=True, help_text="Of every list price.")
    rates = serializers.DictField(
        child=MoneyField(),
        required=False,
        allow_null=True,
        help_text="USD by kind per million tokens; web_search and request per thousand. Other kinds keep the list.",
    )
    note = serializers.CharField(max_length=REASON, required=False, allow_blank=True, default="")


class AliasRequestSerializer(PastSerializer):
    """An alias as it is made."""

    provider = ProviderField()
    pattern = NameField(help_text="The name as called; * stands for any text.")
    priced_provider = ProviderField("Whose price holds; empty: that of the provider of the call.")
    priced_model = NameField(help_text="The model whose price holds.")
    effective_from = InstantField(required=False, allow_null=True, help_text="Default: it holds for all usage ever.")
    effective_to = InstantField(required=False, allow_null=True, help_text="Not included. Default: no end.")
    only_unpriced = serializers.BooleanField(
        required=False, default=True, help_text="Leave past usage alone that had a price."
    )


class EndRequestSerializer(PastSerializer):
    """When it ends."""

    effective_to = InstantField(required=False, allow_null=True, help_text="Not included. Default: now.")


class RepriceRequestSerializer(StrictSerializer):
    """A span of past usage to price anew."""

    start = InstantField()
    end = InstantField(required=False, allow_null=True, help_text="Not included. Default: now.")
    provider = ProviderField()
    model_pattern = NameField(required=False, default="*", help_text="* stands for any text.")
    only_unpriced = serializers.BooleanField(required=False, default=False)
    reason = serializers.CharField(max_length=REASON, help_text="For those who read of it later.")
    dry_run = serializers.BooleanField(required=False, default=False)


class TeamDepartmentRequestSerializer(StrictSerializer):
    """A team's department from a time on."""

    team = NameField()
    department = NameField(allow_blank=True, help_text="Empty: the team is in no department.")
    effective_from = InstantField(required=False, allow_null=True, help_text="Default: now.")


class QuoteRequestSerializer(StrictSerializer, TokenCountsSerializer):
    """A call to be priced."""

    provider = NameField(required=False, allow_null=True, allow_blank=True, default=None)
    model = NameField()
    at = InstantField(required=False, allow_null=True, help_text="Default: now.")
    service_tier = serializers.ChoiceField(choices=SERVICE_TIERS, required=False, default="default")


@contextmanager
def told() -> Iterator[None]:
    """Turns what the domain refuses into an error of the field."""
    try:
        yield
    except Refused as error:
        raise serializers.ValidationError({error.field: [error.message]}) from None

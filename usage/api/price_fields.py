"""Prices on the wire: what requests may say, and how the OpenAPI schema tells of the answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from usage.api.documents import TIERS, TokenCountsSerializer
from usage.domain.calls import MAX_TEXT
from usage.domain.errors import Refused
from usage.models import RepriceJob
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
        except (ValueError, OverflowError) as error:
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
    service_tier = serializers.ChoiceField(choices=TIERS, required=False, default="default")


class StepSerializer(serializers.Serializer[Any]):
    """The price of a call whose prompt is longer."""

    above_input_tokens = serializers.IntegerField()
    price = MoneyField(allow_null=True)


class RateSerializer(serializers.Serializer[Any]):
    """What one kind costs."""

    price = MoneyField(allow_null=True, help_text="In USD. Null: it is charged, at a price that nobody knows.")
    per = serializers.IntegerField(help_text="So many tokens, searches or requests.")
    steps = StepSerializer(many=True)


class CardSerializer(serializers.Serializer[Any]):
    """What a model costs at an instant."""

    provider = serializers.CharField(help_text="Who charges.")
    model = serializers.CharField(help_text="The name in the list.")
    service_tier = serializers.ChoiceField(choices=TIERS)
    currency = serializers.CharField()
    rates = serializers.DictField(child=RateSerializer(), help_text="By kind.")
    basis = serializers.CharField(help_text="What events that are priced by it keep as `price_basis`.")
    source = serializers.CharField(help_text="Where the figures come from.")  # type: ignore[assignment]
    since = serializers.DateField(allow_null=True)
    notes = serializers.ListField(child=serializers.CharField())
    override = serializers.IntegerField(allow_null=True, help_text="The contract price that holds.")
    alias = serializers.IntegerField(allow_null=True, help_text="The alias that led here.")


class PriceSerializer(serializers.Serializer[Any]):
    """A name as called, its price, and its usage as far as the caller may see it."""

    provider = serializers.CharField(allow_null=True)
    model = serializers.CharField(allow_null=True)
    price = CardSerializer(allow_null=True, help_text="Null: nobody knows one.")
    why = serializers.CharField(help_text="Why it is that price, or why there is none.")
    requests = serializers.IntegerField()
    cost = MoneyField()
    unpriced_requests = serializers.IntegerField(help_text="Requests that wait for a price.")
    unpriced_since = serializers.DateTimeField(allow_null=True)
    last_used = serializers.DateTimeField(allow_null=True)


class QuoteSerializer(serializers.Serializer[Any]):
    """What a call costs."""

    cost = MoneyField(allow_null=True, help_text="In USD. Null: nobody knows.")
    price_basis = serializers.CharField()
    price = CardSerializer(allow_null=True)
    why = serializers.CharField()


class JobSerializer(serializers.Serializer[Any]):
    """A repricing: the one correction that may lower what was spent."""

    id = serializers.IntegerField()
    start = InstantField()
    end = InstantField()
    provider = serializers.CharField()
    model_pattern = serializers.CharField()
    only_unpriced = serializers.BooleanField()
    reason = serializers.CharField()
    state = serializers.ChoiceField(choices=RepriceJob.State.values)
    events_expected = serializers.IntegerField(help_text="Requests in the hours that it goes through.")
    events_seen = serializers.IntegerField()
    events_changed = serializers.IntegerField()
    cost_change = MoneyField()
    error = serializers.CharField()
    created_at = InstantField()
    created_by = serializers.EmailField(source="created_by.email", default=None, allow_null=True)
    started_at = InstantField(allow_null=True)
    finished_at = InstantField(allow_null=True)


class OverrideSerializer(serializers.Serializer[Any]):
    """A contract price."""

    id = serializers.IntegerField()
    provider = serializers.CharField()
    model_pattern = serializers.CharField()
    effective_from = InstantField()
    effective_to = InstantField(allow_null=True)
    percent_off = PercentageField(allow_null=True, normalize_output=True)
    rates = serializers.DictField(child=serializers.CharField(), allow_null=True)
    note = serializers.CharField()
    created_at = InstantField()
    created_by = serializers.EmailField(source="created_by.email", default=None, allow_null=True)


class AliasSerializer(serializers.Serializer[Any]):
    """An alias."""

    id = serializers.IntegerField()
    provider = serializers.CharField()
    pattern = serializers.CharField()
    priced_provider = serializers.CharField()
    priced_model = serializers.CharField()
    effective_from = InstantField()
    effective_to = InstantField(allow_null=True)
    created_at = InstantField()
    created_by = serializers.EmailField(source="created_by.email", default=None, allow_null=True)


class MadeSerializer(serializers.Serializer[Any]):
    """What follows for past usage."""

    repricing = JobSerializer(allow_null=True, help_text="The job that prices past usage by it, if there is any.")


class OverrideMadeSerializer(OverrideSerializer, MadeSerializer):
    """A contract price, and what follows for past usage."""


class AliasMadeSerializer(AliasSerializer, MadeSerializer):
    """An alias, and what follows for past usage."""


class TeamDepartmentSerializer(serializers.Serializer[Any]):
    """A team's department from one time to another."""

    id = serializers.IntegerField()
    team = serializers.CharField()
    department = serializers.CharField()
    effective_from = InstantField()
    effective_to = InstantField(source="until", allow_null=True, help_text="When the next entry takes over.")
    created_at = InstantField()
    created_by = serializers.EmailField(source="created_by.email", default=None, allow_null=True)


class ChangeOfPastSerializer(serializers.Serializer[Any]):
    """What would change for some events."""

    events = serializers.IntegerField(help_text="Looked at.")
    changed = serializers.IntegerField()
    unpriced_before = serializers.IntegerField()
    unpriced_after = serializers.IntegerField()
    cost_before = MoneyField()
    cost_after = MoneyField()
    cost_change = MoneyField()


class NamedChangeSerializer(ChangeOfPastSerializer):
    """What would change for the events of one name."""

    provider = serializers.CharField(allow_null=True)
    model = serializers.CharField(allow_null=True)


class PreviewSerializer(ChangeOfPastSerializer):
    """What past usage would change; nothing was changed."""

    dry_run = serializers.BooleanField()
    start = InstantField()
    end = InstantField()
    expected = serializers.IntegerField(help_text="Requests in the hours of the span.")
    complete = serializers.BooleanField(help_text="False: there is more usage than one answer looks through.")
    looked_until = InstantField(allow_null=True, help_text="The figures are those of the usage before; null: of all.")
    models = NamedChangeSerializer(many=True, help_text="By name as called, the greatest change first.")


@contextmanager
def told() -> Iterator[None]:
    """Turns what the domain refuses into an error of the field."""
    try:
        yield
    except Refused as error:
        raise serializers.ValidationError({error.field: [error.message]}) from None

"""Prices on the wire: how the OpenAPI schema tells of the answers."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from usage.api.price_fields import InstantField, PercentageField
from usage.domain.tiers import SERVICE_TIERS
from usage.models import RepriceJob
from wire.fields import MoneyField


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
    service_tier = serializers.ChoiceField(choices=SERVICE_TIERS)
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
    price = CardSerializer(allow_null=True, help_text="Null: nobody knows one, or you may not read it.")
    why = serializers.CharField(help_text="Why it is that price, or why there is none.")
    requests = serializers.IntegerField()
    cost = MoneyField()
    unpriced_requests = serializers.IntegerField(help_text="Requests that wait for a price.")
    unpriced_since = serializers.DateTimeField(allow_null=True)
    last_used = serializers.DateTimeField(allow_null=True)


class QuoteSerializer(serializers.Serializer[Any]):
    """What a call costs."""

    cost = MoneyField(
        allow_null=True, help_text="In the company's currency. Null: nobody knows, or you may not read the price."
    )
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
    looked_until = InstantField(allow_null=True, help_text="The first call not looked at; null: all were.")
    models = NamedChangeSerializer(many=True, help_text="By name as called, the greatest change first.")

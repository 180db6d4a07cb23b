"""Budgets on the wire: what a request may say, and how the OpenAPI schema tells of the answers."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import User
from budgets.domain.scopes import COMPANY_WIDE, KEYS
from budgets.domain.sharing import CODENAMES
from budgets.domain.status import State
from budgets.domain.thresholds import KINDS
from budgets.domain.timeline import When
from budgets.models import Budget
from wire.fields import MoneyField, StrictSerializer

MAX_ID = 2**63 - 1
MAX_ALERTS = 50
_TEXTS = {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}
_SCOPE = {
    "oneOf": [
        {"type": "string", "enum": [COMPANY_WIDE]},
        {
            "type": "object",
            "properties": {
                key: {"type": "object", "additionalProperties": _TEXTS} if key == "tags" else _TEXTS for key in KEYS
            },
            "additionalProperties": False,
        },
    ],
    "example": {"projects": ["production"], "environments": ["prod"]},
}


@extend_schema_field(_SCOPE)
class ScopeField(serializers.Field):
    """ "company-wide" or an object; the domain says what is wrong with it."""

    def to_internal_value(self, data: Any) -> Any:
        """As it came."""
        return data

    def to_representation(self, value: Any) -> Any:
        """As it is kept."""
        return value or COMPANY_WIDE


class ThresholdField(serializers.DecimalField):
    """A share of the limit."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_digits=6, decimal_places=4, min_value=0, max_value=10, coerce_to_string=False, **options)

    def to_internal_value(self, data: Any) -> Any:
        """The exact share; a truth value is none."""
        if isinstance(data, bool):
            self.fail("invalid")
        return super().to_internal_value(data)


class AlertSerializer(StrictSerializer):
    """A share of the limit that someone wants to hear of."""

    threshold = ThresholdField(help_text="0.8 is 80%.")
    channels = serializers.ListField(child=serializers.ChoiceField(choices=KINDS), min_length=1, max_length=len(KINDS))


class PeriodField(serializers.ChoiceField):
    """The kind of a budget's period."""

    def __init__(self, **options: Any) -> None:
        super().__init__(choices=Budget.Kind.values, help_text="How long a period is.", **options)


class OverAllocationField(serializers.ChoiceField):
    """What a budget does about promises that it cannot keep."""

    def __init__(self, **options: Any) -> None:
        what = "What happens when its children are promised more than there is."
        super().__init__(choices=Budget.OverAllocation.values, help_text=what, **options)


class BudgetRequestSerializer(StrictSerializer):
    """A budget as it is made."""

    name = serializers.CharField(max_length=200)
    amount = MoneyField(min_value=0, help_text="For one period, in the company's currency.")
    period = PeriodField(required=False, default=Budget.Kind.MONTHLY.value)
    scope = ScopeField(required=False, default=COMPANY_WIDE, help_text="Which usage it is for.")
    parent_budget = serializers.IntegerField(min_value=1, max_value=MAX_ID, required=False, allow_null=True)
    alerts = AlertSerializer(many=True, required=False, max_length=MAX_ALERTS)  # type: ignore[call-arg]
    currency = serializers.CharField(required=False, max_length=3, help_text="Must be the company's.")
    starts_on = serializers.DateField(required=False, allow_null=True, help_text="The first day that belongs to it.")
    ends_on = serializers.DateField(required=False, allow_null=True, help_text="The last day that belongs to it.")
    anchor = serializers.IntegerField(
        min_value=1,
        max_value=31,
        required=False,
        allow_null=True,
        help_text="Where periods begin: day of the month (31: the last), weekday (1: Monday), month of a year.",
    )
    amounts = serializers.DictField(
        child=MoneyField(min_value=0),
        required=False,
        help_text="Planned amounts by the day that a period begins; those of periods that are over stay.",
    )
    rollover = serializers.BooleanField(required=False, help_text="What a period leaves is carried into the next.")
    owner = serializers.EmailField(required=False, allow_null=True, help_text="By e-mail. Default: who makes it.")
    over_allocation = OverAllocationField(required=False)
    reason = serializers.CharField(required=False, allow_blank=True, max_length=500, help_text="Kept in the history.")
    all_history = serializers.BooleanField(
        required=False,
        help_text="Scope, place, dates, rollover and planned amounts hold for the past too, not from now on. Of a new "
        "budget, the ones above count its past usage too.",
    )

    def validate_currency(self, value: str) -> str:
        """There is one currency."""
        if value != settings.COSTOPS_CURRENCY:
            raise serializers.ValidationError(f"This company counts in {settings.COSTOPS_CURRENCY}.")
        return value

    def validate_owner(self, value: str | None) -> User | None:
        """The person of the address."""
        if value is None:
            return None
        owner = User.objects.filter(email=value.lower(), is_active=True).first()
        if owner is None:
            raise serializers.ValidationError("Nobody here has this e-mail address.")
        return owner


class BudgetEditSerializer(BudgetRequestSerializer):
    """What may be changed of a budget; what is left out stays."""

    version = serializers.IntegerField(
        required=False, min_value=1, help_text="The version that was read: 409 when the budget has another by now."
    )


class RestoreSerializer(StrictSerializer):
    """How a budget comes back."""

    amount = MoneyField(
        min_value=0, required=False, help_text="Another amount, where there is no room for the old one."
    )
    reason = serializers.CharField(required=False, allow_blank=True, max_length=500, help_text="Kept in the history.")


class GrantSerializer(StrictSerializer):
    """What one person or one group may do."""

    user = serializers.EmailField(required=False, help_text="By e-mail; or name a group.")
    group = serializers.CharField(required=False, max_length=150, help_text="By name, such as a role; or name a user.")
    may = serializers.ListField(
        child=serializers.ChoiceField(choices=tuple(CODENAMES)), min_length=1, max_length=len(CODENAMES)
    )


class SharesRequestSerializer(StrictSerializer):
    """All that shall be given on the budget itself."""

    shares = GrantSerializer(many=True, max_length=500)  # type: ignore[call-arg]
    reason = serializers.CharField(required=False, allow_blank=True, max_length=500, help_text="Kept in the history.")


class SpanSerializer(serializers.Serializer[Any]):
    """A span of time: `start` is inside it and `end` is not."""

    start = serializers.DateTimeField()
    end = serializers.DateTimeField()


class CrossedSerializer(serializers.Serializer[Any]):
    """A threshold that the period's spend has reached."""

    threshold = ThresholdField()
    crossed_at = serializers.DateTimeField(allow_null=True)


class StatusSerializer(serializers.Serializer[Any]):
    """How a budget stands in a period. Spend is what was charged; `reserved` stands beside it."""

    period = SpanSerializer()
    amount = MoneyField(help_text="Agreed for this period.")
    carried_over = MoneyField(help_text="What the period before left, with rollover.")
    limit = MoneyField(help_text="What may be spent: amount and carried over.")
    current = MoneyField(help_text="What was spent.")
    reserved = MoneyField()
    remaining = MoneyField(help_text="Negative when more was spent than agreed.")
    percentage = serializers.CharField(allow_null=True, help_text='Spent in percent of the limit, as in "93.0".')
    burn_rate_per_day = MoneyField()
    projected_rate_per_day = MoneyField()
    forecast = MoneyField(help_text="What will be spent when the period ends.")
    forecast_low = MoneyField(allow_null=True, help_text="The lower end of a band of 95%; null where nothing is known.")
    forecast_high = MoneyField(allow_null=True, help_text="Its upper end.")
    forecast_method = serializers.CharField(help_text='"run_rate" is the simple method; "" where nothing is projected.')
    exceed_probability = serializers.FloatField(allow_null=True, help_text="That the limit is passed, as a share of 1.")
    days_until_exceeded = serializers.FloatField(allow_null=True, help_text="Null: not in this period.")
    state = serializers.ChoiceField(choices=[state.value for state in State])
    allocated_to_children = MoneyField()
    unallocated = MoneyField(help_text="Negative when the children were promised more than there is.")
    requests = serializers.IntegerField()
    unpriced_requests = serializers.IntegerField(help_text="Requests whose price nobody knows yet.")
    thresholds = CrossedSerializer(many=True, help_text="Those that are reached.")


class BudgetSerializer(serializers.Serializer[Any]):
    """A budget with its status."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    amount = MoneyField()
    currency = serializers.CharField()
    period = PeriodField()
    anchor = serializers.IntegerField(allow_null=True)
    starts_on = serializers.DateField(allow_null=True)
    ends_on = serializers.DateField(allow_null=True)
    scope = ScopeField()
    parent_budget = serializers.IntegerField(
        allow_null=True, help_text="Null at the top, and when it is not yours to see."
    )
    owner = serializers.EmailField(allow_null=True)
    owner_name = serializers.CharField(help_text="Stays when the owner's account is gone.")
    rollover = serializers.BooleanField()
    over_allocation = OverAllocationField()
    amounts = serializers.DictField(child=MoneyField())
    alerts = AlertSerializer(many=True)
    version = serializers.IntegerField(help_text="Counts the edits.")
    created_at = serializers.DateTimeField()
    archived_at = serializers.DateTimeField(allow_null=True)
    status = StatusSerializer()


class BudgetNodeSerializer(BudgetSerializer):
    """A budget in the tree, with those below it."""

    children = serializers.SerializerMethodField()

    @extend_schema_field({"type": "array", "items": {"$ref": "#/components/schemas/BudgetNode"}})
    def get_children(self, node: Any) -> Any:
        """The budgets below."""
        return node["children"]


class TreeSerializer(serializers.Serializer[Any]):
    """The whole visible tree."""

    budgets = BudgetNodeSerializer(many=True, help_text="The tops of what you may see.")


class CorrectionSerializer(serializers.Serializer[Any]):
    """What one repricing changed in a period."""

    at = serializers.DateTimeField()
    cost_change = MoneyField()
    reason = serializers.CharField()


class PeriodSerializer(serializers.Serializer[Any]):
    """A period of a budget."""

    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    label = serializers.CharField(help_text='Its name, such as "March 2025".')  # type: ignore[assignment]
    when = serializers.ChoiceField(choices=[when.value for when in When])
    amount = MoneyField()
    carried_over = MoneyField(allow_null=True, help_text="Null where it depends on what is yet to be spent.")
    spent = MoneyField()
    reserved = MoneyField()
    requests = serializers.IntegerField()
    unpriced_requests = serializers.IntegerField()
    corrections = CorrectionSerializer(many=True, help_text="What repricings changed in `spent`, the latest first.")


class PlaceSerializer(serializers.Serializer[Any]):
    """A budget, named."""

    id = serializers.IntegerField()
    name = serializers.CharField()


class ShareSerializer(serializers.Serializer[Any]):
    """What one person or one group may do. One of `user` and `group` is null."""

    user = serializers.EmailField(allow_null=True)
    group = serializers.CharField(allow_null=True)
    may = serializers.ListField(child=serializers.ChoiceField(choices=tuple(CODENAMES)))


class InheritedShareSerializer(ShareSerializer):
    """What someone may do because of a budget above, or as an owner."""

    source = serializers.ChoiceField(choices=("share", "owner"))  # type: ignore[assignment]
    budget = PlaceSerializer(allow_null=True, help_text="Where it comes from; null when that is not yours to see.")


class SharesSerializer(serializers.Serializer[Any]):
    """Who may do what. Finance and admin may do everything with every budget and are not named."""

    shares = ShareSerializer(many=True, help_text="Given on this budget; a PUT replaces these.")
    inherited = InheritedShareSerializer(many=True)


@extend_schema_field(OpenApiTypes.OBJECT)
class FieldsField(serializers.DictField):
    """Fields of a budget by name."""


class ChangeSerializer(serializers.Serializer[Any]):
    """One change of a budget."""

    id = serializers.IntegerField()
    at = serializers.DateTimeField()
    by = serializers.EmailField(allow_null=True)
    by_name = serializers.CharField()
    reason = serializers.CharField()
    what = serializers.CharField(help_text="created, amount, scope, moved, edited, shared, archived or restored.")
    before = FieldsField()
    after = FieldsField()
    effective_from = serializers.DateTimeField(
        allow_null=True,
        help_text="From when it holds for what is charged; null: for all history, or it is about no charges.",
    )

"""Forecasts and scenarios on the wire: what a request may say, and how the OpenAPI schema tells of the answers."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from budgets.api.fields import MAX_ID, SpanSerializer
from budgets.domain.projection import CONFIDENCE
from forecasting.domain.assumptions import CURRENT_RATE, LONGEST_NAME, MOST, MOST_REQUESTS
from forecasting.domain.confidence import LEAST_SURE, MOST_SURE, NOT_SURE
from forecasting.domain.subjects import KINDS
from wire.fields import MoneyField, StrictSerializer

SURE = f"How sure the band is, as a share from {LEAST_SURE} to {MOST_SURE}."
_NUMBER = {"oneOf": [{"type": "number"}, {"type": "string"}]}
_ASSUMPTIONS = {
    "oneOf": [
        {"type": "string", "enum": [CURRENT_RATE]},
        {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "growth_rate": {**_NUMBER, "description": "A month, compounded daily: 0.1 is 10%. Above -1, up to 10."},
                "model_switch": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["from", "to"],
                    "properties": {
                        "from": {"type": "string"},
                        "to": {"type": "string"},
                        "share": {**_NUMBER, "description": "Of its calls; 1 is all of them."},
                    },
                },
                "cost_reduction": {**_NUMBER, "description": "A share of what is still to come: 0.3 is 30%."},
                "additional_requests": {
                    "type": "integer",
                    "minimum": 0,
                    "maximum": MOST_REQUESTS,
                    "description": "Over what remains of the period, spread evenly.",
                },
                "average_cost": {**_NUMBER, "description": "What one additional request costs."},
                "budget_amount": {**_NUMBER, "description": "Another limit for the period."},
            },
        },
    ],
    "example": {"additional_requests": 10000, "average_cost": 0.05},
}
_SCENARIOS = {
    "type": "array",
    "minItems": 1,
    "maxItems": MOST,
    "items": {
        "type": "object",
        "additionalProperties": False,
        "required": ["name"],
        "properties": {
            "name": {"type": "string", "minLength": 1, "maxLength": LONGEST_NAME},
            "assumptions": _ASSUMPTIONS,
        },
    },
    "example": [
        {"name": "Current trajectory", "assumptions": CURRENT_RATE},
        {"name": "After optimization", "assumptions": {"cost_reduction": 0.3}},
    ],
}


@extend_schema_field(_SCENARIOS)
class ScenariosField(serializers.Field[Any, Any, Any, Any]):
    """A list of names and assumptions; the domain says what is wrong with it."""

    def to_internal_value(self, data: Any) -> Any:
        """As it came."""
        return data

    def to_representation(self, value: Any) -> Any:
        """As it is kept."""
        return value


@extend_schema_field(_ASSUMPTIONS)
class AssumptionsField(ScenariosField):
    """What one scenario assumes."""


class ConfidenceField(serializers.DecimalField):
    """How sure a band is."""

    default_error_messages = dict.fromkeys(("invalid", "max_value", "min_value", "max_digits"), NOT_SURE)

    def __init__(self, **options: Any) -> None:
        super().__init__(
            max_digits=None,
            decimal_places=None,
            min_value=LEAST_SURE,
            max_value=MOST_SURE,
            coerce_to_string=False,
            help_text=SURE,
            **options,
        )

    def to_internal_value(self, data: Any) -> Any:
        """The exact share; a truth value is none."""
        if isinstance(data, bool):
            self.fail("invalid")
        return super().to_internal_value(data)


class ProjectField(serializers.CharField):
    """The project that a forecast is of."""

    def __init__(self, **options: Any) -> None:
        what = "The budget for exactly this project answers, else all usage of it that the caller may see."
        super().__init__(max_length=200, help_text=what, **options)


class ScenariosRequestSerializer(StrictSerializer):
    """Scenarios to work out, of a budget or of a project."""

    budget_id = serializers.IntegerField(min_value=1, max_value=MAX_ID, required=False)
    project_id = ProjectField(required=False)
    forecast_period = serializers.ChoiceField(choices=tuple(KINDS), required=False, default="month")
    confidence = ConfidenceField(required=False, default=CONFIDENCE)
    scenarios = ScenariosField(help_text=f"1 to {MOST}, each with a name of its own.")


class IntervalSerializer(serializers.Serializer[Any]):
    """Between which amounts it ends, with the confidence asked for."""

    low = MoneyField()
    high = MoneyField()


class ForecastDaySerializer(serializers.Serializer[Any]):
    """A day of the period. Figures run since it began; those of `day_…` are of the day alone."""

    date = serializers.DateField()
    actual = MoneyField(allow_null=True, help_text="Spent until the end of the day, of today so far.")
    projected = MoneyField(allow_null=True, help_text="What will be spent when the day ends; null on days over.")
    confidence_low = MoneyField(allow_null=True)
    confidence_high = MoneyField(allow_null=True)
    budget_limit = MoneyField(allow_null=True)
    day_actual = MoneyField(allow_null=True)
    day_projected = MoneyField(allow_null=True)
    day_low = MoneyField(allow_null=True)
    day_high = MoneyField(allow_null=True)


class ForecastSerializer(serializers.Serializer[Any]):
    """Where a period is heading."""

    budget_id = serializers.IntegerField(allow_null=True, help_text="Whose forecast it is; null: usage of no budget.")
    project_id = serializers.CharField(allow_null=True, help_text="Null where a budget answers.")
    currency = serializers.CharField()
    period = SpanSerializer()
    period_label = serializers.CharField(help_text='Its name, such as "March 2025".')
    spent = MoneyField()
    budget_limit = MoneyField(allow_null=True)
    projected = MoneyField(help_text="What will be spent when the period ends.")
    confidence = serializers.FloatField()
    confidence_interval = IntervalSerializer()
    exceed_probability = serializers.FloatField(allow_null=True, help_text="As a share of 1; null without a budget.")
    days_until_exceeded = serializers.FloatField(allow_null=True, help_text="Null: not in this period.")
    exceeds_at = serializers.DateTimeField(allow_null=True)
    recommended_budget = MoneyField(allow_null=True, help_text="Enough for the next period in 4 of 5 cases.")
    recommended_for = SpanSerializer(allow_null=True)
    recommendation = serializers.CharField(allow_blank=True, help_text="The recommendation in words.")
    method = serializers.CharField(help_text='"run_rate" is the simple method; "" where nothing more is expected.')
    explanation = serializers.CharField(help_text="What the method does, and what it was given.")
    fallback = serializers.CharField(allow_blank=True, help_text="Why a better method was not used.")
    history_days = serializers.IntegerField()
    made_at = serializers.DateTimeField(
        allow_null=True, help_text="Null: not forecast yet; queued, unless fallback says why not."
    )
    daily = ForecastDaySerializer(many=True)


class OutcomeSerializer(serializers.Serializer[Any]):
    """What one scenario comes to."""

    name = serializers.CharField()
    assumptions = AssumptionsField()
    projected_cost = MoneyField(help_text="What will be spent when the period ends.")
    confidence_interval = IntervalSerializer()
    change = MoneyField(help_text="Against the current rate.")
    exceeds_budget = serializers.BooleanField(allow_null=True, help_text="Null without a budget.")
    budget_limit = MoneyField(allow_null=True)
    exceed_probability = serializers.FloatField(allow_null=True)
    days_until_exceeded = serializers.FloatField(allow_null=True)
    exceeds_at = serializers.DateTimeField(allow_null=True)
    note = serializers.CharField(allow_blank=True, help_text="What there is to say of a switch of models.")


class OutcomesSerializer(serializers.Serializer[Any]):
    """Scenarios worked out, in the order in which they were asked for."""

    budget_id = serializers.IntegerField(allow_null=True)
    project_id = serializers.CharField(allow_null=True)
    period = SpanSerializer()
    confidence = serializers.FloatField()
    results = OutcomeSerializer(many=True)


class ScenarioSetRequestSerializer(StrictSerializer):
    """Scenarios to keep under a name."""

    name = serializers.CharField(max_length=LONGEST_NAME)
    scenarios = ScenariosField(help_text=f"1 to {MOST}, each with a name of its own.")


class ScenarioSetSerializer(serializers.Serializer[Any]):
    """Scenarios that are kept. Their figures are worked out when they are asked for."""

    id = serializers.UUIDField()
    budget_id = serializers.IntegerField()
    name = serializers.CharField()
    scenarios = ScenariosField()
    created_by = serializers.EmailField(allow_null=True)
    created_at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField()

"""How the OpenAPI schema tells of usage: events as they are posted, sums and events as they are read."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.domain.scopes import USAGE_WRITE
from usage.domain.calls import MAX_EVENTS, MAX_TEXT, MAX_TOKENS
from usage.domain.selection import DIMENSIONS
from usage.domain.summary import INTERVALS
from usage.domain.tiers import SERVICE_TIERS
from wire.fields import MoneyField
from wire.idempotency import idempotent
from wire.openapi import PAGE_PARAMETERS


class TokensField(serializers.IntegerField):
    """A count of tokens."""

    def __init__(self, help_text: str, **options: Any) -> None:
        super().__init__(min_value=0, max_value=MAX_TOKENS, help_text=help_text, **options)


class LabelField(serializers.CharField):
    """A dimension of usage."""

    def __init__(self, help_text: str = "", **options: Any) -> None:
        super().__init__(max_length=MAX_TEXT, allow_null=True, help_text=help_text, **options)


class LabelsSerializer(serializers.Serializer[Any]):
    """What usage came with; null is "not said"."""

    provider = LabelField("Who was called, as in openai, azure, anthropic.", required=False)
    model = LabelField("The model's name, as it was called.", required=False)
    project = LabelField(required=False)
    environment = LabelField(required=False)
    department = LabelField("Filled from the team directory when the team is known.", required=False)
    team = LabelField(required=False)
    user = LabelField("Who made the call, best by e-mail.", required=False)


class TokenCountsSerializer(serializers.Serializer[Any]):
    """Tokens by kind. Parts larger than their whole are rejected."""

    input_tokens = TokensField("Everything that went in, the parts below included.", required=False, default=0)
    output_tokens = TokensField("Everything that came out, reasoning and audio included.", required=False, default=0)
    cached_input_tokens = TokensField("Part of input_tokens.", required=False, default=0)
    cache_write_tokens = TokensField("Part of input_tokens: written to a 5 minute cache.", required=False, default=0)
    cache_write_1h_tokens = TokensField("Part of input_tokens: written to a 1 hour cache.", required=False, default=0)
    reasoning_tokens = TokensField("Part of output_tokens.", required=False, default=0)
    audio_input_tokens = TokensField("Part of input_tokens.", required=False, default=0)
    audio_output_tokens = TokensField("Part of output_tokens.", required=False, default=0)
    web_searches = TokensField("How often the model searched the web.", required=False, default=0)


class PostedEventSerializer(LabelsSerializer, TokenCountsSerializer):
    """One call to a model, as it is posted."""

    id = serializers.UUIDField(
        required=False, allow_null=True, help_text="Posted again, it counts once. Goes with its occurred_at for ever."
    )
    occurred_at = serializers.DateTimeField(
        required=False, allow_null=True, help_text="Default: now. Required with an id. At most 5 minutes ahead."
    )
    service_tier = serializers.ChoiceField(
        choices=SERVICE_TIERS, required=False, default="default", help_text="As served."
    )
    cost = MoneyField(
        required=False,
        allow_null=True,
        min_value=0,
        help_text="What the call cost, where the caller knows it: wins over the price. 0 with tokens is unpriced.",
    )
    free = serializers.BooleanField(required=False, default=False, help_text="The call costs nothing, on purpose.")
    tags = serializers.DictField(
        child=serializers.CharField(max_length=500, allow_null=True, allow_blank=True),
        required=False,
        allow_null=True,
        help_text="Up to 64 texts, numbers or truth values by name.",
    )
    reservation_id = serializers.UUIDField(required=False, allow_null=True)
    metadata = serializers.DictField(required=False, allow_null=True, help_text="Anything else, up to 16 KB of JSON.")


class UsagePostSerializer(serializers.Serializer[Any]):
    """A post of events."""

    events = serializers.ListField(child=PostedEventSerializer(), min_length=1, max_length=MAX_EVENTS)


class RejectedEventSerializer(serializers.Serializer[Any]):
    """An event that was not taken."""

    index = serializers.IntegerField(help_text="Its place in the post, from 0.")
    errors = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField()), help_text="What is wrong, by field."
    )


class UsagePostedSerializer(serializers.Serializer[Any]):
    """What became of a post. Good events are kept when others are bad."""

    accepted = serializers.IntegerField(help_text="Events that are new and now in the ledger.")
    duplicates = serializers.IntegerField(help_text="Events that were there already; nothing changed.")
    unpriced = serializers.IntegerField(help_text="New ones among them whose price nobody knows yet.")
    rejected = RejectedEventSerializer(many=True)


POST_EXAMPLE = OpenApiExample(
    "One call",
    request_only=True,
    value={
        "events": [
            {
                "id": "0b54b6a2-3b7e-4d0e-9d5c-6c1e7b1c0a11",
                "occurred_at": "2025-03-03T09:30:00Z",
                "provider": "openai",
                "model": "gpt-4o",
                "input_tokens": 1200,
                "cached_input_tokens": 1000,
                "output_tokens": 350,
                "project": "checkout",
                "environment": "prod",
                "team": "backend",
                "tags": {"feature": "search"},
            }
        ]
    },
)
POSTED_EXAMPLE = OpenApiExample(
    "Taken, but for one",
    response_only=True,
    status_codes=["202"],
    value={
        "accepted": 2,
        "duplicates": 0,
        "unpriced": 0,
        "rejected": [{"index": 1, "errors": {"input_tokens": ["Expected int >= 0."]}}],
    },
)


class UsagePostShell(APIView):
    """Stands for `usage.api.posting.post_usage` in the schema; it never runs."""

    needs = {"POST": USAGE_WRITE}

    @extend_schema(
        operation_id="usage_post",
        summary="Post usage",
        description="Writes events to the ledger and charges every budget that they belong to, in one transaction. "
        "Posting an event with the same id again changes nothing. When no event is good, nothing is written.",
        request=UsagePostSerializer,
        responses={202: OpenApiResponse(UsagePostedSerializer, "The good events are in the ledger.")},
        examples=[POST_EXAMPLE, POSTED_EXAMPLE],
        tags=["usage"],
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """See the view that this stands for."""
        raise NotImplementedError


class UsageTotalSerializer(serializers.Serializer[Any]):
    """The sum of one group; it also carries the group's keys by name, such as `project` or `tag:feature`."""

    start = serializers.DateTimeField(required=False, help_text="When the interval begins, if one was asked for.")
    project = serializers.CharField(required=False, allow_null=True)
    environment = serializers.CharField(required=False, allow_null=True)
    department = serializers.CharField(required=False, allow_null=True)
    team = serializers.CharField(required=False, allow_null=True)
    user = serializers.CharField(required=False, allow_null=True)
    provider = serializers.CharField(required=False, allow_null=True)
    model = serializers.CharField(required=False, allow_null=True)
    cost = MoneyField()
    requests = serializers.IntegerField()
    unpriced = serializers.IntegerField(help_text="Requests whose price nobody knows yet.")
    input_tokens = serializers.IntegerField()
    cached_input_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()


class UsageEventSerializer(serializers.Serializer[Any]):
    """One call, as it is in the ledger."""

    id = serializers.UUIDField()
    occurred_at = serializers.DateTimeField()
    received_at = serializers.DateTimeField()
    provider = serializers.CharField(allow_null=True)
    model = serializers.CharField(allow_null=True)
    project = serializers.CharField(allow_null=True)
    environment = serializers.CharField(allow_null=True)
    department = serializers.CharField(allow_null=True)
    team = serializers.CharField(allow_null=True)
    user = serializers.CharField(allow_null=True)
    tags = serializers.DictField(child=serializers.CharField())
    input_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()
    cached_input_tokens = serializers.IntegerField()
    cache_write_tokens = serializers.IntegerField()
    cache_write_1h_tokens = serializers.IntegerField()
    reasoning_tokens = serializers.IntegerField()
    audio_input_tokens = serializers.IntegerField()
    audio_output_tokens = serializers.IntegerField()
    web_searches = serializers.IntegerField()
    service_tier = serializers.ChoiceField(choices=SERVICE_TIERS)
    cost = MoneyField()
    cost_source = serializers.ChoiceField(choices=("priced", "reported", "imported", "unpriced"))
    price_basis = serializers.CharField(help_text="Which price the cost came from.")
    reservation_id = serializers.UUIDField(allow_null=True)
    metadata = serializers.DictField(allow_null=True)


def _instant(name: str, description: str) -> OpenApiParameter:
    return OpenApiParameter(name, {"type": "string", "example": "2025-03-01"}, description=description)


FILTERS = [
    *(
        OpenApiParameter(
            label,
            {"type": "array", "items": {"type": "string"}},
            explode=True,
            style="form",
            description=f"Only usage of this {label}; repeat it, or put commas between. Empty: usage that names none.",
        )
        for label in DIMENSIONS
    ),
    OpenApiParameter("budget", int, description="Only what this budget was charged for: the id of one that you see."),
    *PAGE_PARAMETERS,
]
TAG_NOTE = " Filter by a tag with `tag:KEY=VALUE`, as in `tag:feature=search`."
SUMMARY_PARAMETERS = [
    _instant("start", "RFC 3339 on a full hour, or a date. Default: the start of this month."),
    _instant("end", "Not included; RFC 3339 on a full hour, or a date. Default: now."),
    OpenApiParameter(
        "group_by",
        str,
        description=f"Any of {', '.join(DIMENSIONS)} and tag:KEY, with commas between.",
        examples=[OpenApiExample("By model and team", value="model,team")],
    ),
    OpenApiParameter("interval", str, enum=INTERVALS, description="Of the company's clock; weeks begin on Monday."),
    *FILTERS,
]
EVENT_PARAMETERS = [
    _instant("start", "RFC 3339 or a date."),
    _instant("end", "Not included; RFC 3339 or a date."),
    *FILTERS,
]

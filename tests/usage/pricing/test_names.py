"""Names as people have them: what each spelling costs, and which names are nobody's."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from usage.domain.calls import Call
from usage.domain.pricing import PriceBook

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
BOOK = PriceBook()
TENTH = Call(input_tokens=100_000)  # a tenth of a million, below every long-context step

GPT_4O = ("2.5", "10")
SONNET_35 = ("3", "15")
HAIKU_EU = "eu.anthropic.claude-3-haiku-20240307-v1:0"
# Vendors' published USD per million tokens, input and output.
PUBLISHED = [
    ("openai", "gpt-4", "30", "60"),
    ("openai", "gpt-4-0613", "30", "60"),
    ("openai", "gpt-3.5-turbo", "0.50", "1.50"),
    ("openai", "gpt-3.5-turbo-0125", "0.50", "1.50"),
    ("openai", "gpt-3.5-turbo-1106", "1", "2"),
    ("openai", "gpt-3.5-turbo-16k", "3", "4"),
    ("openai", "gpt-4-turbo-2024-04-09", "10", "30"),
    ("openai", "gpt-4-32k", "60", "120"),
    # dated snapshots, which do not all cost what the alias does
    ("openai", "gpt-4o", *GPT_4O),
    ("openai", "gpt-4o-2024-08-06", *GPT_4O),
    ("openai", "gpt-4o-2024-11-20", *GPT_4O),
    ("openai", "gpt-4o-2024-05-13", "5", "15"),
    ("openai", "chatgpt-4o-latest", "5", "15"),
    ("openai", "gpt-4o-mini-2024-07-18", "0.15", "0.60"),
    ("openai", "gpt-4.1-2025-04-14", "2", "8"),
    ("openai", "gpt-4.1-mini", "0.40", "1.60"),
    ("openai", "gpt-5-2025-08-07", "1.25", "10"),
    ("openai", "gpt-5.2-2025-12-11", "1.75", "14"),
    ("openai", "gpt-5.2-20251211", "1.75", "14"),
    ("openai", "gpt-4o-20240513", "5", "15"),
    ("openai", "gpt-5.3-codex-2026-02-24", "1.75", "14"),
    ("openai", "o1-2024-12-17", "15", "60"),
    # case and spaces
    ("OpenAI", "GPT-4o", *GPT_4O),
    ("openai", " gpt-4o ", *GPT_4O),
    # a maker before the name
    ("openai", "openai/gpt-4o", *GPT_4O),
    (None, "openai/gpt-4o", *GPT_4O),
    ("litellm", "openai/gpt-4o", *GPT_4O),
    ("openrouter", "openai/gpt-4o", *GPT_4O),
    ("OpenRouter", "openrouter/openai/gpt-4o", *GPT_4O),
    (None, "openrouter/openai/gpt-4o", *GPT_4O),
    ("openrouter", "gpt-4o", *GPT_4O),
    ("openrouter", "anthropic/claude-3.5-sonnet", *SONNET_35),
    # Azure
    ("azure", "gpt-4o", *GPT_4O),
    ("azure_openai", "gpt-4o", *GPT_4O),
    ("azure-openai", "gpt-4o", *GPT_4O),
    ("Azure OpenAI", "gpt-4o", *GPT_4O),
    ("az.ai.openai", "gpt-4o", *GPT_4O),
    ("azure", "azure/gpt-4o", *GPT_4O),
    ("azure", "openai/gpt-4o", *GPT_4O),
    ("openai", "azure/gpt-4o", *GPT_4O),
    (None, "azure/gpt-4o-mini", "0.15", "0.60"),
    ("azure", "gpt-35-turbo", "0.50", "1.50"),
    (None, "gpt-35-turbo", "0.50", "1.50"),
    ("azure", "gpt-35-turbo-1106", "1", "2"),
    ("azure", "gpt-4", "30", "60"),
    ("azure", "o4-mini", "1.10", "4.40"),
    ("azure", "o4-mini-deep-research", "2", "8"),
    # Anthropic
    ("anthropic", "claude-3-5-sonnet-20241022", *SONNET_35),
    ("anthropic", "claude-3-5-sonnet-latest", *SONNET_35),
    ("anthropic", "anthropic/claude-3-5-sonnet-20240620", *SONNET_35),
    (None, "claude-3-5-sonnet-20241022", *SONNET_35),
    ("anthropic", "claude-3-haiku-20240307", "0.25", "1.25"),
    ("anthropic", "claude-3-opus-20240229", "15", "75"),
    ("anthropic", "claude-opus-4-20250514", "15", "75"),
    ("anthropic", "claude-opus-4-5-20251101", "5", "25"),
    ("anthropic", "claude-opus-4-6[1m]", "5", "25"),
    ("anthropic", "claude-haiku-4-5", "1", "5"),
    ("anthropic", "claude-2.1", "8", "24"),
    # Bedrock: bare ids, regions (10 % dearer from the 4.5 generation on), ARNs
    ("bedrock", "anthropic.claude-3-5-sonnet-20241022-v2:0", *SONNET_35),
    ("aws", "anthropic.claude-3-5-sonnet-20241022-v2:0", *SONNET_35),
    ("aws.bedrock", "us.anthropic.claude-3-5-sonnet-20241022-v2:0", *SONNET_35),
    ("aws", "eu.anthropic.claude-3-5-sonnet-20240620-v1:0", *SONNET_35),
    ("aws", "apac.anthropic.claude-3-5-sonnet-20240620-v1:0", *SONNET_35),
    ("aws", "anthropic.claude-3-5-sonnet-20241022-v2:0:18k", *SONNET_35),
    (None, "anthropic.claude-3-haiku-20240307-v1:0", "0.25", "1.25"),
    (None, "bedrock/us.anthropic.claude-3-haiku-20240307-v1:0", "0.25", "1.25"),
    ("litellm", "bedrock/converse/us-west-2/anthropic.claude-3-haiku-20240307-v1:0", "0.25", "1.25"),
    ("aws", "global.anthropic.claude-sonnet-4-5-20250929-v1:0", "3", "15"),
    ("aws", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", "3.30", "16.50"),
    ("aws", "eu.anthropic.claude-haiku-4-5-20251001-v1:0", "1.10", "5.50"),
    ("aws", "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-3-5-sonnet-20241022-v2:0", *SONNET_35),
    (None, f"arn:aws:bedrock:eu-west-1:123:inference-profile/{HAIKU_EU}", "0.25", "1.25"),
    ("aws", "amazon.nova-lite-v1:0", "0.06", "0.24"),
    ("aws", "us.amazon.nova-pro-v1:0", "0.80", "3.20"),
    ("aws", "meta.llama3-1-70b-instruct-v1:0", "0.72", "0.72"),
    # Vertex AI and the Gemini API
    ("vertex_ai", "claude-3-5-sonnet@20240620", *SONNET_35),
    ("google", "claude-3-5-sonnet-v2@20241022", *SONNET_35),
    (None, "claude-3-5-sonnet@20240620", *SONNET_35),
    ("gcp.vertex_ai", "publishers/anthropic/models/claude-3-5-haiku@20241022", "0.80", "4"),
    ("google", "publishers/google/models/gemini-2.0-flash", "0.10", "0.40"),
    (None, "projects/p-1/locations/us-central1/publishers/google/models/gemini-2.0-flash-001", "0.10", "0.40"),
    ("gemini", "models/gemini-2.0-flash", "0.10", "0.40"),
    (None, "models/gemini-2.5-flash-lite", "0.10", "0.40"),
    (None, "vertex_ai/gemini-2.5-flash", "0.30", "2.50"),
    ("google", "gemini-1.5-flash-002", "0.075", "0.30"),
    ("google", "gemini-1.5-flash-8b", "0.0375", "0.15"),
    # fine-tuned: prices of their own
    ("openai", "ft:gpt-4o-mini:org::id", "0.30", "1.20"),
    ("openai", "ft:gpt-4o-mini-2024-07-18:my-org:custom:AbCdEf", "0.30", "1.20"),
    (None, "ft:gpt-3.5-turbo-0125:org::id", "3", "6"),
    ("openai", "ft:gpt-4o-2024-08-06:org::id", "3.75", "15"),
    ("openai", "ft:gpt-4.1-nano-2025-04-14:org::id", "0.20", "0.80"),
    # others
    ("mistralai", "mistral-large-latest", "2", "6"),
    ("xai", "grok-3", "3", "15"),
    ("x_ai", "grok-3-mini-latest", "0.30", "0.50"),
    ("groq", "openai/gpt-oss-120b", "0.15", "0.60"),
    ("groq", "llama-3.3-70b-versatile", "0.59", "0.79"),
    ("cohere", "command-r-08-2024", "0.15", "0.60"),
    ("fireworks_ai", "accounts/fireworks/models/gpt-oss-120b", "0.15", "0.60"),
]  # fmt: skip


@pytest.mark.parametrize(("provider", "model", "inside", "out"), PUBLISHED)
def test_a_spelling_costs_what_the_vendor_publishes(provider: str | None, model: str, inside: str, out: str) -> None:
    both = Call(input_tokens=100_000, output_tokens=100_000)
    paid_in = BOOK.price(provider, model, NOW, TENTH).cost
    paid_both = BOOK.price(provider, model, NOW, both).cost
    assert (paid_in, paid_both) == (Decimal(inside) / 10, (Decimal(inside) + Decimal(out)) / 10)


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("openai", "gpt-4-something-unknown"),
        ("openai", "my-gpt-4o-finetune"),
        (None, "my-gpt-4o-finetune"),
        (None, "gpt-4o-by-us"),
        ("openai", "gpt-4o-2099-01-01"),  # gpt-4o's snapshots differ in price: an unlisted one could cost anything
        ("openai", "gpt-5-nano-turbo"),
        ("openai", "claude-3-5-sonnet-20241022"),
        ("openai", "ft:gpt-4-0613:org::id"),
        ("openai", "ft:unknown:org::id"),
        ("azure", "ft:gpt-4o-mini-2024-07-18:org::id"),  # Microsoft bills hosting by the hour beside tokens
        ("openai", "gpt-oss-120b"),
        (None, "gpt-oss-120b"),
        (None, "llama-3.3-70b-instruct"),
        (None, "deepseek-r1"),
        ("azure", "my-deployment"),
        ("azure", "deepseek-r1"),  # Microsoft's price differs from DeepSeek's
        ("my-proxy", "gpt-4o"),
        ("anthropic", "claude-next"),
        ("anthropic", "claude-3-5-sonnet-by-us"),
        ("google", "gemini-2.5-pro-by-us"),
        ("google", "gemini-1.5-flash-16b"),
        ("google", "projects/p/locations/l/endpoints/123"),
        ("google", "tunedModels/mine"),
        ("aws", "amazon.nova-lite-by-us"),
        ("aws", "my.titan-text-lite.thing"),
        ("aws", "us-gov.anthropic.claude-3-5-sonnet-20240620-v1:0"),  # GovCloud has prices of its own
        ("aws", "apac.anthropic.claude-opus-5"),  # no such profile on the list
        ("aws", "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3"),
        ("aws", "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/a1b2c3"),
        ("aws", "arn:aws:bedrock:us-east-1:123456789012:custom-model/anthropic.claude-3-haiku-20240307-v1:0/x"),
        ("openrouter", "openai/gpt-4o:nitro"),
        ("openrouter", "acme/gpt-4o"),
        ("openai", ""),
        ("openai", None),
        (None, None),
        ("openai", "g" * 5_000),
    ],
)
def test_a_name_that_nobody_knows_has_no_price(provider: str | None, model: str | None) -> None:
    assert BOOK.price(provider, model, NOW, TENTH) == (None, "")


def test_the_same_call_costs_what_each_provider_charges() -> None:
    call = Call(input_tokens=100_000, cached_input_tokens=50_000)

    def paid(provider: str, model: str) -> Decimal | None:
        return BOOK.price(provider, model, NOW, call).cost

    # Cached input of gpt-4o costs half everywhere; of Claude 3.5 Sonnet a tenth. OpenRouter writes it with a dot.
    assert [paid("openai", "gpt-4o"), paid("azure", "gpt-4o"), paid("openrouter", "openai/gpt-4o")] == [
        Decimal("0.1875")
    ] * 3
    assert paid("anthropic", "claude-3-5-sonnet-20241022") == Decimal("0.165")
    assert paid("openrouter", "anthropic/claude-3.5-sonnet") == Decimal("0.165")
    # Regional Bedrock profiles of the 4.5 generation carry a tenth more.
    assert paid("aws", "eu.anthropic.claude-sonnet-4-5-20250929-v1:0") == Decimal("0.1815")


def test_a_cloud_takes_over_the_makers_token_prices_but_not_its_tools() -> None:
    search = Call(input_tokens=1_000, web_searches=1)
    assert BOOK.price("openai", "gpt-4o", NOW, search).cost == Decimal("0.0125")
    assert BOOK.price("azure", "gpt-4o", NOW, search).cost is None


def test_the_basis_tells_which_price_was_taken() -> None:
    def basis(provider: str | None, model: str, tier: str = "default") -> str:
        return BOOK.price(provider, model, NOW, Call(input_tokens=1, service_tier=tier)).basis

    assert basis("openai", "gpt-4o-2024-08-06") == "genai-prices:openai/gpt-4o"
    assert basis("azure_openai", "gpt-4o") == "genai-prices:azure/gpt-4o (openai)"
    assert basis("openai", "gpt-4o", "batch") == "genai-prices:openai/gpt-4o batch"
    assert basis("openai", "ft:gpt-4o-mini:secret-org::id") == "rates:openai/ft:gpt-4o-mini"
    assert len(basis("openrouter", "x" * 290 + ":free")) <= 200

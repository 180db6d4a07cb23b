"""Our own dated table of service tiers: what batch, flex and priority cost where genai-prices has no figure.

``TierRule`` gives a tier as multiples of the list price of the day; ``CARRIED`` names the tiers whose figures in
genai-prices held before the day it verified them. Batch, flex and priority of any other model are unpriced: Bedrock's
and Azure's flex and priority among them, and xAI's batch before genai-prices verified it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final


@dataclass(frozen=True, slots=True)
class TierRule:
    """A service tier as multiples of the list price of the day, by kind. Kinds that it does not name have no known
    price in the tier; web searches and fees per request stay at the list price."""

    provider: str
    tier: str
    models: tuple[str, ...]
    factors: Mapping[str, Decimal]
    since: datetime
    source: str


_GEMINI = "Gemini API pricing (ai.google.dev/gemini-api/docs/pricing)"
_OPENAI = "OpenAI API pricing (developers.openai.com/api/docs/pricing)"


def _utc(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, tzinfo=UTC)


#: Tiers whose published figures did not change between their launch and the day genai-prices verified them (its
#: variants begin only then), as long as the model's list price did not change either.
CARRIED: Final = frozenset({
    ("openai", "batch"), ("openai", "flex"), ("openai", "priority"),
    ("anthropic", "batch"), ("google", "batch"), ("mistral", "batch"), ("groq", "batch"),
})  # fmt: skip

_HALF = Decimal("0.5")
_ONE = Decimal(1)
_PREMIUM = Decimal("1.8")
_INPUTS = ("input", "cached_input", "cache_write", "cache_write_1h", "audio_input", "cached_audio_input")


def _all(factor: Decimal) -> dict[str, Decimal]:
    return dict.fromkeys((*_INPUTS, "output", "audio_output"), factor)


_PLAIN_HALF = {"input": _HALF, "output": _HALF}
_GEMINI_HALF = {"input": _HALF, "audio_input": _HALF, "output": _HALF, "cached_input": _ONE, "cached_audio_input": _ONE}
# Half of everything, or half of all but the cache: both as the tables of each model have it.
_GEMINI_CACHE_FULL = ("gemini-2.5-pro", "gemini-2.5-flash", "gemini-2.5-flash-lite", "gemini-3.1-pro-preview",
                      "gemini-3-flash-preview")  # fmt: skip
_GEMINI_CACHE_HALF = ("gemini-3.1-flash-lite", "gemini-3.6-flash", "gemini-3.7-flash", "gemini-3.8-flash",
                      "gemini-4-argon")  # fmt: skip
_CLAUDES = ("claude-3*", "claude-opus*", "claude-sonnet*", "claude-haiku*", "claude-fable*", "claude-mythos*")
_BEDROCK_CLAUDES = ("*claude-3-haiku*", "*claude-3-sonnet*", "*claude-3-opus*", "*claude-3-5-*", "*claude-3-7-*",
                    "*claude-sonnet-4*", "*claude-haiku-4*")  # fmt: skip
_AZURE_BATCH = (
    "gpt-4o", "gpt-4o-20*", "gpt-4o-mini", "gpt-4o-mini-20*", "gpt-4.1*", "gpt-5", "gpt-5-20*", "gpt-5-mini*",
    "gpt-5-nano*", "gpt-5-pro*", "gpt-5.1", "gpt-5.1-20*", "gpt-5.2*", "gpt-5.4*", "gpt-5.5", "gpt-5.5-20*",
    "o1", "o1-20*", "o1-mini*", "o3", "o3-20*", "o3-mini*", "o4-mini", "o4-mini-20*",
)  # fmt: skip

TIER_RULES: Final[tuple[TierRule, ...]] = (
    TierRule("openai", "batch", ("text-embedding-3-*", "text-embedding-ada-002"), {"input": _HALF},
             _utc(2024, 4, 15), _OPENAI),
    TierRule("openai", "batch", ("o1-preview*", "o1-mini*", "gpt-4.5-preview*", "davinci-002", "babbage-002", "o3",
                                 "o3-20*"), _PLAIN_HALF, _utc(2024, 4, 15), _OPENAI),
    TierRule("openai", "batch", ("ft:gpt-3.5-turbo*", "ft:gpt-4o-mini*", "ft:gpt-4.1*", "ft:o4-mini*"), _PLAIN_HALF,
             _utc(2024, 4, 15), _OPENAI),
    TierRule("openai", "batch", ("gpt-5.6*",), _all(_HALF), _utc(2024, 4, 15), _OPENAI),
    TierRule("openai", "flex", ("o3", "o3-20*"), _PLAIN_HALF, _utc(2025, 4, 17), _OPENAI),
    TierRule("openai", "flex", ("gpt-5.6*",), _all(_HALF), _utc(2025, 4, 17), _OPENAI),
    TierRule("anthropic", "batch", _CLAUDES, _all(_HALF), _utc(2024, 10, 8),
             "Anthropic, Batch processing: all usage at 50% of the standard prices"),
    TierRule("azure", "batch", _AZURE_BATCH, _PLAIN_HALF, _utc(2024, 8, 1),
             "Microsoft Learn, Azure OpenAI batch: 50% less than global standard"),
    TierRule("aws", "batch", (*_BEDROCK_CLAUDES, "*amazon.nova-micro*", "*amazon.nova-lite*", "*amazon.nova-pro*",
                              "*meta.llama3-1-8b*", "*meta.llama3-1-70b*"), _PLAIN_HALF, _utc(2024, 8, 1),
             "Amazon Bedrock pricing, batch inference: 50% of on-demand"),
    TierRule("google", "batch", ("gemini-2.0-flash*", "gemini-3-pro-preview*"), _GEMINI_HALF, _utc(2025, 7, 7),
             _GEMINI),
    TierRule("google", "batch", ("gemini-3.5-flash", "gemini-3.7-flash"), _all(_HALF), _utc(2025, 7, 7), _GEMINI),
    TierRule("google", "batch", ("claude-*",), _PLAIN_HALF, _utc(2025, 7, 7),
             "Vertex AI pricing, Claude models, batch: half of input and output"),
    TierRule("google", "flex", _GEMINI_CACHE_FULL, _GEMINI_HALF, _utc(2026, 4, 1), _GEMINI),
    TierRule("google", "flex", _GEMINI_CACHE_HALF, _all(_HALF), _utc(2026, 4, 1), _GEMINI),
    TierRule("google", "flex", ("gemini-3.5-flash", "gemini-3.5-flash-lite"), {**_PLAIN_HALF, "audio_input": _HALF},
             _utc(2026, 4, 1), _GEMINI),
    TierRule("google", "priority", (*_GEMINI_CACHE_FULL, *_GEMINI_CACHE_HALF, "gemini-3.5-flash"), _all(_PREMIUM),
             _utc(2026, 4, 1), _GEMINI),
    TierRule("google", "priority", ("gemini-3.5-flash-lite",),
             {"input": _PREMIUM, "audio_input": _PREMIUM, "output": _PREMIUM}, _utc(2026, 4, 1), _GEMINI),
    TierRule("mistral", "batch", ("*",), {**_PLAIN_HALF, "cached_input": _HALF}, _utc(2024, 11, 7),
             "Mistral AI, Batch inference: 50% discount"),
)  # fmt: skip

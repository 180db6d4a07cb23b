"""Our own dated table: public prices that genai-prices lacks, or dates wrongly, each with its source.

``Span`` replaces a list price for a time (or is the only price, where the list has no entry); ``Supplement`` adds a
kind of token to a list price; ``LongContext`` a step for long prompts. Service tiers are in ``tier_rates``. What is not
here and not in the list is unpriced. Figures were checked in November 2026 against the pages named, and
where those are gone against stored copies of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Final

from usage.domain.pricing.meter import FREE, Rate, Rates
from usage.domain.pricing.tokens import UNITS

WEEKDAYS: Final = frozenset(range(5))
ALL_DAYS: Final = frozenset(range(7))


def _utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def _usd(**by_kind: str) -> dict[str, Rate]:
    return {kind: Rate(Decimal(figure)) for kind, figure in by_kind.items()}


@dataclass(frozen=True, slots=True)
class Span:
    """The whole price of some models from ``since`` to ``until`` (UTC, exclusive; None: without end), at certain hours
    of the day (UTC, ``[from, to)``; none: all day) on certain weekdays (0 is Monday). Later spans win."""

    provider: str
    models: tuple[str, ...]
    rates: Rates
    source: str
    since: datetime | None = None
    until: datetime | None = None
    hours: tuple[tuple[int, int], ...] = ()
    weekdays: frozenset[int] = ALL_DAYS

    def holds(self, at: datetime) -> bool:
        """Whether it is the price at this instant (UTC)."""
        if (self.since is not None and at < self.since) or (self.until is not None and at >= self.until):
            return False
        return at.weekday() in self.weekdays and (not self.hours or any(a <= at.hour < b for a, b in self.hours))


@dataclass(frozen=True, slots=True)
class Supplement:
    """Kinds that a list price of these models lacks: figures, or multiples of the price of another kind."""

    provider: str
    models: tuple[str, ...]
    source: str
    rates: Rates
    times: Mapping[str, tuple[str, Decimal]]
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class LongContext:
    """A step that a list price lacks: beyond ``start`` input tokens the whole call pays so many times the price, by
    kind. Kinds of tokens that it does not name have no known price there."""

    provider: str
    models: tuple[str, ...]
    start: int
    factors: Mapping[str, Decimal]
    source: str
    since: datetime | None = None
    until: datetime | None = None

    def holds(self, at: datetime) -> bool:
        """Whether it counts at this instant."""
        return (self.since is None or self.since <= at) and (self.until is None or at < self.until)


def fits(models: tuple[str, ...], name: str) -> bool:
    """Whether a table's globs name this model."""
    return any(fnmatchcase(name, glob) for glob in models)


# --- Spans ------------------------------------------------------------------------------------------------------------

_DEEPSEEK = "DeepSeek API docs, Models & Pricing (api-docs.deepseek.com/quick_start/pricing)"
_ALIASES = ("deepseek-chat", "deepseek-reasoner")
_FLASH = ("deepseek-flash", "deepseek-v4-flash", "deepseek-v4-flash-vision-exp")
_PRO = ("deepseek-v4-pro",)
_PEAK = ((1, 4), (6, 10))
_V4_FLASH = _usd(input="0.14", cached_input="0.0028", output="0.28")
_FLASH_OFF = _usd(input="0.22", cached_input="0.007", output="0.66")
_FLASH_PEAK = _usd(input="0.44", cached_input="0.014", output="1.32")
_V41_OFF = _usd(input="0.15", cached_input="0.003", output="0.60")
_V41_PEAK = _usd(input="0.30", cached_input="0.006", output="1.20")
_PRO_OLD = _usd(input="0.435", cached_input="0.003625", output="0.87")
_PRO_OFF = _usd(input="0.66", cached_input="0.022", output="1.98")
_PRO_PEAK = _usd(input="1.32", cached_input="0.044", output="3.96")

# DeepSeek changes prices at midnight of Beijing, 16:00 UTC. Peak hours are 9-12 and 14-18 in Beijing: every day from
# 2026-08-17, Monday to Friday from 2026-08-23; Chinese public holidays are off-peak. The holidays are those of the
# State Council's calendar of 2026; after that year genai-prices' list (which knows no weekdays) stands until the next
# calendar is added here.
_PEAK_DAILY = _utc(2026, 8, 16, 16)
_PEAK_WEEKDAYS = _utc(2026, 8, 22, 16)
_V41 = _utc(2026, 9, 9, 16)
_CALENDAR_ENDS = _utc(2026, 12, 31, 16)
_HOLIDAYS = ((_utc(2026, 9, 24, 16), _utc(2026, 9, 27, 16)), (_utc(2026, 9, 30, 16), _utc(2026, 10, 7, 16)))


def _deepseek(
    models: tuple[str, ...],
    rates: Rates,
    since: datetime | None,
    until: datetime,
    hours: tuple[tuple[int, int], ...] = (),
    weekdays: frozenset[int] = ALL_DAYS,
) -> Span:
    return Span("deepseek", models, rates, _DEEPSEEK, since, until, hours, weekdays)


_OPENAI_TUNED = "OpenAI API pricing, fine-tuned models (developers.openai.com/api/docs/pricing)"


def _tuned(base: str, **by_kind: str) -> Span:
    # ft:<base>:<organisation>:<suffix>:<id>; the base may carry a snapshot's date or version.
    dated = (f"ft:{base}:*", f"ft:{base}", f"ft:{base}-20??-??-??:*", f"ft:{base}-20??-??-??", f"ft:{base}-[01]???:*")
    return Span("openai", dated, _usd(**by_kind), _OPENAI_TUNED)


_ALL_FREE = {kind: FREE for kind in UNITS if kind != "request"}
_TOKENS_FREE = {kind: FREE for kind in _ALL_FREE if kind != "web_search"}

SPANS: Final[tuple[Span, ...]] = (
    _deepseek(("deepseek-chat",), _usd(input="0.14", cached_input="0.014", output="0.28"),
              _utc(2024, 12, 26), _utc(2025, 2, 8, 16)),
    _deepseek(("deepseek-chat",), _usd(input="0.27", cached_input="0.07", output="1.10"),
              _utc(2025, 2, 8, 16), _utc(2025, 2, 26, 16, 30)),
    _deepseek(("deepseek-reasoner",), _usd(input="0.55", cached_input="0.14", output="2.19"),
              _utc(2025, 1, 20), _utc(2025, 2, 26, 16, 30)),
    # From 2025-02-26 16:30 to 2025-09-05 16:00 the night discount applies, as genai-prices has it.
    _deepseek(_ALIASES, _usd(input="0.56", cached_input="0.07", output="1.68"),
              _utc(2025, 9, 5, 16), _utc(2025, 9, 29)),
    _deepseek(_ALIASES, _usd(input="0.28", cached_input="0.028", output="0.42"), _utc(2025, 9, 29), _utc(2026, 4, 24)),
    # Both names meant V4 Flash until they were switched off.
    _deepseek(_ALIASES, _V4_FLASH, _utc(2026, 4, 24), _utc(2026, 7, 24, 15, 59)),
    _deepseek(_FLASH, _V4_FLASH, None, _PEAK_DAILY),
    _deepseek(_FLASH, _FLASH_OFF, _PEAK_DAILY, _V41),
    _deepseek(_FLASH, _FLASH_PEAK, _PEAK_DAILY, _PEAK_WEEKDAYS, _PEAK),
    _deepseek(_FLASH, _FLASH_PEAK, _PEAK_WEEKDAYS, _V41, _PEAK, WEEKDAYS),
    _deepseek(_FLASH, _V41_OFF, _V41, _CALENDAR_ENDS),
    _deepseek(_FLASH, _V41_PEAK, _V41, _CALENDAR_ENDS, _PEAK, WEEKDAYS),
    _deepseek(_PRO, _PRO_OLD, None, _PEAK_DAILY),
    _deepseek(_PRO, _PRO_OFF, _PEAK_DAILY, _CALENDAR_ENDS),
    _deepseek(_PRO, _PRO_PEAK, _PEAK_DAILY, _PEAK_WEEKDAYS, _PEAK),
    _deepseek(_PRO, _PRO_PEAK, _PEAK_WEEKDAYS, _CALENDAR_ENDS, _PEAK, WEEKDAYS),
    *(_deepseek(_FLASH, _V41_OFF, starts, ends) for starts, ends in _HOLIDAYS),
    *(_deepseek(_PRO, _PRO_OFF, starts, ends) for starts, ends in _HOLIDAYS),
    _tuned("gpt-3.5-turbo", input="3", output="6"),
    _tuned("gpt-4o", input="3.75", cached_input="1.875", output="15"),
    _tuned("gpt-4o-mini", input="0.30", cached_input="0.15", output="1.20"),
    _tuned("gpt-4.1", input="3", cached_input="0.75", output="12"),
    _tuned("gpt-4.1-mini", input="0.80", cached_input="0.20", output="3.20"),
    _tuned("gpt-4.1-nano", input="0.20", cached_input="0.05", output="0.80"),
    _tuned("o4-mini", input="4", cached_input="1", output="16"),
    _tuned("davinci-002", input="12", output="12"),
    _tuned("babbage-002", input="1.60", output="1.60"),
    # The first snapshots of the audio models cost more than those that genai-prices lists under one name.
    Span("openai", ("gpt-4o-realtime-preview-2024-10-01",),
         _usd(input="5", cached_input="2.5", output="20", audio_input="100", cached_audio_input="20",
              audio_output="200"),
         "OpenAI API pricing, Realtime API, October 2024"),
    Span("openai", ("gpt-4o-audio-preview-2024-10-01",),
         _usd(input="2.5", output="10", audio_input="100", audio_output="200"),
         "OpenAI API pricing, audio models, October 2024"),
    # genai-prices leaves these entries empty, which it would charge as 0. These really are free of charge.
    Span("openai", ("omni-moderation-*", "text-moderation-*"), _ALL_FREE, "OpenAI moderation guide: free of charge"),
    Span("google", ("gemma-3-*", "gemma-3n-*", "gemma-4-26b-a4b-it", "gemma-4-31b-it"), _ALL_FREE,
         "Gemini API pricing (ai.google.dev/gemini-api/docs/pricing): Gemma is free of charge"),
    Span("github-copilot", ("gpt-3.5-turbo*", "gpt-4.1", "gpt-4.1-20*", "gpt-4o", "gpt-4o-20*", "gpt-4-o-preview",
                            "gpt-4o-mini", "gpt-4o-mini-20*"), _ALL_FREE,
         "GitHub Copilot models and pricing: included in the subscription"),
    Span("openrouter", ("*:free",), _TOKENS_FREE, "OpenRouter docs, Free variants: ':free' costs nothing"),
)  # fmt: skip

# --- Supplements ------------------------------------------------------------------------------------------------------

_GEMINI = "Gemini API pricing (ai.google.dev/gemini-api/docs/pricing)"
_OPENAI = "OpenAI API pricing (developers.openai.com/api/docs/pricing)"
_SAME_AS_INPUT = {"audio_input": ("input", Decimal(1))}
_CLAUDE_CACHE = {
    "cached_input": ("input", Decimal("0.1")),
    "cache_write": ("input", Decimal("1.25")),
    "cache_write_1h": ("input", Decimal(2)),
}

SUPPLEMENTS: Final[tuple[Supplement, ...]] = (
    # The alias pointed to the dearer first snapshot until the turn of 2024; before, its audio has no known price here.
    Supplement("openai", ("gpt-4o-audio-preview",), _OPENAI, _usd(audio_input="40", audio_output="80"), {},
               _utc(2025, 1, 1)),
    Supplement("openai", ("gpt-4o-audio-preview-2024-12-17", "gpt-4o-audio-preview-2025-06-03"), _OPENAI,
               _usd(audio_input="40", audio_output="80"), {}),
    Supplement("openai", ("gpt-4o-mini-audio-preview*",), _OPENAI, _usd(audio_input="10", audio_output="20"), {}),
    # "Web search (all models)": $10 per 1,000 calls. The older search-preview models are not covered by it.
    Supplement("openai", ("gpt-5*", "gpt-6*", "o3*", "o4-mini*"), _OPENAI, _usd(web_search="10"), {}),
    # One input price for text, image, video and audio.
    Supplement("google", ("gemini-1.5-*", "gemini-2.5-pro*", "gemini-3-pro-preview*", "gemini-3.1-pro-preview*",
                          "gemini-3.5-flash", "gemini-3.5-flash-lite*"), _GEMINI, {}, _SAME_AS_INPUT),
    Supplement("google", ("gemini-1.5-pro*",), "Gemini 1.5 Pro pricing, context caching",
               {"cached_input": Rate(Decimal("0.3125"), ((128_000, Decimal("0.625")),))}, {}),
    Supplement("openrouter", ("anthropic/claude-3*", "anthropic/claude-*-4*", "anthropic/claude-*-5*"),
               "OpenRouter docs, Prompt Caching, Anthropic Claude: writes 1.25x (1 h 2x), reads 0.1x",
               {}, _CLAUDE_CACHE),
    Supplement("perplexity", ("pplx-decider-*",), "Perplexity Decisions API: output free of charge",
               _usd(output="0"), {}),
)  # fmt: skip

# --- Long context -----------------------------------------------------------------------------------------------------

_TWICE_IN = dict.fromkeys(("input", "cached_input", "cache_write", "cache_write_1h"), Decimal(2))
_CLAUDE_LONG = {**_TWICE_IN, "output": Decimal("1.5")}
_SONNET_4 = ("claude-sonnet-4", "claude-sonnet-4-0", "claude-sonnet-4-2025*", "claude-sonnet-4@*", "claude-4-sonnet*")
_LONG_SINCE = _utc(2025, 8, 12)
_LONG_ENDED = _utc(2026, 3, 13)
_ANTHROPIC_LONG = (
    "Anthropic, Long context pricing: beyond 200K input tokens 2x input, 1.5x output for the whole request"
)
_XAI_LONG = "xAI, Models and Pricing: requests that exceed 128K tokens of context are charged at twice the price"

LONG_CONTEXTS: Final[tuple[LongContext, ...]] = (
    LongContext("anthropic", _SONNET_4, 200_000, _CLAUDE_LONG, _ANTHROPIC_LONG, _LONG_SINCE),
    LongContext("google", _SONNET_4, 200_000, _CLAUDE_LONG, _ANTHROPIC_LONG, _LONG_SINCE),
    LongContext("aws", ("*claude-sonnet-4-20250514*", "*claude-sonnet-4-5-*"), 200_000, _CLAUDE_LONG,
                "Amazon Bedrock pricing, Anthropic long context", _LONG_SINCE),
    LongContext("openrouter", ("anthropic/claude-sonnet-4",), 200_000, _CLAUDE_LONG, _ANTHROPIC_LONG, _LONG_SINCE),
    # Opus 4.6 and Sonnet 4.6 had the step until long context became part of the standard price.
    LongContext("google", ("claude-sonnet-4-6*",), 200_000, _CLAUDE_LONG, _ANTHROPIC_LONG, None, _LONG_ENDED),
    LongContext("aws", ("*claude-opus-4-6*", "*claude-sonnet-4-6*"), 200_000, _CLAUDE_LONG, _ANTHROPIC_LONG, None,
                _LONG_ENDED),
    LongContext("openrouter", ("anthropic/claude-*-4.6*", "anthropic/claude-4.6-*"), 200_000, _CLAUDE_LONG,
                _ANTHROPIC_LONG, None, _LONG_ENDED),
    LongContext("x-ai", ("grok-4", "grok-4-0709", "grok-4-latest", "grok-4-fast*", "grok-4-1-fast*"), 128_000,
                {"input": Decimal(2), "output": Decimal(2)}, _XAI_LONG),
)  # fmt: skip

#: Text and image tokens of these models cost differently and an event does not tell them apart.
IMAGE_PRICED: Final = ("gpt-image-*", "chatgpt-image-*", "gpt-5-image*", "gpt-5.4-image*")

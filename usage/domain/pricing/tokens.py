"""What one LLM call used: token counts by kind, web searches and the service tier it was served in."""

from __future__ import annotations

from typing import Final, Protocol

PER_MILLION: Final = 1_000_000
PER_THOUSAND: Final = 1_000

#: Each kind that can have a rate of its own, with the number of units its rate is for.
#: ``cached_audio_input`` and ``request`` only occur in lists of prices: an event counts neither.
UNITS: Final[dict[str, int]] = {
    "input": PER_MILLION,
    "cached_input": PER_MILLION,
    "cache_write": PER_MILLION,
    "cache_write_1h": PER_MILLION,
    "audio_input": PER_MILLION,
    "cached_audio_input": PER_MILLION,
    "output": PER_MILLION,
    "reasoning": PER_MILLION,
    "audio_output": PER_MILLION,
    "web_search": PER_THOUSAND,
    "request": PER_THOUSAND,
}

#: The kinds a contract may name.
CONTRACT_KINDS: Final = frozenset(UNITS) - {"cached_audio_input"}

#: The kinds that are tokens: what a reseller takes over from the list of the model's maker.
TOKEN_KINDS: Final = frozenset(kind for kind, unit in UNITS.items() if unit == PER_MILLION)


class Counts(Protocol):
    """Anything that counts a call; ingest hands its own events over without copying them.

    ``input_tokens`` is everything that went in; cached input, cache writes (5 min and 1 h) and audio input are
    disjoint parts of it. ``output_tokens`` is everything that came out, reasoning and audio included.
    """

    @property
    def input_tokens(self) -> int: ...
    @property
    def cached_input_tokens(self) -> int: ...
    @property
    def cache_write_tokens(self) -> int: ...
    @property
    def cache_write_1h_tokens(self) -> int: ...
    @property
    def audio_input_tokens(self) -> int: ...
    @property
    def output_tokens(self) -> int: ...
    @property
    def reasoning_tokens(self) -> int: ...
    @property
    def audio_output_tokens(self) -> int: ...
    @property
    def web_searches(self) -> int: ...
    @property
    def service_tier(self) -> str: ...

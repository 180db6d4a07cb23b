"""What the demo company's programs call: models with their tokens, who calls, when in the week, and what went wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True)
class Kind:
    """One kind of call: a model, its share of a workload's calls, and its median tokens.

    `cached` is the share of the input that a cache held, `reasoning` the share of the output that was reasoning.
    """

    provider: str
    model: str
    weight: int
    input_tokens: int
    output_tokens: int
    cached: float = 0.0
    reasoning: float = 0.0
    tier: str = "default"


@dataclass(frozen=True)
class Workload:
    """Calls of one program. `calls` is how many there are on a weekday of the last month, before growth is counted."""

    project: str | None
    environment: str | None
    team: str | None
    calls: int
    kinds: tuple[Kind, ...]
    users: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    weekend: float = 0.35
    growth: float = 0.15  # by how much calls grew over the 120 days
    runs_away: bool = False
    spikes: bool = False
    nightly: bool = False


def _people(*names: str) -> tuple[str, ...]:
    return tuple(f"{name}@company.com" for name in names)


BACKEND: Final = {"team": "backend"}
WORKLOADS: Final = (
    Workload(
        "public-api",
        "prod",
        "backend",
        370,
        (
            Kind("openai", "gpt-4-32k", 38, 21_000, 1_800),
            Kind("openai", "o1-2024-12-17", 24, 34_000, 7_000, cached=0.2, reasoning=0.6),
            Kind("openai", "gpt-4o-2024-08-06", 16, 24_000, 1_900, cached=0.3),
            Kind("azure", "gpt-4o", 8, 26_000, 1_700),
            Kind("openai", "gpt-4o-mini-2024-07-18", 14, 18_000, 900),
        ),
        features=("answers", "extract", "translate"),
        tags=BACKEND,
        weekend=0.55,
    ),
    Workload(
        "code-agents",
        "development",
        "backend",
        62,
        (
            Kind("anthropic", "claude-opus-4-1-20250805", 52, 150_000, 10_000, cached=0.2),
            Kind("openai", "o1-pro", 26, 16_000, 5_000, reasoning=0.7),
            Kind("anthropic", "claude-sonnet-4-5-20250929", 14, 130_000, 8_000, cached=0.4),
            Kind("openai", "gpt-5.1-2025-11-13", 8, 88_000, 9_000, reasoning=0.6),
        ),
        users=_people("engineer", "noor", "milan", "grace", "team-lead"),
        features=("review", "refactor", "tests"),
        tags=BACKEND,
        weekend=0.2,
        runs_away=True,
    ),
    Workload(
        "batch",
        "prod",
        "backend",
        85,
        (
            Kind("openai", "o1-2024-12-17", 45, 66_000, 24_000, reasoning=0.7, tier="batch"),
            Kind("anthropic", "claude-opus-4-1-20250805", 35, 95_000, 7_000, tier="batch"),
            Kind("anthropic", "claude-3-5-haiku-20241022", 20, 60_000, 4_000),
        ),
        features=("nightly",),
        tags=BACKEND,
        weekend=1.0,
        growth=0.1,
        nightly=True,
    ),
    Workload(
        "production",
        "prod",
        "platform",
        290,
        (
            Kind("openai", "gpt-4-32k", 30, 20_000, 1_700),
            Kind("anthropic", "claude-3-opus-20240229", 34, 57_000, 4_600),
            Kind("openai", "gpt-4", 22, 6_200, 1_300),
            Kind("aws", "anthropic.claude-3-sonnet-20240229-v1:0", 6, 38_000, 2_400),
            Kind("openai", "gpt-3.5-turbo", 8, 9_000, 900),
        ),
        features=("summaries", "routing"),
        weekend=0.45,
        growth=0.12,
    ),
    Workload(
        "search",
        "prod",
        "search",
        300,
        (
            Kind("google", "gemini-2.5-pro", 36, 290_000, 9_000, reasoning=0.3),
            Kind("anthropic", "claude-opus-4-1-20250805", 48, 64_000, 4_200, cached=0.3),
            Kind("google", "gemini-2.5-flash", 8, 90_000, 2_500),
            Kind("openai", "text-embedding-3-small", 8, 240_000, 0),
        ),
        features=("rerank", "answers"),
        weekend=0.6,
        growth=0.2,
    ),
    Workload(
        "support-bot",
        "prod",
        "support",
        560,
        (
            Kind("anthropic", "claude-opus-4-1-20250805", 46, 80_000, 4_000, cached=0.2),
            Kind("anthropic", "claude-sonnet-4-5-20250929", 36, 90_000, 3_600, cached=0.45),
            Kind("anthropic", "claude-3-5-haiku-20241022", 18, 30_000, 1_200),
        ),
        features=("chat", "email", "handover"),
        weekend=0.7,
        growth=0.22,
        spikes=True,
    ),
    Workload(
        "onboarding",
        "prod",
        "growth",
        110,
        (
            Kind("openai", "gpt-4.5-preview-2025-02-27", 42, 23_000, 3_500),
            Kind("openai", "gpt-4-turbo-2024-04-09", 40, 110_000, 7_000),
            Kind("mistral", "mistral-large-latest", 18, 60_000, 4_500),
        ),
        features=("emails", "guides"),
        weekend=0.25,
    ),
    Workload(
        "insights",
        "staging",
        "analytics",
        58,
        (
            Kind("openai", "o1-pro", 34, 22_000, 6_500, reasoning=0.7),
            Kind("openai", "o1-2024-12-17", 24, 44_000, 11_000, reasoning=0.7),
            Kind("google", "gemini-2.5-pro", 26, 230_000, 9_000, reasoning=0.3),
            Kind("acme", "acme-llm-2", 16, 20_000, 1_500),
        ),
        users=_people("lena", "omar", "viewer"),
        features=("reports",),
        weekend=0.1,
    ),
    Workload(
        "recruiting",
        "prod",
        "people",
        62,
        (
            Kind("openai", "gpt-4-turbo-2024-04-09", 62, 124_000, 8_000),
            Kind("openai", "gpt-4.5-preview-2025-02-27", 38, 23_000, 3_500),
        ),
        users=_people("ines", "jon"),
        weekend=0.05,
        growth=0.1,
    ),
    Workload(
        None,
        None,
        None,
        22,
        (
            Kind("openai", "gpt-4-32k", 60, 20_000, 1_800),
            Kind("openai", "gpt-4o-2024-08-06", 40, 30_000, 2_000),
        ),
        users=_people("contractor"),
        weekend=0.3,
        growth=0.0,
    ),
)
RUNAWAY_DAYS: Final = 19  # so long ago did the workload that runs away begin to
RUNAWAY_TIMES: Final = 9.0  # what it calls today, times what it did before
SPIKE_DAY: Final = 33  # days ago
SPIKE_TIMES: Final = 4.0

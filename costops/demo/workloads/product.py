"""What the programs of Product call; one spiked on one afternoon, one moved to cheaper models."""

from __future__ import annotations

from typing import Final

from costops.demo.days import SPIKE_DAY
from costops.demo.model_names import GPT_4O, GPT_45, HAIKU, MINI, O1, OPUS, SONNET, TURBO, UNPRICED
from costops.demo.workload import MOSTLY_PROD, Kind, Workload, people

WORKLOADS: Final = (
    Workload(
        "support-bot",
        "support",
        520,
        (
            Kind("anthropic", OPUS, 46, 90_000, 4_500, cached=0.2),
            Kind("anthropic", SONNET, 36, 101_000, 4_000, cached=0.45),
            Kind("anthropic", HAIKU, 18, 34_000, 1_300),
        ),
        {"prod": 97, "staging": 2, "development": 1},
        features=("chat", "handover"),
        weekend=0.7,
        growth=0.22,
    ),
    Workload(  # One afternoon the bot sent whole conversations again and again.
        "support-bot",
        "support",
        1_550,
        (Kind("anthropic", OPUS, 1, 168_000, 3_900),),
        {"prod": 1},
        features=("handover",),
        began=SPIKE_DAY,
        ended=SPIKE_DAY,
        weekend=1.0,
        growth=0.0,
        at_once=True,
    ),
    Workload(
        "email-replies",
        "support",
        55,
        (
            Kind("anthropic", SONNET, 70, 120_000, 9_000, cached=0.3),
            Kind("anthropic", HAIKU, 30, 90_000, 4_500),
        ),
        MOSTLY_PROD,
        features=("drafts", "triage"),
        weekend=0.4,
    ),
    Workload(
        "help-center",
        "support",
        35,
        (
            Kind("openai", GPT_4O, 50, 120_000, 6_000, cached=0.4),
            Kind("openai", MINI, 50, 180_000, 7_500),
        ),
        MOSTLY_PROD,
        features=("answers",),
        weekend=0.8,
        growth=0.3,
    ),
    Workload(
        "onboarding",
        "growth",
        105,
        (
            Kind("openai", GPT_45, 42, 23_000, 3_500),
            Kind("openai", TURBO, 40, 110_000, 7_000),
            Kind("mistral", "mistral-large-latest", 18, 60_000, 4_500),
        ),
        MOSTLY_PROD,
        features=("emails", "guides"),
        moves_to=(
            Kind("openai", GPT_4O, 70, 80_000, 6_000, cached=0.2),
            Kind("mistral", "mistral-large-latest", 30, 60_000, 4_500),
        ),
        weekend=0.25,
    ),
    Workload(
        "ad-copy",
        "growth",
        20,
        (
            Kind("mistral", "mistral-large-latest", 65, 90_000, 15_000),
            Kind("openai", GPT_4O, 35, 60_000, 12_000),
        ),
        {"prod": 70, "staging": 10, "development": 20},
        users=people("hana", "theo"),
        features=("headlines", "images"),
        weekend=0.1,
        growth=0.3,
    ),
    Workload(
        "insights",
        "analytics",
        55,
        (
            Kind("openai", "o1-pro", 34, 25_000, 7_300, reasoning=0.7),
            Kind("openai", O1, 24, 49_000, 12_300, reasoning=0.7),
            Kind("google", "gemini-2.5-pro", 26, 240_000, 10_100, reasoning=0.3),
            Kind("acme", UNPRICED, 16, 22_000, 1_700),
        ),
        {"prod": 30, "staging": 70},
        users=people("lena", "omar", "ruth"),
        features=("reports",),
        weekend=0.1,
    ),
    Workload(
        "notebooks",
        "analytics",
        15,
        (
            Kind("anthropic", SONNET, 50, 240_000, 15_000, cached=0.2),
            Kind("google", "gemini-2.5-pro", 50, 240_000, 18_000, reasoning=0.3),
        ),
        {"development": 1},
        users=people("lena", "omar"),
        features=("forecasts",),
        weekend=0.1,
    ),
)

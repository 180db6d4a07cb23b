"""What the programs of Engineering call; one of them runs away."""

from __future__ import annotations

from typing import Final

from costops.demo.days import NEW_TEAM_DAY, STOPPED_DAY
from costops.demo.model_names import AWS_HAIKU, AWS_SONNET, GPT_4O, HAIKU, MINI, O1, OPUS, SONNET, TURBO
from costops.demo.workload import MOSTLY_PROD, Kind, Workload, people

WORKLOADS: Final = (
    Workload(
        "public-api",
        "backend",
        350,
        (
            Kind("openai", "gpt-4-32k", 38, 24_000, 2_000),
            Kind("openai", O1, 24, 38_000, 7_800, cached=0.2, reasoning=0.6),
            Kind("openai", GPT_4O, 16, 27_000, 2_100, cached=0.3),
            Kind("azure", "gpt-4o", 8, 29_000, 1_900),
            Kind("openai", MINI, 14, 20_000, 1_000),
        ),
        {"prod": 93, "staging": 7},
        features=("answers", "extract", "translate"),
        customers=("alder-bank", "brightwater", "castello"),
        tags={"team": "backend"},
        weekend=0.55,
    ),
    Workload(
        "code-agents",
        "backend",
        58,
        (
            Kind("anthropic", OPUS, 52, 168_000, 11_200, cached=0.2),
            Kind("openai", "o1-pro", 26, 17_900, 5_600, reasoning=0.7),
            Kind("anthropic", SONNET, 14, 146_000, 9_000, cached=0.4),
            Kind("openai", "gpt-5.1-2025-11-13", 8, 99_000, 10_100, reasoning=0.6),
        ),
        {"development": 1},
        users=people("engineer", "noor", "milan", "grace", "team-lead"),
        features=("review", "refactor", "tests"),
        tags={"team": "backend"},
        weekend=0.2,
        runs_away=True,
    ),
    Workload(
        "batch",
        "backend",
        80,
        (
            Kind("openai", O1, 45, 74_000, 27_000, reasoning=0.7, tier="batch"),
            Kind("anthropic", OPUS, 35, 106_000, 7_800, tier="batch"),
            Kind("anthropic", HAIKU, 20, 67_000, 4_500),
        ),
        {"prod": 1},
        features=("nightly",),
        tags={"team": "backend"},
        weekend=1.0,
        growth=0.1,
        nightly=True,
    ),
    Workload(
        "production",
        "platform",
        270,
        (
            Kind("openai", "gpt-4-32k", 30, 27_000, 2_300),
            Kind("anthropic", "claude-3-opus-20240229", 34, 77_000, 6_200),
            Kind("openai", "gpt-4", 22, 6_900, 1_500),
            Kind("aws", AWS_SONNET, 6, 43_000, 2_700),
            Kind("openai", "gpt-3.5-turbo", 8, 10_100, 1_000),
        ),
        {"prod": 96, "staging": 4},
        features=("summaries", "routing"),
        weekend=0.45,
        growth=0.12,
    ),
    Workload(
        "ci-assistant",
        "platform",
        35,
        (
            Kind("anthropic", SONNET, 60, 180_000, 10_500, cached=0.4),
            Kind("openai", MINI, 40, 120_000, 4_500),
        ),
        {"development": 7, "staging": 3},
        users=people("aiko", "ravi"),
        features=("reviews", "release-notes"),
        weekend=0.1,
    ),
    Workload(
        "search",
        "search",
        280,
        (
            Kind("google", "gemini-2.5-pro", 36, 290_000, 9_000, reasoning=0.3),
            Kind("anthropic", OPUS, 48, 100_000, 6_500, cached=0.3),
            Kind("google", "gemini-2.5-flash", 8, 90_000, 2_500),
            Kind("openai", "text-embedding-3-small", 8, 240_000, 0),
        ),
        {"prod": 95, "staging": 5},
        features=("rerank", "answers"),
        weekend=0.6,
        growth=0.2,
    ),
    Workload(
        "search-evaluation",
        "search",
        20,
        (
            Kind("google", "gemini-2.5-pro", 60, 240_000, 18_000, reasoning=0.3),
            Kind("google", "gemini-2.5-flash", 40, 240_000, 12_000),
        ),
        {"staging": 4, "development": 6},
        users=people("carlos"),
        features=("judging",),
        weekend=0.3,
    ),
    Workload(
        "voice-assistant",
        "mobile",
        80,
        (
            Kind("openai", GPT_4O, 55, 180_000, 12_000, cached=0.3),
            Kind("google", "gemini-2.5-flash", 30, 240_000, 15_000),
            Kind("anthropic", SONNET, 15, 240_000, 15_000, cached=0.3),
        ),
        {"prod": 25, "staging": 30, "development": 45},
        users=people("zoe", "felix"),
        features=("dictation", "reminders"),
        began=NEW_TEAM_DAY,
        weekend=0.2,
        growth=1.2,
    ),
    Workload(
        "log-triage",
        "security",
        45,
        (
            Kind("aws", AWS_SONNET, 55, 240_000, 9_000),
            Kind("aws", AWS_HAIKU, 45, 240_000, 7_500),
        ),
        MOSTLY_PROD,
        features=("alerts", "phishing"),
        weekend=1.0,
        growth=0.05,
    ),
    Workload(
        "model-lab",
        "labs",
        25,
        (
            Kind("mistral", "mistral-large-latest", 60, 180_000, 18_000),
            Kind("openai", TURBO, 40, 150_000, 12_000),
        ),
        {"development": 80, "staging": 15, "prod": 5},
        users=people("felix", "milan"),
        features=("fine-tuning",),
        ended=STOPPED_DAY,
        weekend=0.1,
        growth=0.0,
    ),
)

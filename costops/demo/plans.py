"""The budgets of the demo company as they were first agreed on: the seed's tree, and what grew around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from costops.demo.days import FIRST_DAY, NEW_TEAM_DAY

THRESHOLDS: Final = (
    {"threshold": "0.5", "channels": ["email"]},
    {"threshold": "0.8", "channels": ["email", "slack"]},
    {"threshold": "0.95", "channels": ["email", "slack", "pagerduty"]},
)
EIGHTY: Final = ({"threshold": "0.8", "channels": ["email"]},)


@dataclass(frozen=True)
class Plan:
    """A budget as it was agreed on, `made` so many days ago, and `why`. The owner is named by what stands before the @.

    `days` are its first and last day from today, for one with dates of its own. `planned` are amounts of its months,
    where they differ: 0 is the month of today, 1 the next.
    """

    name: str
    amount: int
    scope: Mapping[str, Any]
    owner: str
    parent: str | None = None
    period: str = "monthly"
    days: tuple[int, int] | None = None
    thresholds: tuple[Mapping[str, Any], ...] = ()
    planned: Mapping[int, int] = field(default_factory=dict)
    rollover: bool = False
    made: int = FIRST_DAY
    why: str = "Agreed in the plan for the year"


COMPANY: Final = "Company AI Budget 2025"
ENGINEERING: Final = "Engineering AI Budget"
PRODUCT: Final = "Product AI Budget"
OPERATIONS: Final = "Operations AI Budget"
BACKEND: Final = "Backend Team Budget"
PLATFORM: Final = "Platform Team Budget"
SEARCH: Final = "Search Team Budget"
MOBILE: Final = "Mobile Team Budget"
SECURITY: Final = "Security Team Budget"
LABS: Final = "Labs Team Budget"
SUPPORT: Final = "Support Team Budget"
GROWTH: Final = "Growth Team Budget"
ANALYTICS: Final = "Analytics Team Budget"
PEOPLE: Final = "People Team Budget"
FINANCE: Final = "Finance Operations Budget"
LEGAL: Final = "Legal Team Budget"
PRODUCTION: Final = "Q1 2025 Production"

# What has dates of its own, reaching back and forth, stands as it does whatever the day of the month is.
PILOT: Final = "Code Agents Pilot"
VOICE: Final = "Voice Assistant Launch"
BOT: Final = "Support Bot Launch"
HELP: Final = "Help Center Rewrite"
REFERRALS: Final = "Referral Campaign"
RED_TEAM: Final = "Red Team Exercise"
TRIAL: Final = "Policy Chat Trial"
MODEL_LAB: Final = "Model Lab"
PROTOTYPE: Final = "Chat Prototype"
TRANSLATION: Final = "Translation Sprint"

INVOICES: Final = "Invoice Reading"
PUBLIC_API: Final = "Public API"
API_STAGING: Final = "Public API Staging"
DEVELOPMENT: Final = "Development Environments"
AGREEMENTS: Final = {
    "openai": "OpenAI Agreement",
    "anthropic": "Anthropic Agreement",
    "google": "Google Cloud Credits",
    "azure": "Azure Reservation",
    "aws": "AWS Bedrock",
    "mistral": "Mistral Trial",
}


def _project(name: str, *environments: str) -> dict[str, Any]:
    return {"projects": [name]} | ({"environments": list(environments)} if environments else {})


TREE: Final = (
    Plan(COMPANY, 100_000, {}, "finance", thresholds=THRESHOLDS[1:]),
    Plan(ENGINEERING, 60_000, {"departments": ["engineering"]}, "engineering-manager", COMPANY),
    Plan(PRODUCT, 25_000, {"departments": ["product"]}, "ruth", COMPANY),
    Plan(OPERATIONS, 6_000, {"departments": ["operations"]}, "finance", COMPANY),
    Plan(
        BACKEND,
        26_000,
        {"teams": ["backend"], "tags": {"team": "backend"}},
        "team-lead",
        ENGINEERING,
        thresholds=THRESHOLDS[1:],
    ),
    Plan(PLATFORM, 17_000, {"teams": ["platform"]}, "aiko", ENGINEERING, thresholds=EIGHTY),
    Plan(SEARCH, 12_000, {"teams": ["search"]}, "carlos", ENGINEERING),
    Plan(
        MOBILE,
        900,
        {"teams": ["mobile"]},
        "zoe",
        ENGINEERING,
        planned={1: 1_800, 2: 2_400},
        rollover=True,
        made=NEW_TEAM_DAY + 5,
        why="A new team begins",
    ),
    Plan(SECURITY, 4_500, {"teams": ["security"]}, "engineering-manager", ENGINEERING, "quarterly"),
    Plan(LABS, 3_000, {"teams": ["labs"]}, "engineering-manager", ENGINEERING),
    Plan(PUBLIC_API, 13_000, _project("public-api", "prod"), "grace", BACKEND),
    Plan(API_STAGING, 200, _project("public-api", "staging"), "grace", BACKEND, "weekly"),
    Plan("Nightly Batch", 280, _project("batch"), "milan", BACKEND, "daily"),
    Plan(
        PILOT,
        18_000,
        _project("code-agents"),
        "team-lead",
        BACKEND,
        "custom",
        (-60, 29),
        made=62,
        why="Agents for all of backend, for 90 days",
    ),
    Plan("CI Assistant", 370, _project("ci-assistant"), "ravi", PLATFORM, rollover=True),
    Plan("Search Answers", 11_000, _project("search", "prod"), "carlos", SEARCH),
    Plan("Search Evaluation", 100, _project("search-evaluation"), "carlos", SEARCH, "weekly"),
    Plan(
        VOICE,
        2_000,
        _project("voice-assistant"),
        "zoe",
        MOBILE,
        "custom",
        (-NEW_TEAM_DAY, 45),
        made=NEW_TEAM_DAY + 5,
        why="For the first release",
    ),
    Plan("Log Triage", 200, _project("log-triage", "prod"), "engineering-manager", SECURITY, "weekly"),
    Plan(RED_TEAM, 1_000, {"teams": ["security"]}, "felix", SECURITY, "custom", (-70, -20)),
    Plan(MODEL_LAB, 2_000, _project("model-lab"), "felix", LABS),
    Plan(PROTOTYPE, 1_500, _project("chat-prototype"), "milan", PLATFORM),
    Plan(SUPPORT, 13_000, {"teams": ["support"]}, "maya", PRODUCT, thresholds=EIGHTY),
    Plan(
        GROWTH,
        4_000,
        {"teams": ["growth"]},
        "hana",
        PRODUCT,
        planned={-2: 4_500, -1: 4_500, 0: 3_000, 1: 3_500, 2: 5_500},
    ),
    Plan(ANALYTICS, 6_000, {"teams": ["analytics"]}, "lena", PRODUCT),
    Plan(
        BOT,
        47_500,
        _project("support-bot"),
        "maya",
        SUPPORT,
        "custom",
        (-100, 10),
        EIGHTY,
        made=104,
        why="The bot goes live in all markets",
    ),
    Plan("Email Replies", 550, _project("email-replies"), "maya", SUPPORT, rollover=True),
    Plan(
        HELP,
        1_200,
        _project("help-center"),
        "theo",
        GROWTH,
        "custom",
        (-80, 60),
        made=85,
        why="All articles are written anew",
    ),
    Plan("Onboarding Guides", 4_200, _project("onboarding"), "hana", GROWTH, planned={0: 2_500, 1: 2_000, 2: 2_000}),
    Plan(
        REFERRALS,
        3_000,
        _project("referrals"),
        "hana",
        GROWTH,
        "custom",
        (14, 75),
        made=21,
        why="Agreed with marketing",
    ),
    Plan(TRANSLATION, 1_000, _project("translation"), "theo", GROWTH, "custom", (-110, -70)),
    Plan("Insights Reports", 5_300, _project("insights"), "lena", ANALYTICS, thresholds=EIGHTY),
    Plan("Forecast Notebooks", 1_300, _project("notebooks"), "omar", ANALYTICS, "quarterly"),
    Plan(PEOPLE, 3_500, {"teams": ["people"]}, "ines", OPERATIONS),
    Plan(FINANCE, 2_700, {"teams": ["finance-operations"]}, "olu", OPERATIONS, "quarterly"),
    Plan(LEGAL, 12_000, {"teams": ["legal"]}, "nina", OPERATIONS, "yearly"),
    Plan("Recruiting Screening", 3_000, _project("recruiting", "prod"), "ines", PEOPLE),
    Plan(
        INVOICES,
        450,
        _project("invoices"),
        "olu",
        PEOPLE,
        rollover=True,
        planned={-2: 550, -1: 650, 0: 800, 1: 950, 2: 1_100},
    ),
    Plan(TRIAL, 400, {"projects": ["recruiting"], "environments": ["staging"]}, "jon", PEOPLE, "custom", (-90, -40)),
    Plan("Contract Review", 800, _project("contract-review", "prod"), "nina", LEGAL),
)
ACROSS: Final = (
    Plan(PRODUCTION, 10_000, _project("production", "prod"), "team-lead", thresholds=THRESHOLDS),
    Plan(DEVELOPMENT, 9_000, {"environments": ["development"]}, "aiko", thresholds=EIGHTY),
    Plan("Staging Environments", 6_000, {"environments": ["staging"]}, "aiko"),
    Plan(AGREEMENTS["openai"], 105_000, {"providers": ["openai"]}, "finance", period="quarterly"),
    Plan(AGREEMENTS["anthropic"], 110_000, {"providers": ["anthropic"]}, "finance", period="quarterly"),
    Plan(AGREEMENTS["google"], 45_000, {"providers": ["google"]}, "finance", period="yearly"),
    Plan(AGREEMENTS["azure"], 1_200, {"providers": ["azure"]}, "olu"),
    Plan(AGREEMENTS["aws"], 1_000, {"providers": ["aws"]}, "olu"),
    Plan(AGREEMENTS["mistral"], 900, {"providers": ["mistral"]}, "olu", period="quarterly"),
    Plan("Brightwater Rollout", 4_000, {"tags": {"customer": "brightwater"}}, "grace"),
)
PLANS: Final = (*TREE, *ACROSS)

"""What the programs of Operations call, and one that says nothing of where it belongs."""

from __future__ import annotations

from typing import Final

from costops.demo.model_names import DEPLOYMENT, GPT_4O, GPT_45, OPUS, TURBO
from costops.demo.workload import MOSTLY_PROD, Kind, Workload, people

WORKLOADS: Final = (
    Workload(
        "recruiting",
        "people",
        70,
        (
            Kind("openai", TURBO, 62, 123_000, 7_800),
            Kind("openai", GPT_45, 38, 21_000, 3_400),
        ),
        MOSTLY_PROD,
        users=people("ines", "jon"),
        features=("screening",),
        weekend=0.05,
        growth=0.1,
    ),
    Workload(
        "invoices",
        "finance-operations",
        90,
        (
            Kind("azure", DEPLOYMENT, 75, 135_000, 9_000),
            Kind("azure", "gpt-4o-mini", 25, 120_000, 6_000),
        ),
        MOSTLY_PROD,
        features=("reading", "matching"),
        weekend=0.1,
        growth=0.6,
    ),
    Workload(
        "contract-review",
        "legal",
        15,
        (
            Kind("anthropic", OPUS, 35, 240_000, 18_000),
            Kind("azure", DEPLOYMENT, 65, 240_000, 15_000),
        ),
        {"prod": 80, "staging": 8, "development": 12},
        users=people("nina", "jon"),
        features=("clauses", "summaries"),
        weekend=0.05,
        growth=0.1,
    ),
    Workload(  # A script that says nothing of where it belongs.
        None,
        None,
        20,
        (
            Kind("openai", "gpt-4-32k", 60, 20_000, 1_800),
            Kind("openai", GPT_4O, 40, 30_000, 2_000),
        ),
        {None: 1},
        users=people("contractor"),
        weekend=0.3,
        growth=0.0,
    ),
)

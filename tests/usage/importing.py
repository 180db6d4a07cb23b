"""What the tests of imports share: the command, the traces, and sums that know nothing of the product."""

from __future__ import annotations

import csv
import os
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from django.conf import settings
from django.db import connection

from costops.cli import costops

TRACE = ("--preset", "azure-llm-trace")
RATES = {"gpt-4": (Decimal(30), Decimal(60)), "gpt-3.5-turbo": (Decimal("0.50"), Decimal("1.50"))}
NOW = datetime(2025, 3, 19, 12, tzinfo=UTC)


def imports(*arguments: object) -> Result:
    """Runs `costops import`."""
    return CliRunner().invoke(costops, ["import", *map(str, arguments)])


def shared_trace(name: str) -> Path | None:
    """A file of the Azure traces, where this checkout has them beside it."""
    beside = Path(__file__).resolve().parents[2].parent / "shared"
    path = Path(os.environ.get("COSTOPS_SHARED_DATA", beside / "data")) / name
    return path if path.exists() else None


def made_trace(path: Path, rows: int, seed: int = 1) -> Path:
    """A file of the same form: seven decimals, no zone, and no end of its last line."""
    chance = random.Random(seed)
    at, lines = datetime(2023, 11, 16, 18, 17, 3, tzinfo=UTC), ["TIMESTAMP,ContextTokens,GeneratedTokens"]
    for _ in range(rows):
        at += timedelta(microseconds=chance.randrange(400_000))
        lines.append(f"{at:%Y-%m-%d %H:%M:%S.%f}0,{chance.randrange(8000)},{chance.randrange(1500)}")
    path.write_text("\n".join(lines))
    return path


def total_of(path: Path, model: str) -> Decimal:
    """What a trace costs at the model's published rates per million tokens."""
    into, out = RATES[model]
    with path.open(newline="") as file:
        rows = csv.DictReader(file)
        cost = sum(int(row["ContextTokens"]) * into + int(row["GeneratedTokens"]) * out for row in rows)
    return Decimal(cost) / 1_000_000


def query(sql: str, *parameters: object) -> tuple:
    """The first row of a query."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchone()


def ledger() -> tuple[int, Decimal, int, Decimal]:
    """Count and cost of all events, and of all hours."""
    events = query("SELECT count(*), coalesce(sum(cost), 0) FROM usage_event")
    return (*events, *query("SELECT coalesce(sum(requests), 0), coalesce(sum(cost), 0) FROM usage_hourly"))


def database_environment() -> dict[str, str]:
    """The environment of another process that works on the database of this test."""
    named = connection.settings_dict
    test_url = os.environ["DATABASE_URL"].split("?")
    base, _, _ = test_url[0].rpartition("/")
    return {**os.environ, "DATABASE_URL": "?".join([f"{base}/{named['NAME']}", *test_url[1:]])}


def write(path: Path, lines: Sequence[str]) -> Path:
    """A text file of these lines."""
    path.write_text("\n".join(lines) + "\n")
    return path


def need(path: Path | None) -> Path:
    """The path, or a skip with its reason."""
    if path is None:
        pytest.skip(f"The Azure traces are not beside {settings.BASE_DIR.name}; COSTOPS_SHARED_DATA may say where.")
    return path

"""The months of the ledger are there before their first call: from the first start on, and kept so by a job."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner
from django.conf import settings
from django.db import connection
from django.utils import timezone

from costops.cli import costops
from usage.domain.partitions import MONTHS_AHEAD, ensure_ahead, forget, month_of
from usage.tasks import make_partitions

pytestmark = pytest.mark.django_db
TABLES = ("usage_event", "usage_hourly")


def months() -> set[str]:
    """The partitions of both tables, without their prefix."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = ANY(%s::regclass[])", [[*TABLES]]
        )
        return {name for (name,) in cursor.fetchall()}


def names(begin: datetime) -> set[str]:
    """The partitions of this month and the next three."""
    month, found = month_of(begin), set()
    for _ in range(4):
        found |= {f"{table}_y{month.year:04d}m{month.month:02d}" for table in TABLES}
        month = month.next()
    return found


def migrate_command() -> None:
    result = CliRunner().invoke(costops, ["migrate"])
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("way", [make_partitions, migrate_command], ids=["job", "start"])
def test_the_job_and_the_start_make_this_month_and_the_next_three(way: Callable[[], None]):
    wanted = names(timezone.now())
    forget()
    with connection.cursor() as cursor:
        for name in wanted & months():
            cursor.execute(f"DROP TABLE {name}")
    way()
    assert wanted <= months()


def test_months_ahead_go_over_the_end_of_the_year():
    before = months()
    ensure_ahead(datetime(2041, 11, 30, 23, 59, tzinfo=UTC))
    assert months() - before == names(datetime(2041, 11, 1, tzinfo=UTC))
    assert MONTHS_AHEAD == 3


def test_beat_knows_the_job():
    assert make_partitions.name in {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}

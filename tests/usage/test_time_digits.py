"""Digits of a time beyond microseconds are cut off at every door: an instant before midnight stays before midnight."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from tests.factories import api
from tests.usage.importing import imports, write
from usage.models import UsageEvent

pytestmark = pytest.mark.django_db
LAST = datetime(2025, 3, 31, 23, 59, 59, 999999, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("2025-03-31T23:59:59.9999999Z", LAST),
        ("2025-03-31T23:59:59.9999995Z", LAST),
        ("2025-04-01T01:59:59.999999999+02:00", LAST),
        ("2025-03-31T23:59:59.999999Z", LAST),
        ("2025-03-31T10:00:00.1234567Z", datetime(2025, 3, 31, 10, 0, 0, 123456, tzinfo=UTC)),
    ],
)
@pytest.mark.parametrize("door", ["api", "csv", "jsonl"])
def test_a_time_is_cut_to_microseconds(tmp_path, door, written, instant):
    event = {"occurred_at": written, "input_tokens": 1, "metadata": {"at": written}}
    if door == "api":
        assert api("engineer").post("usage/", {"events": [event]}).status_code == 202
    elif door == "csv":
        imports(write(tmp_path / "calls.csv", ["occurred_at,input_tokens", f"{written},1"]))
    else:
        imports(write(tmp_path / "calls.jsonl", [json.dumps(event)]))
    found = UsageEvent.objects.get()
    assert found.occurred_at == instant
    assert found.metadata in (None, {"at": written})

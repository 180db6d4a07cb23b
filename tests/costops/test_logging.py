"""Logs are lines for machines or for people, and hold no secret in either form."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

SCRIPT = """
import logging, logging.config, sys
from costops.logging import configuration
logging.config.dictConfig(configuration("INFO", sys.argv[1]))
import structlog
structlog.get_logger("usage").info("posted", events=3, header="Authorization: Bearer abc.def.ghi")
logging.getLogger("any").warning("key %s at %s", "lcops_abcdEFGH1234567890", "postgresql://ann:hunter2@db/costops")
try:
    raise ValueError("lcops_abcdEFGH1234567890")
except ValueError:
    logging.getLogger("any").exception("failed")
"""


def logged(form: str) -> str:
    done = subprocess.run([sys.executable, "-c", SCRIPT, form], capture_output=True, text=True, check=True)
    assert done.stdout == ""
    return done.stderr


def test_lines_for_machines_are_json_with_level_time_and_values() -> None:
    first, second, third = map(json.loads, logged("json").splitlines())
    assert (first["event"], first["level"], first["logger"], first["events"]) == ("posted", "info", "usage", 3)
    assert first["timestamp"].endswith("Z")
    assert second["level"] == "warning"
    assert "ValueError" in third["exception"]


@pytest.mark.parametrize("form", ["json", "console"])
def test_keys_tokens_and_passwords_are_hidden(form: str) -> None:
    text = logged(form)
    for secret in ("EFGH1234", "hunter2", "abc.def.ghi"):
        assert secret not in text
    assert "[hidden]" in text


def test_a_log_that_is_no_terminal_is_for_machines() -> None:
    json.loads(logged("auto").splitlines()[0])

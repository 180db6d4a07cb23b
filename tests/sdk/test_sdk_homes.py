"""Users whose home cannot be used: what they spool elsewhere is found again and sent."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.sdk.seeing import SOURCE
from tests.sdk.standin import KEY, StandIn

NOBODY = 65534

Run = Callable[[str], str]


@pytest.fixture
def run_as_nobody(server: StandIn, tmp_path: Path) -> Iterator[Run]:
    """Runs a program as the user nobody, whose HOME it may not enter; what it prints."""
    if sys.platform == "win32" or os.geteuid() != 0:
        pytest.skip("only root can become somebody else")
    home, temporary = tmp_path / "root", Path(tempfile.mkdtemp())  # tmp_path is root's alone
    home.mkdir(mode=0o700)
    temporary.chmod(0o1777)

    def run(program: str) -> str:
        # Everything is imported while it may be read; only then the user changes.
        prelude = f"""
import os, tempfile
from llm_cost_ops import Backoff, CostTracker, Limits
CostTracker(spool_dir=tempfile.gettempdir())
os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})
tracker = CostTracker(backoff=Backoff(first=0.01, longest=0.05), limits=Limits(linger=0.05, rescan=0.2))
"""
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("XDG_", "LCOPS_"))}
        environment.update(PYTHONPATH=str(SOURCE), HOME=str(home), TMPDIR=str(temporary))
        environment.update(LCOPS_API_KEY=KEY, LCOPS_ENDPOINT=server.endpoint)
        ended = subprocess.run(
            [sys.executable, "-c", prelude + program], env=environment, capture_output=True, text=True, timeout=60
        )
        assert ended.returncode == 0, ended.stderr
        return ended.stdout.strip()

    yield run
    shutil.rmtree(temporary)


def test_usage_of_a_user_who_may_not_enter_the_home_is_found_again(server: StandIn, run_as_nobody: Run) -> None:
    server.stop()
    event_id = run_as_nobody('print(tracker.record_usage("openai", "gpt-4"))')
    server.start()
    assert run_as_nobody("print(tracker.flush(10))") == "True"
    assert set(server.events) == {event_id}

"""Importing real traces: totals exact to the last digit, however often, however interrupted."""

from __future__ import annotations

import signal
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from budgets.domain import check
from budgets.domain.changes import create_budget
from budgets.domain.history import Actor
from budgets.models import BudgetPeriod
from tests.usage import importing
from tests.usage.importing import TRACE, imports, ledger, made_trace, total_of
from wire.money import exact

FILES = {"azure_llm_code_2023.csv": "gpt-4", "azure_llm_conv_2023.csv": "gpt-3.5-turbo"}


@pytest.fixture(params=FILES)
def trace(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, str]:
    """A trace and the model it stands for: the real file where it is at hand, else one of the same form."""
    found = importing.shared_trace(request.param)
    return found or made_trace(tmp_path / request.param, 6_000), FILES[request.param]


@pytest.mark.django_db
def test_a_trace_costs_what_its_tokens_cost_and_is_charged_to_the_budget_of_its_project(trace):
    path, model = trace
    rows, total = len(path.read_text().splitlines()) - 1, total_of(path, model)
    scope = {"projects": ["code"]}
    create_budget(Actor(None), {"name": "Code", "amount": 1000, "scope": scope}, importing.NOW)
    result = imports(path, *TRACE, "--set", f"model={model}", "--set", "project=code")
    assert result.exit_code == 0, result.output
    assert ledger() == (rows, total, rows, total)
    assert f"{exact(total)} USD" in result.stdout
    period = BudgetPeriod.objects.get(spent__gt=0)
    assert (period.spent, period.requests) == (total, rows)


@pytest.mark.django_db
def test_the_same_import_again_adds_nothing_and_that_for_another_project_adds_all(trace):
    path, model = trace
    command = (path, *TRACE, "--set", f"model={model}")
    imports(*command, "--set", "project=a")
    once = ledger()
    again = imports(*command, "--set", "project=a")
    assert again.exit_code == 0
    assert ledger() == once
    assert "Cost of the new  0.00 USD" in again.stdout
    imports(*command, "--set", "project=b")
    assert ledger() == tuple(2 * figure for figure in once)


@pytest.mark.django_db
def test_the_published_traces_have_their_known_number_of_rows():
    paths = [importing.need(importing.shared_trace(name)) for name in FILES]
    for path, (rows, model) in zip(paths, ((8_819, "gpt-4"), (19_366, "gpt-3.5-turbo")), strict=True):
        before = ledger()[0]
        imports(path, *TRACE, "--set", f"model={model}")
        assert ledger()[0] - before == rows


def begun(*arguments: object) -> subprocess.Popen[str]:
    """An import in a process of its own, which heeds Ctrl-C even where these tests run in a shell's background."""
    return subprocess.Popen(
        [sys.executable, "-m", "costops.cli", "import", *map(str, arguments)],
        env=importing.database_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


@pytest.mark.parametrize("stopped_by", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_an_import_that_was_stopped_and_run_again_has_the_totals_of_one_that_was_not(committed, tmp_path, stopped_by):
    path = made_trace(tmp_path / "long.csv", 60_000)
    command = [path, *TRACE, "--set", "model=gpt-4", "--set", "project=long"]
    process = begun(*command)
    while not ledger()[0]:
        assert process.poll() is None, process.stdout.read()
    process.send_signal(stopped_by)
    told, _ = process.communicate()
    assert process.returncode != 0
    assert "Traceback" not in told
    assert 0 < ledger()[0] < 60_000
    assert imports(*command).exit_code == 0
    total = total_of(path, "gpt-4")
    assert ledger() == (60_000, total, 60_000, total)
    assert check.check() == []


def test_two_imports_of_one_file_at_once_bring_each_row_once(committed, tmp_path):
    path = made_trace(tmp_path / "long.csv", 20_000)
    both = [begun(path, *TRACE, "--set", "model=gpt-4") for _ in range(2)]
    told = [process.communicate()[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], told
    new = [int(line.split()[1].replace(",", "")) for text in told for line in text.splitlines() if "  New " in line]
    assert sum(new) == 20_000
    total = total_of(path, "gpt-4")
    assert ledger() == (20_000, total, 20_000, total)
    assert check.check() == []


@pytest.mark.django_db
def test_a_dry_run_tells_what_would_come_and_leaves_nothing(tmp_path):
    path = made_trace(tmp_path / "some.csv", 6_000)
    command = (path, *TRACE, "--set", "model=gpt-4")
    dry = imports(*command, "--dry-run")
    assert ledger() == (0, Decimal(0), 0, Decimal(0))
    real = imports(*command)
    assert dry.stdout.replace(" (dry run: nothing was changed)", "") == real.stdout


@pytest.mark.django_db
def test_a_compressed_file_is_the_same_import_as_the_file_in_it(tmp_path):
    import gzip

    path = made_trace(tmp_path / "plain.csv", 300)
    packed = tmp_path / "packed.csv.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    imports(path, *TRACE, "--set", "model=gpt-4")
    once = ledger()
    assert imports(packed, *TRACE, "--set", "model=gpt-4").exit_code == 0
    assert ledger() == once

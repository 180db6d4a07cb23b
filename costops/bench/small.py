"""Fills the installation beside the measured one with 20,000 events, and prints how to read it."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime

from costops.bench.forecasts import forecast_all
from costops.bench.installed import make_key, set_up_django

EVENTS = 20_000


def main() -> None:
    """Prints the key, the session cookie and the first budget's id as one JSON object.

    Takes the number of budgets and of days that the events are spread over.
    """
    budgets, days = (int(text) for text in sys.argv[1:3])
    set_up_django()
    from costops.bench.company import fill, make_tree

    now = datetime.now(UTC)
    key, cookie = make_key()
    budget = make_tree(budgets, now)[0]
    fill(EVENTS, now, days=days)
    forecast_all(now)
    print(json.dumps({"key": key, "cookie": cookie, "budget": budget.pk}))


if __name__ == "__main__":
    main()

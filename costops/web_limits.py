"""How long a statement of the web server may run, and a transaction of it stand still: set here, on each connection.

Jobs and commands are not limited: nobody waits at a browser for them, and what they do may take its time.
"""

from __future__ import annotations

from typing import Any

from costops.env import Environment


def limit_connections(database: dict[str, Any], env: Environment) -> None:
    """Has PostgreSQL end what takes too long on the connections that are opened from now on.

    What `DATABASE_URL` says in `options` comes later, and so has the last word.
    """
    limits = {
        "statement_timeout": env.web_statement_seconds,
        "idle_in_transaction_session_timeout": env.web_idle_seconds,
    }
    ours = [f"-c {name}={seconds}s" for name, seconds in limits.items()]
    options = database["OPTIONS"]
    options["options"] = " ".join([*ours, *filter(None, [options.get("options")])])

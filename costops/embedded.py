"""Joins the embedded PostgreSQL and Valkey of the data folder, or has them run for as long as this process lives."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from costops import env as environment
from costops.supervisor.folder import DataFolder
from costops.supervisor.servers import Addresses, needs_postgres, needs_valkey

PATIENCE = 120.0  # Seconds; recovery after a power cut takes some.
_leases: list[int] = []


def use_embedded_services() -> None:
    """Makes sure that DATABASE_URL, CELERY_BROKER_URL and CACHE_URL name running servers: the environment's, else ours.

    Those of a running `costops up` are joined; else they run for as long as this process lives. Must be called before
    Django reads its settings. Ends the process with one sentence when they do not start.
    """
    if needs_postgres() or needs_valkey():
        folder = environment.make_folder(environment.read().folder)
        os.environ |= {name: url for name, url in join(folder).as_environment().items() if not os.environ.get(name)}


def join(path: Path, *, throwaway: bool = False) -> Addresses:
    """The servers of a data folder, which stay up for as long as this process lives.

    `throwaway` starts them fast and careless, and removes the folder when the last process that joined has ended.
    """
    folder = DataFolder(path)
    _leases.append(folder.be_client())
    until = time.monotonic() + PATIENCE
    keeper: subprocess.Popen[bytes] | None = None
    while time.monotonic() < until:
        holder = folder.holder()
        if folder.is_held():
            if holder and holder.ready and _answers(holder.database_url):
                return Addresses(holder.database_url, holder.broker_url, holder.cache_url)
        elif keeper is None or keeper.poll() == 0:
            keeper = _start_keeper(folder, throwaway=throwaway)
        elif keeper.poll():
            sys.exit(folder.log("keeper").read_text().strip())
        time.sleep(0.03)
    sys.exit(f"The servers of {path} did not answer within {PATIENCE:.0f} s; {folder.logs} may say why.")


def _answers(database_url: str) -> bool:
    """Whether our PostgreSQL is there, which may be started again at the moment; so it is where we have none."""
    return not database_url or why_unreachable(database_url) is None


def _start_keeper(folder: DataFolder, *, throwaway: bool) -> subprocess.Popen[bytes]:
    folder.logs.mkdir(exist_ok=True)
    with folder.log("keeper").open("wb") as log:
        return subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "costops.supervisor.keeper", str(folder.path), *["--throwaway"] * throwaway],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def why_unreachable(database_url: str) -> str | None:
    """A sentence that says why a database cannot be used, without its password; None when it can."""
    import psycopg

    try:
        psycopg.connect(database_url, connect_timeout=5).close()
    except psycopg.OperationalError as error:
        reason = str(error).strip().splitlines()[0].strip()
        return f"The database that DATABASE_URL names does not answer: {reason}"
    return None

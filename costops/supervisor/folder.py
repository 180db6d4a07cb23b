"""The data folder: its lock, the record of the servers that run in it, and what a dead supervisor left behind."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import signal
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

MARK = "COSTOPS_SUPERVISED"
# Linux allows 107 bytes, macOS 103, and the longest name in there is ".s.PGSQL.5432.lock".
LONGEST_SOCKET_FOLDER = 84


@dataclass(frozen=True)
class Holder:
    """Who runs the servers of a data folder, and where they are. A URL is empty when the environment named its own."""

    pid: int
    who: str
    ready: bool = False
    database_url: str = ""
    broker_url: str = ""
    cache_url: str = ""


class HeldError(Exception):
    """Somebody else runs the servers of this data folder."""

    def __init__(self, folder: Path, holder: Holder | None) -> None:
        self.holder = holder
        who = f"`{holder.who}` (process {holder.pid})" if holder else "another process"
        super().__init__(f"{folder} is in use by {who}. Stop that first, or set COSTOPS_DATA_DIR to another folder.")


class DataFolder:
    """The files of a data folder that more than one process reads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.logs = path / "logs"
        self._lock_path = path / "lock"
        self._clients_path = path / "clients"
        self._holder_path = path / "holder.json"
        self._lock: int | None = None

    def log(self, name: str) -> Path:
        """The log of one server; the one before is kept when it has grown beyond 10 MB."""
        path = self.logs / f"{name}.log"
        if path.exists() and path.stat().st_size > 10 * 1024 * 1024:
            path.replace(path.with_suffix(".log.1"))
        return path

    def hold(self, who: str, *, wait: float = 1.0) -> None:
        """Takes the folder for this process until it ends; the kernel gives it back, however it ends.

        Raises HeldError when another still has it after `wait` seconds: those who only look take it for a moment.
        """
        lock = os.open(self._lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        until = time.monotonic() + wait
        while not _flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB):
            if time.monotonic() > until:
                os.close(lock)
                raise HeldError(self.path, self.holder())
            time.sleep(0.05)
        self._lock = lock
        self.record(Holder(os.getpid(), who))

    def release(self) -> None:
        """Gives the folder back."""
        self._holder_path.unlink(missing_ok=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def is_held(self) -> bool:
        """Whether a living process has the folder."""
        try:
            lock = os.open(self._lock_path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            return not _flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        finally:
            os.close(lock)

    def record(self, holder: Holder) -> None:
        """Tells the others who holds the folder and where the servers are."""
        new = self._holder_path.with_suffix(f".{os.getpid()}")
        new.write_text(json.dumps(asdict(holder)))
        new.replace(self._holder_path)

    def holder(self) -> Holder | None:
        """What the last holder told; it may be dead by now."""
        try:
            return Holder(**json.loads(self._holder_path.read_text()))
        except (FileNotFoundError, ValueError, TypeError):
            return None

    def be_client(self) -> int:
        """Says that this process needs the servers, until it ends or closes what is returned (a file descriptor)."""
        clients = os.open(self._clients_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(clients, fcntl.LOCK_SH)
        return clients

    def wait_for_clients(self) -> None:
        """Returns when nobody needs the servers; whoever comes now waits until this process has ended."""
        clients = os.open(self._clients_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(clients, fcntl.LOCK_EX)

    def socket_folder(self, owner: tuple[int, int]) -> Path:
        """A folder for sockets that `owner` alone may enter, with a name short and plain enough for any client."""
        folder = self.path / "run"
        if len(os.fsencode(folder)) > LONGEST_SOCKET_FOLDER or not re.fullmatch(r"[\w./-]+", str(folder), re.ASCII):
            link = self.path / "run.elsewhere"
            if link.is_symlink():
                shutil.rmtree(link.readlink(), ignore_errors=True)
                link.unlink()
            folder = Path(tempfile.mkdtemp(prefix="costops-", dir="/tmp"))
            link.symlink_to(folder)
        folder.mkdir(exist_ok=True)
        folder.chmod(0o700)
        if owner[0] >= 0:
            os.chown(folder, *owner)
        return folder

    def end_leftovers(self, say: Callable[[str], None] = lambda _: None) -> None:
        """Ends what the last holder started and could not stop. To be called by the present holder alone."""
        left = [process for process in psutil.process_iter() if self._is_ours(process)]
        if not left:
            return
        say(f"Ending {len(left)} processes that the last run left behind")
        for process in left:
            send(process, signal.SIGINT)
        for process in psutil.wait_procs(left, timeout=10)[1]:
            send(process, signal.SIGKILL)
        psutil.wait_procs(left, timeout=5)

    def _is_ours(self, process: psutil.Process) -> bool:
        """Servers are known by where they work (they overwrite their environment), the rest by the mark they carry."""
        try:
            if process.pid == os.getpid():
                return False
            if process.name() == "postgres" or process.name().startswith("valkey"):
                return Path(process.cwd()).parent == self.path
            return process.environ().get(MARK) == str(self.path)
        except (psutil.Error, OSError):
            return False


def send(process: psutil.Process, which: signal.Signals) -> None:
    """Sends a signal to a process that may be gone by now."""
    try:
        process.send_signal(which)
    except psutil.NoSuchProcess:
        return


def _flock(descriptor: int, operation: int) -> bool:
    try:
        fcntl.flock(descriptor, operation)
    except BlockingIOError:
        return False
    return True

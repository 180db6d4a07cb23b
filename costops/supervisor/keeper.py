"""Runs the embedded servers for as long as any command needs them: `python -m costops.supervisor.keeper FOLDER`.

Each command holds a shared lock on the data folder while it lives. The keeper waits for the exclusive one, which the
kernel grants when the last command has ended, however it ended; then it stops the servers. So a command that is killed
leaves nothing behind, and one that ends does not pull the database from under another.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
import traceback
from pathlib import Path

from costops.supervisor.child import ChildFailedError
from costops.supervisor.console import Console
from costops.supervisor.folder import DataFolder, HeldError, Holder
from costops.supervisor.postgres import PostgresError
from costops.supervisor.server_user import NoServerUserError
from costops.supervisor.servers import Servers

WHO = "a costops command"


async def keep(folder: DataFolder, *, throwaway: bool) -> int:
    """Runs the servers until nobody needs them; returns the exit status."""
    servers = Servers(folder, Console(sys.stderr), throwaway=throwaway)
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    unneeded = asyncio.create_task(asyncio.to_thread(folder.wait_for_clients))
    try:
        await servers.start(lambda _: None)
        addresses = servers.addresses
        folder.record(Holder(os.getpid(), WHO, ready=True, **addresses.__dict__))
        await asyncio.wait({unneeded, asyncio.create_task(stopped.wait())}, return_when=asyncio.FIRST_COMPLETED)
    except (ChildFailedError, PostgresError, NoServerUserError) as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        await servers.stop()
        folder.release()
        if throwaway:
            shutil.rmtree(folder.path, ignore_errors=True)
    return 0


def main() -> None:
    """Takes the folder, unless another holds it, and keeps its servers."""
    folder = DataFolder(Path(sys.argv[1]))
    try:
        folder.hold(WHO)
    except HeldError:
        return
    status = 1
    try:
        folder.end_leftovers()
        status = asyncio.run(keep(folder, throwaway="--throwaway" in sys.argv[2:]))
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)  # The thread that waits for the clients cannot be asked to stop.


if __name__ == "__main__":
    main()

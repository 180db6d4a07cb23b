"""Ties a program to its supervisor, then becomes it: `python -I -S tether.py SIGNAL PARENT UID GID PROGRAM ARGUMENT…`.

On Linux the kernel sends SIGNAL to the program when the supervisor dies in whatever way, `kill -9` included. Other
systems have no such tie; there the next start ends what was left. UID and GID are -1, or whom to become first.
A file of its own that imports nothing of CostOps: it runs before each child and should cost milliseconds.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def tie(signal: int, parent: int) -> None:
    """Has this process get `signal` when its parent dies, and ends it if the parent was quicker."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0)
        if os.getppid() != parent:
            sys.exit(1)


def main(signal: int, parent: int, uid: int, gid: int, command: list[str]) -> None:
    """Becomes `command`; a change of user comes first, because it would undo the tie."""
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
        os.umask(0o077)
    tie(signal, parent)
    os.execv(command[0], command)  # noqa: S606


if __name__ == "__main__":
    signal, parent, uid, gid = (int(number) for number in sys.argv[1:5])
    main(signal, parent, uid, gid, sys.argv[5:])

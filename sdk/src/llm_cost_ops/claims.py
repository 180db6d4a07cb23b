"""Claims on a process's files in the spool: OS locks, which end with the process however it ends."""

from __future__ import annotations

import os
import sys
from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    # Windows locks bytes, and locked bytes cannot be read: take one that no lock file has.
    _FAR = 1 << 30

    def _lock(fd: int) -> None:
        os.lseek(fd, _FAR, os.SEEK_SET)
        msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(fd: int) -> None:
        # flock, not lockf: it belongs to this opening of the file, so that two trackers of one process exclude each
        # other too, and a forked child that closes its copy does not take it from the parent.
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)


class Claim:
    """The right to all files of one name in a folder, for as long as this object holds it."""

    def __init__(self, path: Path, fd: int) -> None:
        self.path = path
        self._fd: int | None = fd

    @classmethod
    def take(cls, path: Path) -> Claim | None:
        """Locks the file, which is made if it is not there; None when somebody else holds it.

        Raises OSError when the folder cannot be used.
        """
        fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(fd)
            held = os.fstat(fd).st_nlink > 0  # its last holder may have removed it between our opening and locking
        except OSError:
            held = False
        if not held:
            os.close(fd)
            return None
        return cls(path, fd)

    def end(self, *, remove: bool) -> None:
        """Gives the claim up, and removes its file if nothing is left to claim."""
        if self._fd is None:
            return
        fd, self._fd = self._fd, None
        try:
            if remove and sys.platform != "win32":
                # While it is still locked: afterwards somebody may have taken it over.
                self.path.unlink()
        except FileNotFoundError:
            pass
        finally:
            os.close(fd)
        if remove and sys.platform == "win32":
            try:
                self.path.unlink()
            except OSError:
                return

    def leave_to_parent(self) -> None:
        """In a forked child: closes the copy. The parent's own keeps the lock."""
        if self._fd is not None:
            fd, self._fd = self._fd, None
            os.close(fd)

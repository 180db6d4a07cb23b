"""Whom PostgreSQL and Valkey run as when CostOps runs as root, which PostgreSQL refuses to be."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

NAME = "costops"
OURSELVES = (-1, -1)
Owner = tuple[int, int]


class NoServerUserError(Exception):
    """Root cannot run PostgreSQL, and no other user could be found or made."""


def owner_for(folder: Path) -> Owner:
    """User and group of a server with its files in `folder`: ourselves, or for root its owner, else `costops`."""
    if os.geteuid() != 0:
        return OURSELVES
    if folder.exists() and folder.stat().st_uid != 0:
        return folder.stat().st_uid, folder.stat().st_gid
    try:
        entry = pwd.getpwnam(NAME)
    except KeyError:
        entry = _add_user()
    return entry.pw_uid, entry.pw_gid


def _add_user() -> pwd.struct_passwd:
    """A system user without a home or a shell; where none can be made, `nobody`."""
    for command in (
        ["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", NAME],
        ["adduser", "-S", "-D", "-H", NAME],
    ):
        if shutil.which(command[0]):
            subprocess.run(command, check=False, capture_output=True)  # noqa: S603
    for name in (NAME, "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise NoServerUserError(
        "PostgreSQL does not run as root, and no user could be added for it. Start CostOps as another user."
    )


def let_reach(path: Path, owner: Owner, say: Callable[[str], None]) -> None:
    """Opens the way to `path` for `owner`: closed folders above it become passable, not listable.

    It is said of each that is not CostOps' own, which is the last.
    """
    if owner == OURSELVES:
        return
    for folder in reversed(path.parents):
        mode = folder.stat()
        if not _allowed(mode, owner, stat.S_IXUSR):
            folder.chmod(stat.S_IMODE(mode.st_mode) | stat.S_IXOTH)
            if folder != path.parent:
                say(f"{folder} may now be passed by other users, so that PostgreSQL reaches its files (chmod o+x)")


def let_read(tree: Path, owner: Owner, say: Callable[[str], None]) -> None:
    """Lets `owner` read and run an installed program: the way to it and everything in its folder."""
    if owner == OURSELVES:
        return
    let_reach(tree, owner, say)
    for path in (tree, *tree.rglob("*")):
        mode = path.stat()
        passable = stat.S_IXOTH if mode.st_mode & stat.S_IXUSR else 0
        wanted = stat.S_IMODE(mode.st_mode) | stat.S_IROTH | passable
        if wanted != stat.S_IMODE(mode.st_mode):
            path.chmod(wanted)


def _allowed(found: os.stat_result, owner: Owner, bit: int) -> bool:
    if found.st_uid == owner[0]:
        return bool(found.st_mode & bit)
    if found.st_gid == owner[1]:
        return bool(found.st_mode & (bit >> 3))
    return bool(found.st_mode & (bit >> 6))

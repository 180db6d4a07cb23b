"""Where the spool is when the caller names no folder."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit


def spool_folders(spool_dir: str | os.PathLike[str] | None, server: str, key: str) -> list[Path]:
    """Folders to try in order.

    `spool_dir` is taken as it is: what is found there is sent with this tracker's key. Otherwise server and key have
    a folder of their own, named by digests, so that usage is never sent in another key's name (whose defaults would
    say whose it is): in the system's place for state, or, for users without a home that can be written, in the folder
    for temporary files.
    """
    if spool_dir is not None:
        return [Path(spool_dir).expanduser()]
    name = f"{_digest(_one_spelling(server))}-{_digest(key)}"
    user = os.getuid() if hasattr(os, "getuid") else "user"
    folders = [Path(tempfile.gettempdir()) / f"llm_cost_ops-{user}-{name}"]
    try:
        folders.insert(0, _state_folder() / "llm_cost_ops" / "spool" / name)
    except RuntimeError:  # no home at all
        return folders
    return folders


def folders_of_other_keys(folders: Sequence[Path]) -> list[Path]:
    """The folders beside these that belong to other keys of the same server."""
    found: list[Path] = []
    for folder in folders:
        prefix, _, _ = folder.name.rpartition("-")
        with contextlib.suppress(OSError):
            found += [other for other in folder.parent.glob(f"{prefix}-*") if other != folder]
    return found


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _one_spelling(endpoint: str) -> str:
    """The same for all spellings of a server: large letters, a port that goes without saying, names of this machine."""
    parts = urlsplit(endpoint)
    scheme, host = parts.scheme.lower(), (parts.hostname or "").rstrip(".")
    port = parts.port or {"http": 80, "https": 443}.get(scheme)
    if host in ("127.0.0.1", "::1"):
        host = "localhost"
    return f"{scheme}://{host}:{port}{parts.path.rstrip('/')}"


def _state_folder() -> Path:
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return Path(local) if local else Path.home() / "AppData" / "Local"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support"
    state = os.environ.get("XDG_STATE_HOME")
    return Path(state) if state and os.path.isabs(state) else Path.home() / ".local" / "state"

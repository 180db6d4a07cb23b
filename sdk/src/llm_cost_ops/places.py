"""Where the spool is when the caller names no folder."""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from pathlib import Path


def spool_places(spool_dir: str | os.PathLike[str] | None, identity: str) -> list[Path]:
    """Folders to try in order.

    `spool_dir` is taken as it is: what is found there is sent with this tracker's key. Otherwise server and key have
    a folder of their own, named by a digest, so that usage is never sent in another key's name: in the system's place
    for state, or, for users without a home that can be written, in the folder for temporary files.
    """
    if spool_dir is not None:
        return [Path(spool_dir).expanduser()]
    digest = hashlib.sha256(identity.encode()).hexdigest()[:16]
    user = os.getuid() if hasattr(os, "getuid") else "user"
    places = [Path(tempfile.gettempdir()) / f"llm_cost_ops-{user}-{digest}"]
    try:
        places.insert(0, _state_folder() / "llm_cost_ops" / "spool" / digest)
    except RuntimeError:  # no home at all
        return places
    return places


def _state_folder() -> Path:
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return Path(local) if local else Path.home() / "AppData" / "Local"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support"
    state = os.environ.get("XDG_STATE_HOME")
    return Path(state) if state and os.path.isabs(state) else Path.home() / ".local" / "state"

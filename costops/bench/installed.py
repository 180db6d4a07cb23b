"""The installations that the benchmarks run against: `costops up` in an empty folder, and a person who asks."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SERVERS = ("DATABASE_URL", "CELERY_BROKER_URL", "CACHE_URL")  # never those that somebody works with


@contextmanager
def installation(port: int) -> Iterator[dict[str, str]]:
    """`costops up` in an empty folder with servers of its own; yields the environment of its commands."""
    with tempfile.TemporaryDirectory(prefix="costops-bench-") as folder:
        elsewhere = {name: value for name, value in os.environ.items() if name not in SERVERS}
        own = elsewhere | {
            "COSTOPS_DATA_DIR": folder,
            "COSTOPS_PORT": str(port),
            "COSTOPS_REQUESTS_PER_MINUTE": "0",
            "COSTOPS_LOG_LEVEL": "WARNING",
        }
        command = [sys.executable, "-m", "costops.cli", "up", "--no-demo"]
        with (Path(folder) / "up.log").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, cwd=ROOT, env=own)  # noqa: S603
        try:
            _wait_for(f"http://127.0.0.1:{port}/healthz", process)
            yield own
        finally:
            process.terminate()
            process.wait(30)


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        if process.poll() is not None:
            sys.exit("costops up ended before it answered.")
        try:
            with urllib.request.urlopen(url, timeout=1):  # noqa: S310 - loopback
                return
        except OSError:
            time.sleep(0.2)
    sys.exit("costops up did not answer within two minutes.")


def set_up_django() -> None:
    """Joins the database of the installation that the environment names."""
    from costops.embedded import use_embedded_services

    use_embedded_services()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "costops.settings")
    import django

    django.setup()


def make_key() -> tuple[str, str]:
    """An admin's API key and session cookie."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.cached_db import SessionStore

    from accounts.domain.keys import create_key
    from accounts.domain.roles import give_role
    from accounts.domain.scopes import ALL
    from accounts.models import User

    user = User.objects.create_user("bench@company.com")
    give_role(user, "admin")
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return create_key(user, "bench", scopes=ALL)[1], f"{settings.SESSION_COOKIE_NAME}={session.session_key}"

"""Static files: hashed, compressed at a speed that a first start can bear, and collected only when they changed."""

from __future__ import annotations

import fcntl
import hashlib
from pathlib import Path
from typing import Any

import brotli
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage

# Quality 11, the library's own choice, takes six times as long for files 3 % smaller.
BROTLI_QUALITY = 9


class QuickCompressor(Compressor):
    """Compresses at `BROTLI_QUALITY`."""

    @staticmethod
    def compress_brotli(data: bytes) -> bytes:
        """The compressed bytes."""
        return bytes(brotli.compress(data, quality=BROTLI_QUALITY))


class StaticFiles(CompressedManifestStaticFilesStorage):
    """WhiteNoise's storage with the quick compressor."""

    def create_compressor(self, **options: Any) -> Compressor:
        """What compresses each file."""
        return QuickCompressor(**options)


def collect() -> int:
    """Collects the files of all installed apps; returns how many, 0 when none changed since the last time."""
    root = Path(settings.STATIC_ROOT)
    root.mkdir(parents=True, exist_ok=True)
    sources = [(path, Path(storage.path(path)).stat()) for finder in get_finders() for path, storage in finder.list([])]
    seen = repr(sorted((path, stat.st_size, stat.st_mtime_ns) for path, stat in sources))
    fingerprint = hashlib.sha256(seen.encode()).hexdigest()
    with (root / ".collected").open("a+") as mark:
        fcntl.flock(mark, fcntl.LOCK_EX)
        mark.seek(0)
        if mark.read() == fingerprint:
            return 0
        call_command("collectstatic", interactive=False, verbosity=0)
        mark.truncate(0)
        mark.write(fingerprint)
    return len(sources)

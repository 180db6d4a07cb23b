"""What the tests of pages share: static files by their plain names, and someone who is signed in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from playwright.sync_api import Browser

from accounts.models import User
from tests.factories import person
from tests.pages.browser import browser


@pytest.fixture(autouse=True)
def static_files_as_they_are(settings: Any) -> None:
    """Nothing is collected in a test, so files have no hashed names."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}


@pytest.fixture(autouse=True)
def no_tries_yet() -> None:
    """What the cache server counts of one test locks nobody out in the next."""
    cache.clear()


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    """A Chromium for the tests of a file."""
    with browser() as running:
        yield running


@pytest.fixture
def signed_in(db: None) -> Callable[..., Client]:
    """A browser in which someone of a role, or a certain person, is signed in."""

    def sign_in(who: str | User = "admin") -> Client:
        client = Client()
        client.force_login(person(who) if isinstance(who, str) else who)
        client.get("/sign-out/")  # A session's first page of a minute writes that it was seen.
        cache.touch(f"seen:{client.session.session_key}", 3600)
        return client

    return sign_in

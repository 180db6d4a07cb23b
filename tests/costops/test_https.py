"""An installation whose public address is https: browsers come by nothing else, and Django's own check is content."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEADER = """
import django; django.setup()
from django.test import Client
answer = Client().get("/healthz", headers={"Host": "localhost", "X-Forwarded-Proto": "https"})
print(answer.status_code, answer.headers.get("Strict-Transport-Security", "no promise"))
"""


def run(public_url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs Python as an installation with this public address does."""
    settings = {
        "COSTOPS_PUBLIC_URL": public_url,
        "COSTOPS_SECRET_KEY": secrets.token_urlsafe(48),
        "DJANGO_SETTINGS_MODULE": "costops.settings",
    }
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=os.environ | settings, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("public_url", "said"),
    [
        ("https://costops.example.com", "200 max-age=2592000\n"),
        ("http://costops.example.com", "200 no promise\n"),
        ("", "200 no promise\n"),
    ],
)
def test_browsers_are_told_to_stay_with_https_where_that_is_the_address(public_url: str, said: str) -> None:
    done = run(public_url, "-c", HEADER)
    assert done.stdout == said, done.stderr


def test_the_check_before_a_deployment_finds_nothing() -> None:
    done = run("https://costops.example.com", "manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert done.returncode == 0, done.stderr


def test_the_check_before_a_deployment_warns_of_an_address_without_https() -> None:
    done = run("http://costops.example.com", "manage.py", "check", "--deploy")
    assert "SESSION_COOKIE_SECURE is not set" in done.stderr

"""A wrong value in the environment ends with one sentence that names the variable, before anything is started."""

from __future__ import annotations

from pathlib import Path

import pytest

from costops import env
from tests.live import run


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("COSTOPS_PORT", "abc", "COSTOPS_PORT is 'abc': it should be a valid integer"),
        ("COSTOPS_PORT", "70000", "COSTOPS_PORT is '70000': it should be less than or equal to 65535."),
        ("COSTOPS_TIME_ZONE", "Mars/Base", "COSTOPS_TIME_ZONE is 'Mars/Base': it should be a time zone"),
        ("COSTOPS_TIME_ZONE", "Europe", "COSTOPS_TIME_ZONE is 'Europe': it should be a time zone"),
        ("COSTOPS_TIME_ZONE", "localtime", "COSTOPS_TIME_ZONE is 'localtime': it should be a time zone"),
        ("COSTOPS_DATA_DIR", "~nobodyhere/x", "COSTOPS_DATA_DIR is '~nobodyhere/x': there is no such user here"),
        ("COSTOPS_ALLOWED_HOSTS", "http://x", "COSTOPS_ALLOWED_HOSTS is 'http://x': 'http://x' is no host name"),
        ("COSTOPS_PUBLIC_URL", "https://a b", "COSTOPS_PUBLIC_URL is 'https://a b': it should be like https://"),
        ("COSTOPS_SECRET_KEY", " " * 40, "COSTOPS_SECRET_KEY: it should be a random text of at least 32 characters."),
        ("CACHE_URL", "redis://h:1/abc", "CACHE_URL: it should be like redis://"),
        ("COSTOPS_CURRENCY", "usd", "COSTOPS_CURRENCY is 'usd': it should be three capital letters, such as EUR."),
        ("COSTOPS_CURRENCY", "EUR", "COSTOPS_USD_RATE: it should say how much EUR one USD is, such as 0.92"),
        (
            "COSTOPS_USD_RATE",
            "0.92",
            "COSTOPS_USD_RATE is '0.92': it should be left out where",
        ),
        (
            "COSTOPS_FISCAL_YEAR_START",
            "13",
            "COSTOPS_FISCAL_YEAR_START is '13': it should be less than or equal to 12.",
        ),
        ("COSTOPS_DEBUG", "maybe", "COSTOPS_DEBUG is 'maybe': it should be a valid boolean"),
        (
            "COSTOPS_LOG_LEVEL",
            "loud",
            "COSTOPS_LOG_LEVEL is 'loud': it should be 'DEBUG', 'INFO', 'WARNING' or 'ERROR'.",
        ),
        ("COSTOPS_MAX_EVENT_COST", "NaN", "COSTOPS_MAX_EVENT_COST is 'NaN': it should be a finite number."),
        ("COSTOPS_PUBLIC_URL", "example.com", "COSTOPS_PUBLIC_URL is 'example.com': it should be like https://"),
        ("COSTOPS_SECRET_KEY", "short", "COSTOPS_SECRET_KEY: it should be a random text of at least 32 characters."),
        ("DATABASE_URL", "mysql://a:secret@h/d", "DATABASE_URL: it should be like postgresql://"),
        ("DATABASE_URL", "postgresql://a:secret@h:port/d", "DATABASE_URL: it should be like postgresql://"),
        ("DATABASE_URL", "postgresql://a:secret@h", "DATABASE_URL: it should be like postgresql://"),
        ("CELERY_BROKER_URL", "localhost:6379", "CELERY_BROKER_URL: it should be like redis://"),
        ("CACHE_URL", "memcached://h", "CACHE_URL: it should be like redis://"),
        ("COSTOPS_EMAIL_URL", "http://a:secret@h", "COSTOPS_EMAIL_URL: it should be like smtp://"),
        ("COSTOPS_EMAIL_URL", "smtp://a:secret@h:port", "COSTOPS_EMAIL_URL: it should be like smtp://"),
        ("COSTOPS_EMAIL_URL", "smtp://secret@h", "COSTOPS_EMAIL_URL: it should name both a user and a password"),
        ("COSTOPS_EMAIL_URL", "smtp://h?tls=maybe", "COSTOPS_EMAIL_URL: after the ? it should be tls=starttls or"),
        ("COSTOPS_EMAIL_URL", "smtps://h?tls=none", "COSTOPS_EMAIL_URL: smtps is encrypted from the first byte"),
        ("COSTOPS_EMAIL_URL", "smtp://a:secret@h", "COSTOPS_EMAIL_FROM: it should say whom mail comes from"),
        ("COSTOPS_EMAIL_FROM", "CostOps", "COSTOPS_EMAIL_FROM is 'CostOps': it should be one address, like CostOps <"),
        ("COSTOPS_EMAIL_FROM", "a@b.co, c@d.co", "COSTOPS_EMAIL_FROM is 'a@b.co, c@d.co': it should be one address"),
        ("COSTOPS_TRUSTED_PROXIES", "-1", "COSTOPS_TRUSTED_PROXIES is '-1': it should be greater than or equal to 0."),
    ],
)
def test_a_wrong_value_is_told_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, sentence: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as ended:
        env.read()
    message = str(ended.value.code)
    assert message.startswith(sentence)
    assert message.endswith(".")
    assert "\n" not in message
    assert "secret" not in message


@pytest.mark.parametrize("hosts", ["costops.example.com", ".example.com, 10.0.0.1", "[::1]", "*"])
def test_the_usual_host_names_are_taken(monkeypatch: pytest.MonkeyPatch, hosts: str) -> None:
    monkeypatch.setenv("COSTOPS_ALLOWED_HOSTS", hosts)
    assert env.read().allowed_hosts == hosts


def test_an_empty_value_means_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COSTOPS_PORT", "")
    assert env.read().port == 8000


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:p%40ss@db.example.com:5432/costops?sslmode=require",
        "postgres://u@/costops?host=/var/run/postgresql",
    ],
)
def test_the_usual_database_urls_are_taken(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    assert env.read().database_url == url


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://u:p%40ss@h", ("h", 587, "u", "p@ss", True, False)),
        ("smtp://h:25?tls=none", ("h", 25, "", "", False, False)),
        ("smtps://u:p@[::1]", ("::1", 465, "u", "p", False, True)),
    ],
)
def test_the_usual_mail_servers_are_taken(
    monkeypatch: pytest.MonkeyPatch, url: str, server: tuple[str, int, str, str, bool, bool]
) -> None:
    monkeypatch.setenv("COSTOPS_EMAIL_URL", url)
    monkeypatch.setenv("COSTOPS_EMAIL_FROM", "CostOps <costops@example.com>")
    assert env.read().mail == server


def test_a_misspelt_variable_is_told_with_the_nearest_that_exists() -> None:
    assert env.unknown_variables({"COSTOPS_PROT": "1", "PATH": "", "COSTOPS_PORT": "1"}) == [
        "COSTOPS_PROT means nothing to CostOps. Did you mean COSTOPS_PORT?"
    ]


def test_a_folder_that_cannot_be_written_is_told_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SystemExit) as ended:
        env.make_folder(tmp_path / "file" / "data")
    assert str(ended.value.code).startswith(f"COSTOPS_DATA_DIR is '{tmp_path}/file/data': it cannot be written")


def test_a_command_stops_at_a_wrong_value_without_a_traceback(tmp_path: Path) -> None:
    refused = run(tmp_path / "data", "up", COSTOPS_TIME_ZONE="Nowhere", check=False)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.splitlines() == [
        "COSTOPS_TIME_ZONE is 'Nowhere': it should be a time zone of the IANA database, such as Europe/Berlin."
    ]
    assert not (tmp_path / "data").exists()


def test_every_variable_is_explained() -> None:
    page = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text()
    assert [name for name in env.known() if f"`{name}`" not in page] == []


def test_a_database_that_is_away_is_told_with_its_place_and_without_its_password(tmp_path: Path) -> None:
    refused = run(tmp_path, "apikey", "list", DATABASE_URL="postgresql://ann:hunter2@127.0.0.1:1/costops", check=False)
    assert (refused.returncode, refused.stdout) == (1, "")
    (line,) = refused.stderr.splitlines()
    assert line.startswith("The database that DATABASE_URL names does not answer: ")
    assert "127.0.0.1" in line
    assert "hunter2" not in line

"""What the environment may set: every variable typed and checked once, at start."""

from __future__ import annotations

import difflib
import errno
import os
import re
import sys
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from costops.mail import MailServer, mail_server, sender

PREFIX = "COSTOPS_"
NOT_OF_IANA = frozenset({"localtime", "Factory"})  # files beside the zones; PostgreSQL does not know the first
REDIS = ("redis", "rediss")
# Set by CostOps itself for the processes that it starts, and read by its tests and benchmarks.
INTERNAL = frozenset({"COSTOPS_SUPERVISED", "COSTOPS_TEST_SERVERS", "COSTOPS_SHARED_DATA", "COSTOPS_BENCH_PORT"})


def _known_zone(name: str) -> str:
    if name not in available_timezones() - NOT_OF_IANA:
        raise ValueError("it should be a time zone of the IANA database, such as Europe/Berlin")
    return name


def _folder(path: Path) -> Path:
    try:
        path.expanduser()
    except RuntimeError:
        raise ValueError("there is no such user here, write the folder out") from None
    return path


def _hosts(names: str) -> str:
    for name in filter(None, (part.strip() for part in names.split(","))):
        if not re.fullmatch(r"\*|\.?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*|\[[0-9A-Fa-f:.]+\]", name):
            raise ValueError(f"{name!r} is no host name; it should be like costops.example.com, without scheme or port")
    return names


def _currency(code: str) -> str:
    if not re.fullmatch("[A-Z]{3}", code):
        raise ValueError("it should be three capital letters, such as EUR")
    return code


def _long_secret(secret: SecretStr) -> SecretStr:
    if secret.get_secret_value() and len(secret.get_secret_value().strip()) < 32:
        raise ValueError("it should be a random text of at least 32 characters")
    return secret


def _postgres_url(url: str) -> str:
    from psycopg import ProgrammingError, conninfo

    if not url:
        return url
    example = "it should be like postgresql://user:password@host:5432/costops"
    try:
        parts = urlsplit(url)
        _ = parts.port
        named = conninfo.conninfo_to_dict(url)
    except (ValueError, ProgrammingError):
        raise ValueError(example) from None
    if parts.scheme not in {"postgres", "postgresql"} or not named.get("dbname"):
        raise ValueError(example)
    return url


def _mail_url(secret: SecretStr) -> SecretStr:
    if url := secret.get_secret_value():
        mail_server(url)
    return secret


def _sender(text: str) -> str:
    return sender(text) if text else text


def _url_of(*schemes: str, example: str) -> AfterValidator:
    def check(url: str) -> str:
        try:
            parts = urlsplit(url)
            _ = parts.port
        except ValueError:
            raise ValueError(f"it should be like {example}") from None
        wrong = parts.scheme not in schemes or not (parts.netloc or parts.path.strip("/")) or re.search(r"\s", url)
        if url and (wrong or (parts.scheme in REDIS and not re.fullmatch(r"/?\d*", parts.path))):
            raise ValueError(f"it should be like {example}")
        return url

    return AfterValidator(check)


_REDIS = (*REDIS, "unix")
_BROKERS = (*REDIS, "redis+socket", "amqp", "amqps", "sentinel")


class Environment(BaseSettings):
    """The variables that CostOps reads. Each has a default that is right on a laptop; empty means the default."""

    model_config = SettingsConfigDict(
        env_prefix="", case_sensitive=True, frozen=True, populate_by_name=True, env_ignore_empty=True
    )

    data_dir: Annotated[Path, AfterValidator(_folder)] = Field(Path(".costops"), alias="COSTOPS_DATA_DIR")
    host: str = Field("127.0.0.1", alias="COSTOPS_HOST")
    port: int = Field(8000, ge=1, le=65535, alias="COSTOPS_PORT")
    database_url: Annotated[str, AfterValidator(_postgres_url)] = Field("", alias="DATABASE_URL")
    broker_url: Annotated[str, _url_of(*_BROKERS, example="redis://host:6379/0 or amqp://user:password@host//")] = (
        Field("", alias="CELERY_BROKER_URL")
    )
    cache_url: Annotated[str, _url_of(*_REDIS, example="redis://host:6379/1")] = Field("", alias="CACHE_URL")
    secret_key: Annotated[SecretStr, AfterValidator(_long_secret)] = Field(SecretStr(""), alias="COSTOPS_SECRET_KEY")
    debug: bool = Field(False, alias="COSTOPS_DEBUG")
    allowed_hosts: Annotated[str, AfterValidator(_hosts)] = Field("", alias="COSTOPS_ALLOWED_HOSTS")
    public_url: Annotated[str, _url_of("http", "https", example="https://costops.example.com")] = Field(
        "", alias="COSTOPS_PUBLIC_URL"
    )
    trusted_proxies: int = Field(0, ge=0, le=9, alias="COSTOPS_TRUSTED_PROXIES")
    email_url: Annotated[SecretStr, AfterValidator(_mail_url)] = Field(SecretStr(""), alias="COSTOPS_EMAIL_URL")
    email_from: Annotated[str, AfterValidator(_sender)] = Field("", alias="COSTOPS_EMAIL_FROM", validate_default=True)
    company: str = Field("", max_length=100, alias="COSTOPS_COMPANY")
    time_zone: Annotated[str, AfterValidator(_known_zone)] = Field("UTC", alias="COSTOPS_TIME_ZONE")
    currency: Annotated[str, AfterValidator(_currency)] = Field("USD", alias="COSTOPS_CURRENCY")
    usd_rate: Decimal | None = Field(
        None, gt=0, lt=10**6, max_digits=12, alias="COSTOPS_USD_RATE", validate_default=True
    )
    fiscal_year_start: int = Field(1, ge=1, le=12, alias="COSTOPS_FISCAL_YEAR_START")
    attribution_tags: str = Field("", alias="COSTOPS_ATTRIBUTION_TAGS")
    web_workers: int = Field(2, ge=1, le=64, alias="COSTOPS_WEB_WORKERS")
    web_threads: int = Field(32, ge=1, le=512, alias="COSTOPS_WEB_THREADS")
    web_statement_seconds: int = Field(30, ge=0, le=86_400, alias="COSTOPS_WEB_STATEMENT_SECONDS")
    web_idle_seconds: int = Field(60, ge=0, le=86_400, alias="COSTOPS_WEB_IDLE_SECONDS")
    worker_processes: int = Field(2, ge=1, le=64, alias="COSTOPS_WORKER_PROCESSES")
    requests_per_minute: int = Field(120_000, ge=0, alias="COSTOPS_REQUESTS_PER_MINUTE")
    max_event_cost: Decimal = Field(Decimal("1000000"), gt=0, le=10**9, alias="COSTOPS_MAX_EVENT_COST")
    metrics_token: SecretStr = Field(SecretStr(""), alias="COSTOPS_METRICS_TOKEN")
    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(str.upper)] = Field(
        "INFO", alias="COSTOPS_LOG_LEVEL"
    )
    log_format: Literal["auto", "console", "json"] = Field("auto", alias="COSTOPS_LOG_FORMAT")

    @field_validator("usd_rate")
    @classmethod
    def _needed_where_prices_are_converted(cls, rate: Decimal | None, info: ValidationInfo) -> Decimal | None:
        currency = info.data.get("currency", "USD")
        if currency != "USD" and rate is None:
            raise ValueError(
                f"it should say how much {currency} one USD is, such as 0.92, since price lists are in USD"
            )
        if currency == "USD" and rate not in (None, 1):
            raise ValueError("it should be left out where COSTOPS_CURRENCY is USD")
        return rate

    @field_validator("email_from")
    @classmethod
    def _needed_where_mail_is_sent(cls, address: str, info: ValidationInfo) -> str:
        url = info.data.get("email_url")
        if url and url.get_secret_value() and not address:
            raise ValueError("it should say whom mail comes from, like CostOps <costops@example.com>")
        return address

    @property
    def mail(self) -> MailServer | None:
        """Where mail is handed over; None where none is sent."""
        url = self.email_url.get_secret_value()
        return mail_server(url) if url else None

    @property
    def zone(self) -> ZoneInfo:
        """The company's time zone."""
        return ZoneInfo(self.time_zone)

    @property
    def folder(self) -> Path:
        """The data folder as an absolute path; it need not exist."""
        return self.data_dir.expanduser().resolve()


_SECRET = {
    *("DATABASE_URL", "CELERY_BROKER_URL", "CACHE_URL"),
    *("COSTOPS_SECRET_KEY", "COSTOPS_METRICS_TOKEN", "COSTOPS_EMAIL_URL"),
}


def sentence(error: ValidationError) -> str:
    """One sentence that names the variable, what it holds (unless it may hold a password) and what it should hold."""
    first = error.errors()[0]
    field = Environment.model_fields.get(str(first["loc"][0]))  # a default is named by its field
    name = str(field.alias if field else first["loc"][0])
    reason = first["msg"].removeprefix("Value error, ").replace("Input should", "it should")
    held = "" if name in _SECRET or name not in os.environ else f" is {os.environ[name]!r}"
    return f"{name}{held}: {reason[0].lower()}{reason[1:]}."


def read() -> Environment:
    """Reads the environment; a wrong value ends the process with one sentence that names the variable."""
    try:
        return Environment()
    except ValidationError as error:
        sys.exit(sentence(error))


def known() -> frozenset[str]:
    """The names of all variables that CostOps reads."""
    return frozenset(str(field.alias) for field in Environment.model_fields.values())


def unknown_variables(names: Iterable[str]) -> list[str]:
    """A warning for each COSTOPS_ variable that means nothing to CostOps, with the nearest that does."""
    warnings = []
    for name in sorted(set(names) - known() - INTERNAL):
        if name.startswith(PREFIX):
            near = difflib.get_close_matches(name, known(), n=1)
            warnings.append(f"{name} means nothing to CostOps." + (f" Did you mean {near[0]}?" if near else ""))
    return warnings


def warn_of_unknown(variables: Mapping[str, str] = os.environ) -> None:
    """Says on stderr which variables are misspelt; silent in the processes that `costops up` started, which said it."""
    if "COSTOPS_SUPERVISED" not in variables:
        for warning in unknown_variables(variables):
            print(f"Warning: {warning}", file=sys.stderr)


def make_folder(folder: Path) -> Path:
    """Makes the data folder, for its owner only; ends the process with one sentence where that cannot be."""
    try:
        if not folder.exists():
            folder.mkdir(parents=True, mode=0o700, exist_ok=True)
        if not (folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        sys.exit(f"COSTOPS_DATA_DIR is {str(folder)!r}: it cannot be written ({error.strerror}).")
    return folder

"""What the environment may set: every variable typed and checked once, at start."""

from __future__ import annotations

import sys
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("is not a time zone of the IANA database, such as Europe/Berlin")
    return name


class Environment(BaseSettings):
    """The variables that CostOps reads. Each has a default that is right on a laptop."""

    model_config = SettingsConfigDict(env_prefix="", case_sensitive=True, frozen=True, populate_by_name=True)

    data_dir: Path = Field(Path(".costops"), alias="COSTOPS_DATA_DIR")
    host: str = Field("127.0.0.1", alias="COSTOPS_HOST")
    port: int = Field(8000, ge=1, le=65535, alias="COSTOPS_PORT")
    database_url: str = Field("", alias="DATABASE_URL")
    broker_url: str = Field("", alias="CELERY_BROKER_URL")
    cache_url: str = Field("", alias="CACHE_URL")
    secret_key: SecretStr = Field(SecretStr(""), alias="COSTOPS_SECRET_KEY")
    debug: bool = Field(False, alias="COSTOPS_DEBUG")
    allowed_hosts: str = Field("", alias="COSTOPS_ALLOWED_HOSTS")
    public_url: str = Field("", alias="COSTOPS_PUBLIC_URL")
    time_zone: Annotated[str, AfterValidator(_known_zone)] = Field("UTC", alias="COSTOPS_TIME_ZONE")
    currency: str = Field("USD", pattern=r"^[A-Z]{3}$", alias="COSTOPS_CURRENCY")
    fiscal_year_start: int = Field(1, ge=1, le=12, alias="COSTOPS_FISCAL_YEAR_START")
    attribution_tags: str = Field("", alias="COSTOPS_ATTRIBUTION_TAGS")
    web_workers: int = Field(2, ge=1, le=64, alias="COSTOPS_WEB_WORKERS")
    web_threads: int = Field(32, ge=1, le=512, alias="COSTOPS_WEB_THREADS")
    worker_processes: int = Field(2, ge=1, le=64, alias="COSTOPS_WORKER_PROCESSES")
    requests_per_minute: int = Field(120_000, ge=0, alias="COSTOPS_REQUESTS_PER_MINUTE")
    max_event_cost: Decimal = Field(Decimal("1000000"), gt=0, alias="COSTOPS_MAX_EVENT_COST")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", alias="COSTOPS_LOG_LEVEL")

    @property
    def zone(self) -> ZoneInfo:
        """The company's time zone."""
        return ZoneInfo(self.time_zone)


def sentence(error: ValidationError) -> str:
    """One sentence that names the variable, what it holds and what it should hold."""
    first = error.errors()[0]
    name = str(first["loc"][0])
    reason = first["msg"].removeprefix("Value error, ")
    return f"{name} is {first['input']!r}: {reason[0].lower()}{reason[1:]}."


def read() -> Environment:
    """Reads the environment; a wrong value ends the process with one sentence that names the variable."""
    try:
        return Environment()
    except ValidationError as error:
        sys.exit(sentence(error))

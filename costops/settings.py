"""Django's settings, all of them derived from the typed environment in `costops.env`."""

from __future__ import annotations

import contextlib
import os
import secrets
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

import dj_database_url
from csp.constants import NONE, SELF

from costops import env as environment
from costops import logging
from costops.admin_look import UNFOLD as UNFOLD

env = environment.read()
BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = env.folder


def _secret_key() -> str:
    """The key of the environment, else one made once and kept in the data folder, readable by its owner alone."""
    if value := env.secret_key.get_secret_value():
        return value
    path = environment.make_folder(DATA_DIR) / "secret_key"
    if not path.exists():
        new = path.with_suffix(f".{os.getpid()}")
        new.touch(mode=0o600)
        new.write_text(secrets.token_urlsafe(48))
        with contextlib.suppress(FileExistsError):  # Another process was first: its key is the key.
            os.link(new, path)
        new.unlink()
    return path.read_text()


SECRET_KEY = _secret_key()
DEBUG = env.debug
PUBLIC_URL = env.public_url or f"http://localhost:{env.port}"
_LOOPBACK = ["localhost", "127.0.0.1", "[::1]"]  # Always: `costops up` asks there whether the web server works.
_NAMED = [host.strip() for host in env.allowed_hosts.split(",") if host.strip()]
_PUBLIC = [urlsplit(PUBLIC_URL).hostname or ""] if env.public_url else []
ALLOWED_HOSTS = [*_LOOPBACK, *(_NAMED or _PUBLIC)]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if env.public_url else []

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "costops.admin_config.CostOpsAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.usersessions",
    "csp",
    "django_celery_beat",
    "django_htmx",
    "django_prometheus",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "guardian",
    "rest_framework",
    "tree_queries",
    "wire",
    "accounts",
    "usage",
    "budgets",
    "forecasting",
    "costops",
]

MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "wire.caching.PrivateAnswers",
    "costops.compression.PageCompression",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.SessionsSeen",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

ROOT_URLCONF = "costops.urls"
WSGI_APPLICATION = "costops.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "wire.frame.company",
            ],
        },
    },
]

_database = dj_database_url.parse(env.database_url or "postgresql://postgres@localhost/costops")
DATABASES = {
    "default": {
        **_database,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "prepare_threshold": 3,
            **_database.get("OPTIONS", {}),
            "pool": {"min_size": 1, "max_size": 16, "timeout": 15},
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": env.cache_url or "redis://127.0.0.1:6379/1",
        "KEY_PREFIX": "costops",
        "OPTIONS": {"socket_timeout": 5, "socket_connect_timeout": 2},
    }
}

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "allauth.account.auth_backends.AuthenticationBackend",
    "guardian.backends.ObjectPermissionBackend",
]
ANONYMOUS_USER_NAME = None
GUARDIAN_MONKEY_PATCH_USER = False
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/sign-in/"
# Signing in. Every address is the user's own column: allauth's table of addresses stays empty (docs/decisions/0016).
ACCOUNT_ADAPTER = "accounts.adapter.Adapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]  # what a check asks for; there is no sign-up page
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_FORMS = {"user_token": "accounts.forms.signing.ResetLinkForm"}
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_RATE_LIMITS = {
    "login": None,  # What fails is counted, below: a whole office may come at nine.
    "login_failed": "100/10m/ip,5/10m/key",
    "change_password": "10/10m/user",
    "reset_password": "50/10m/ip,3/10m/key",
    "reset_password_from_key": "50/10m/ip",
}
ALLAUTH_TRUSTED_PROXY_COUNT = env.trusted_proxies
PASSWORD_RESET_TIMEOUT = 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
_HTTPS = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _HTTPS else None
SECURE_HSTS_SECONDS = 30 * 24 * 3600 if _HTTPS else 0
# The proxy redirects to https, since `costops up` and load balancers ask without it; what the domain's other hosts do,
# and whether browsers ship with it, is for the domain's owner to say.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W008", "security.W021"] if _HTTPS else []
CSRF_FAILURE_VIEW = "wire.errors.csrf_failure"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

LANGUAGE_CODE = "en-us"
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.time_zone
FORMAT_MODULE_PATH = "costops.formats"

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "costops.plotly_files.PlotlyFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "costops.staticfiles.StaticFiles"},
}
WHITENOISE_MANIFEST_STRICT = False
WHITENOISE_KEEP_ONLY_HASHED_FILES = True

DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.ApiKeyAuthentication",
        "accounts.authentication.SignedInAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated", "accounts.permissions.HasScope"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["wire.parsing.StrictJSONParser"],
    "DEFAULT_PAGINATION_CLASS": "wire.pagination.CursorPages",
    "DEFAULT_THROTTLE_CLASSES": ["accounts.limits.PerKeyThrottle"],
    "DEFAULT_SCHEMA_CLASS": "wire.openapi.Schema",
    "EXCEPTION_HANDLER": "wire.errors.exception_handler",
    "COERCE_DECIMAL_TO_STRING": True,
    "PAGE_SIZE": 100,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "CostOps",
    "DESCRIPTION": "Budgets, usage and spend of LLM APIs. Money is an exact decimal string; times are RFC 3339.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
}

EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.email_from
if _mail := env.mail:
    EMAIL_HOST, EMAIL_PORT, EMAIL_HOST_USER, EMAIL_HOST_PASSWORD, EMAIL_USE_TLS, EMAIL_USE_SSL = _mail

CELERY_BROKER_URL = env.broker_url or "redis://127.0.0.1:6379/0"
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A request that starts a job does not wait for a broker that is away: beat starts what was not sent.
CELERY_BROKER_TRANSPORT_OPTIONS = {"max_retries": 1, "interval_start": 0, "interval_step": 0.1, "interval_max": 0.2}
# Fits wait in a queue of their own, so that in between every other job gets its turn.
CELERY_TASK_ROUTES = {
    f"forecasting.tasks.{name}": {"queue": "forecasts"} for name in ("forecast_some", "forecast_scope", "look_back")
}
CELERY_BEAT_SCHEDULER = "costops.heartbeat:HeartbeatScheduler"
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    name: {"task": task, "schedule": every}
    for name, task, every in [
        ("Partitions of the coming months", "usage.tasks.make_partitions", timedelta(hours=6)),
        ("Tag keys that became labels", "usage.tasks.reattribute_tags", timedelta(minutes=1)),
        ("Past usage that waits to be priced anew", "usage.tasks.reprice_waiting", timedelta(minutes=1)),
        ("Periods that have begun", "budgets.tasks.open_periods", timedelta(minutes=1)),
        ("Forecasts of budgets whose history changed", "forecasting.tasks.forecast_due", timedelta(minutes=5)),
        ("Scores of what was forecast", "forecasting.tasks.score_ended", timedelta(hours=1)),
        ("Forecasts that are old", "forecasting.tasks.trim_old", timedelta(hours=6)),
        ("Plans that were brought in and not applied", "budgets.tasks.forget_plans", timedelta(hours=1)),
        ("Answers to old idempotency keys", "wire.tasks.forget_answers", timedelta(hours=1)),
        ("Sessions that ran out", "accounts.tasks.forget_sessions", timedelta(hours=6)),
    ]
}

# What the rooms below read; each is explained in docs/configuration.md.
COSTOPS_ZONE = env.zone
COSTOPS_CURRENCY = env.currency
COSTOPS_USD_RATE = env.usd_rate or Decimal(1)
COSTOPS_FISCAL_YEAR_START = env.fiscal_year_start
COSTOPS_ATTRIBUTION_TAGS = tuple(tag.strip() for tag in env.attribution_tags.split(",") if tag.strip())
COSTOPS_REQUESTS_PER_MINUTE = env.requests_per_minute
COSTOPS_MAX_EVENT_COST = env.max_event_cost
COSTOPS_METRICS_TOKEN = env.metrics_token.get_secret_value()
COSTOPS_PUBLIC = bool(env.public_url)
COSTOPS_COMPANY = env.company
COSTOPS_SENDS_MAIL = env.mail is not None

LOGGING = logging.configuration(env.log_level, env.log_format)

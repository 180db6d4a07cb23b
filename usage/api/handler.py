"""The short way for posts of usage with an API key: past the middleware that serves browsers.

Sessions, messages, CSRF, CSP and the rest cost a post of one event as much again as the post itself. What counts
requests and what sets security headers stays.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.handlers.exception import convert_exception_to_response
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse
from django.urls import resolve, reverse
from django.utils.module_loading import import_string

from accounts.authentication import bearer_of
from usage.api.posting import post_usage

MIDDLEWARE = (
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
)
WsgiApplication = Callable[[dict[str, Any], Any], Any]


class UsageHandler(WSGIHandler):
    """Django's handler with one view and few middleware. Sessions still post through the whole of Django."""

    def load_middleware(self, is_async: bool = False) -> None:
        """Builds the chain: what Django does with settings.MIDDLEWARE."""
        match = resolve(reverse("usage"))

        def post(request: HttpRequest) -> HttpResponse:
            request.resolver_match = match
            return post_usage(request)

        chain = convert_exception_to_response(post)
        for name in reversed(MIDDLEWARE):
            chain = convert_exception_to_response(import_string(name)(chain))
        self._middleware_chain = chain


def with_short_way(application: WsgiApplication) -> WsgiApplication:
    """`application` for everything but posts of usage that carry an API key."""
    short, address = UsageHandler(), reverse("usage")

    def serve(environ: dict[str, Any], start_response: Any) -> Any:
        post = environ["REQUEST_METHOD"] == "POST" and environ["PATH_INFO"] == address
        if post and bearer_of(environ.get("HTTP_AUTHORIZATION", "")) is not None:
            return short(environ, start_response)
        return application(environ, start_response)

    return serve

"""Nothing that is made for one person may be kept for others: every answer but a static file is private."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

PRIVATE = "private"


class PrivateAnswers:
    """Tells caches between us and the person not to keep an answer, unless the view says itself who may keep it.

    Comes after what serves static files, which anyone may keep.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The answer, marked."""
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", PRIVATE)
        return response

"""Pages where failed tries are counted: without the cache server, which counts them, no password is looked at."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)


def counting(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Answers 503 with a page that says so where the cache server does not answer."""

    @functools.wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except RedisError as error:
            logger.warning("The cache server does not answer (%s); nobody can sign in.", type(error).__name__)
            page = render(request, "accounts/not_now.html", status=503)
            page["Retry-After"] = "10"
            return page

    return answer

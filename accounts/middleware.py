"""What happens around every page: its session is noted as seen, and who was signed out elsewhere is told so."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.domain.sessions import note_seen

SIGNED_OUT = "You are signed out here: the session ran out, was ended elsewhere, or your password was changed."


class SessionsSeen:
    """Looks at requests that asked for their session, and at no others: static files and health checks cost nothing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer as it is."""
        response = self.get_response(request)
        if not request.session.accessed:
            return response
        if request.session.get(SESSION_KEY) is not None:
            note_seen(request, timezone.now())
        elif settings.SESSION_COOKIE_NAME in request.COOKIES and _leads_to_sign_in(response):
            messages.info(request, SIGNED_OUT)
        return response


def _leads_to_sign_in(response: HttpResponse) -> bool:
    return response.status_code == 302 and response.headers.get("Location", "").startswith(f"{settings.LOGIN_URL}?")

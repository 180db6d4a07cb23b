"""Where one is signed in: listed, and ended, one place or all others."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.domain import sessions

A_PAGE, A_CARD = 20, 4


class Place(NamedTuple):
    """A session as its row shows it."""

    session: UserSession
    browser: str
    is_here: bool


def card(request: HttpRequest, now: datetime) -> dict[str, Any]:
    """What the card on one's account shows: the places seen last, and how many there are."""
    found = sessions.sessions_of(request.user, now)  # type: ignore[arg-type]
    return {"places": _places(request, found[:A_CARD]), "places_count": found.count()}


@login_required
@require_safe
@never_cache
def places(request: HttpRequest) -> HttpResponse:
    """GET /account/sessions/: all of them, in pages."""
    found = sessions.sessions_of(request.user, timezone.now())  # type: ignore[arg-type]
    page = Paginator(found, A_PAGE).get_page(request.GET.get("page"))
    context = {
        "section": "account",
        "page": page,
        "places": _places(request, page),
        "places_count": page.paginator.count,
    }
    return render(request, "accounts/sessions.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """POST /account/sessions/<id>/end/ signs one out there. This browser is signed out by its own button."""
    if request.method == "POST":
        mine = UserSession.objects.filter(user=request.user).exclude(session_key=request.session.session_key)
        found = get_object_or_404(mine, pk=pk)
        sessions.end(mine.filter(pk=pk))
        messages.success(request, f"You are signed out in {sessions.browser_of(found.user_agent)}.")
    return redirect("accounts:account")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def end_others(request: HttpRequest) -> HttpResponse:
    """POST /account/sessions/end/ signs one out everywhere else."""
    if request.method == "POST":
        ended = sessions.end_others(request.user, request.session.session_key)  # type: ignore[arg-type]
        places = f"{ended} other places" if ended != 1 else "one other place"
        messages.success(request, f"You are signed out in {places}." if ended else "You were signed in nowhere else.")
    return redirect("accounts:account")


def _places(request: HttpRequest, found: Any) -> list[Place]:
    here = request.session.session_key
    return [Place(one, sessions.browser_of(one.user_agent), one.session_key == here) for one in found]

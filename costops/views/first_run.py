"""The first run: an installation without data leads to its first budget, its first call and its first import."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from accounts.domain.keys import KeyRefused, create_key, rotate_key
from accounts.domain.roles import may_post_usage
from accounts.domain.scopes import RECORD
from accounts.models import ApiKey
from budgets.models import Budget
from budgets.rules import may_create
from usage.domain.listing import events
from usage.domain.selection import Selection
from usage.models import HourlyUsage, UsageEvent
from usage.rules import may_import, seen_by

KEY = "First call"


@dataclass(frozen=True)
class Progress:
    """How far the installation is: its first budget, and the newest call that whoever looks may see."""

    budget: Budget | None
    call: UsageEvent | None

    @property
    def done(self) -> bool:
        """Whether nothing is left to do here."""
        return self.budget is not None and self.call is not None


def is_empty() -> bool:
    """True while there is neither a budget nor a call, whoever may see them."""
    return not Budget.objects.exists() and not HourlyUsage.objects.exists()


@login_required
@require_safe
@never_cache
def first_run(request: HttpRequest) -> HttpResponse:
    """GET /start/."""
    return _page(request)


@login_required
@require_safe
@never_cache
def arrived(request: HttpRequest) -> HttpResponse:
    """GET /start/call/, asked every other second: whether a call has arrived."""
    return render(request, "costops/first_call.html", {"progress": _progress(request.user)})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@sensitive_variables("secret")
def key(request: HttpRequest) -> HttpResponse:
    """POST /start/key/ makes a key and shows the snippet with it; the answer, and nothing else, holds its secret."""
    if request.method != "POST" or not may_post_usage(request.user):
        return redirect("start")
    now = timezone.now()
    mine = ApiKey.objects.filter(user=request.user.pk, name__startswith=KEY, revoked_at=None)
    unused = mine.filter(last_used_at=None).first()
    try:
        if unused is not None:
            # Asked again, by a second click or after a reload: still one key, and it is the one that is shown.
            secret = rotate_key(unused, now=now)
        else:
            name = f"{KEY} {mine.count() + 1}" if mine.exists() else KEY
            _, secret = create_key(request.user, name, now=now, scopes=RECORD)  # type: ignore[arg-type]
    except (KeyRefused, ValidationError) as error:
        messages.error(request, f"No key was made: {' '.join(getattr(error, 'messages', [str(error)]))}")
        return redirect("accounts:account")
    return _page(request, secret=secret)


@sensitive_variables("more")
def _page(request: HttpRequest, **more: Any) -> HttpResponse:
    context = {
        "section": "start",
        "progress": _progress(request.user),
        "may_create": may_create(request.user),
        "may_post": may_post_usage(request.user),
        "may_import": may_import(request.user),
        "address": settings.PUBLIC_URL,
        **more,
    }
    return render(request, "costops/first_run.html", context)


def _progress(user: Any) -> Progress:
    budget = Budget.objects.visible_to(user).live().order_by("created_at").first()
    call = next(iter(events(seen_by(user), Selection(), limit=1)), None)
    return Progress(budget, call)

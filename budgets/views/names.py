"""Names that the scope builder offers: those of usage that the person may see, with what was spent under each."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from budgets.domain.periods import day_bounds
from budgets.domain.scopes import KEYS, MAX_LENGTH
from budgets.domain.seen import Names, names_like
from budgets.rules import may_create
from wire.parsing import is_unstorable

LATELY = timedelta(days=29)  # and today


@login_required
@require_GET
def names(request: HttpRequest) -> HttpResponse:
    """GET /budgets/names/?key=teams&q=back: at most eight; of key=tags the values of `tag`, or without it the tags."""
    if not may_create(request.user):
        raise PermissionDenied
    key, text, tag = (request.GET.get(name, "") for name in ("key", "q", "tag"))
    if key not in KEYS:
        raise Http404
    found = Names((), 0, "")
    if len(text) <= MAX_LENGTH and not is_unstorable(text + tag):
        zone = settings.COSTOPS_ZONE
        since = day_bounds(timezone.localdate(timezone=zone) - LATELY, zone).starts
        found = names_like(text, key, request.user, since, tag=tag)
    answer = render(
        request, "budgets/names.html", {"names": found, "text": text.strip(), "of_tags": key == "tags" and not tag}
    )
    answer["Cache-Control"] = "no-store"
    return answer

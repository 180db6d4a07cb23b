"""Bringing a file of usage in: what it would add is shown first, and added only as it was shown."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from usage.domain.importing.upload import NotTaken, Upload, bring
from usage.import_forms import UsageFileForm
from usage.rules import require_may_import
from wire.days import ONE_DAY, day_of

KEPT_SECONDS = 1800
GONE = "What was shown is kept for half an hour. Choose the file again."


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def bring_in(request: HttpRequest) -> HttpResponse:
    """POST /usage/import/ shows what a `file` would add; with the `mark` of what was shown it adds that."""
    require_may_import(request.user)
    if request.method != "POST":
        return _page(request, UsageFileForm())
    if "mark" in request.POST:
        return _add(request)
    form = UsageFileForm(request.POST, request.FILES)
    if form.is_valid():
        upload = form.upload()
        try:
            looked = bring(upload, settings.COSTOPS_ZONE, timezone.now(), dry_run=True)
        except NotTaken as error:
            form.add_error("file", str(error))
        else:
            mark = get_random_string(22)
            cache.set(_key(request, mark), tuple(upload), KEPT_SECONDS)
            return _page(request, UsageFileForm(), looked=looked, upload=upload, mark=mark)
    return _page(request, form)


def _add(request: HttpRequest) -> HttpResponse:
    key = _key(request, request.POST["mark"][:40])
    kept = cache.get(key)
    if kept is None:
        messages.error(request, GONE)
        return redirect("usage:import")
    try:
        summary = bring(Upload(*kept), settings.COSTOPS_ZONE, timezone.now(), dry_run=False).summary
    except NotTaken as error:
        messages.error(request, str(error))
        return redirect("usage:import")
    cache.delete(key)
    there = f" {summary.duplicates:,} were there already." if summary.duplicates else ""
    messages.success(request, f"{summary.new:,} call{'s are' if summary.new != 1 else ' is'} added.{there}")
    if summary.first is None or summary.last is None:
        return redirect("usage:explorer")
    first, last = (day_of(at, settings.COSTOPS_ZONE) for at in (summary.first, summary.last))
    return redirect(f"{reverse('usage:explorer')}?from={first}&to={last}")


def _key(request: HttpRequest, mark: str) -> str:
    return f"usage-import:{request.user.pk}:{mark}"


def _page(request: HttpRequest, form: UsageFileForm, **more: Any) -> HttpResponse:
    zone = settings.COSTOPS_ZONE
    example = day_of(timezone.now(), zone) - ONE_DAY
    context = {"section": "usage", "form": form, "zone": zone, "example": f"{example}T09:30:00", **more}
    return render(request, "usage/import.html", context)

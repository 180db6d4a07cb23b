"""Named views of the explorer: saved from its page, listed there, renamed by saving again, deleted."""

from __future__ import annotations

from datetime import datetime

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from usage.domain.errors import Refused
from usage.domain.ground import load_tag_keys
from usage.domain.saved_views import LONGEST, save_view
from usage.exploring import Days, Unanswerable, read_question
from usage.models import SavedView


class SaveForm(forms.Form):
    """A name for what is shown."""

    name = forms.CharField(
        max_length=100, error_messages={"required": "Give the view a name.", "max_length": "At most 100 characters."}
    )
    query = forms.CharField(max_length=LONGEST, required=False)


@login_required
@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """POST /usage/views/ with `name` and `query`, the address of what is shown; a name of before is this view now."""
    form = SaveForm(request.POST)
    explorer = reverse("usage:explorer")
    if not form.is_valid():
        messages.error(request, str(next(iter(form.errors.values()))[0]))
        return redirect(explorer)
    now, name = timezone.now(), form.cleaned_data["name"].strip()
    try:
        question = read_question(QueryDict(form.cleaned_data["query"].removeprefix("?")), load_tag_keys(), now)
        query = question.address(days=_as_kept(question.days, now))
        save_view(request.user, name, query)
    except Unanswerable as error:
        messages.error(request, str(error))
        return redirect(explorer)
    except Refused as error:
        messages.error(request, error.message)
        return redirect(explorer + (query if error.field == "name" else ""))
    messages.success(request, f"The view {name} is saved.")
    return redirect(explorer + query)


def _as_kept(days: Days, now: datetime) -> Days:
    """The present month, quarter or year as the one that is present when it is looked at; other days as they are."""
    if days.stretch is not None and days.starts <= now < days.ends:
        return Days(days.first, days.last, days.stretch.kind, days.stretch)
    return days


@login_required
@require_POST
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """POST /usage/views/<id>/delete/."""
    view = get_object_or_404(SavedView, pk=pk, owner=request.user.pk)
    view.delete()
    messages.success(request, f"The view {view.name} is deleted.")
    return redirect("usage:explorer")

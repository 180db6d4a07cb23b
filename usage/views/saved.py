"""Named views of the explorer: saved from its page, listed there, renamed by saving again, deleted."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from usage.domain.ground import load_tag_keys
from usage.exploring import Days, Unanswerable, read_question
from usage.models import SavedView

MOST = 50
LONGEST = 4000


class SaveForm(forms.Form):
    """A name for what is shown."""

    name = forms.CharField(
        max_length=100, error_messages={"required": "Give the view a name.", "max_length": "At most 100 characters."}
    )
    query = forms.CharField(max_length=4000, required=False)


def saved_by(user: Any) -> QuerySet[SavedView]:
    """A person's named views."""
    return SavedView.objects.filter(owner=user)[:MOST]


@login_required
@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """POST /usage/views/ with `name` and `query`, the address of what is shown. The same name is another view by then.

    A view of the present month, quarter or year is of the one that is present when it is looked at.
    """
    form = SaveForm(request.POST)
    explorer = reverse("usage:explorer")
    if not form.is_valid():
        messages.error(request, str(next(iter(form.errors.values()))[0]))
        return redirect(explorer)
    now, name = timezone.now(), form.cleaned_data["name"].strip()
    try:
        question = read_question(QueryDict(form.cleaned_data["query"].removeprefix("?")), load_tag_keys(), now)
    except Unanswerable as error:
        messages.error(request, str(error))
        return redirect(explorer)
    days = question.days
    if days.stretch is not None and days.starts <= now < days.ends:
        days = Days(days.first, days.last, days.stretch.kind, days.stretch)
    query = question.address(days=days)
    if len(query) > LONGEST:
        messages.error(request, "This view has too many filters to be saved. Take some away first.")
        return redirect(explorer)
    mine = SavedView.objects.filter(owner=request.user.pk)
    if mine.count() >= MOST and not mine.filter(name=name).exists():
        messages.error(request, f"You have {MOST} views, as many as fit. Delete one first.")
        return redirect(explorer + query)
    mine.update_or_create(owner_id=request.user.pk, name=name, defaults={"query": query})
    messages.success(request, f"The view {name} is saved.")
    return redirect(explorer + query)


@login_required
@require_POST
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """POST /usage/views/<id>/delete/."""
    view = get_object_or_404(SavedView, pk=pk, owner=request.user.pk)
    view.delete()
    messages.success(request, f"The view {view.name} is deleted.")
    return redirect("usage:explorer")

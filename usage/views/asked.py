"""What an address asks of usage, for the explorer, the list of calls and their exports: read once, checked once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.domain.roles import sees_everything
from usage.domain.ground import load_tag_keys
from usage.domain.selection import DIMENSIONS, TAG
from usage.domain.visibility import Seen
from usage.exploring import Question, Unanswerable, narrow, read_question
from usage.rules import seen_by
from wire.looking import holds_period
from wire.transactions import one_snapshot

OF_ITS_OWN = ("range", "from", "to")


@dataclass(frozen=True)
class Chip:
    """A filter in force: the label and the value in words, and the address without it."""

    label: str
    value: str
    without: str


@dataclass(frozen=True)
class Asked:
    """A question, the usage that answers it, and what the page shows of both."""

    question: Question
    seen: Seen
    now: datetime
    tag_keys: tuple[str, ...]
    chips: list[Chip]

    @property
    def labels(self) -> list[str]:
        """All labels that usage can be grouped by."""
        return [*DIMENSIONS, *(f"{TAG}{key}" for key in self.tag_keys)]


def of_none(request: HttpRequest, asked: Asked, *, found: bool) -> dict[str, bool]:
    """What an empty page says beside: whether its reader sees all usage, and whether there never was any to see."""
    return {"sees_all": sees_everything(request.user), "never": not found and not asked.seen.days.exists()}


def answers(view: Callable[[HttpRequest, Asked], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """For views that answer a question: who may ask, of which usage, and what is said of one that makes no sense."""

    def answered(request: HttpRequest) -> HttpResponseBase:
        now = timezone.now()
        tag_keys = tuple(sorted(load_tag_keys()))
        try:
            question = read_question(request.GET, tag_keys, now)
        except Unanswerable as error:
            return render(request, "usage/unanswerable.html", {"section": "usage", "error": str(error)}, status=400)
        with one_snapshot():
            return view(request, _asked(request, question, now, tag_keys))

    held = holds_period(answered)

    @wraps(view)
    def asking(request: HttpRequest) -> HttpResponseBase:
        return (answered if any(name in request.GET for name in OF_ITS_OWN) else held)(request)

    return login_required(require_safe(asking))


def _asked(request: HttpRequest, question: Question, now: datetime, tag_keys: tuple[str, ...]) -> Asked:
    """What is asked, of the usage that the person sees at this instant. Raises Http404."""
    parts = narrow(question, request.user)
    if parts is None:
        raise Http404
    seen = seen_by(request.user)
    for *_, part in parts:
        seen = seen.part(part)
    chips = [
        Chip(name.capitalize(), title, question.address(narrowed=_but(question.narrowed, name)))
        for name, title, _ in parts
    ]
    chips += [
        Chip(
            words_of(label),
            value or f"no {words_of(label).lower()}",
            question.address(labels=question.without(label, value)),
        )
        for label, values in question.labels.items()
        for value in values
    ]
    return Asked(question, seen, now, tag_keys, chips)


def words_of(label: str) -> str:
    """A label in words: "Team", "Tag feature"."""
    return f"Tag {label.removeprefix(TAG)}" if label.startswith(TAG) else label.capitalize()


def _but(values: Any, name: str) -> dict[str, str]:
    return {key: value for key, value in values.items() if key != name}

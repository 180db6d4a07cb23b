"""The explorer's filter that is typed: what it may be is offered meanwhile, and it becomes part of the address."""

from __future__ import annotations

from typing import NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from usage.domain.names import values_like
from usage.views.asked import Asked, answers
from wire.templatetags.money import in_words

OFFERED = 8
LONGEST = 200


class Value(NamedTuple):
    """A value that is offered: what the field takes, what people read, and what it cost."""

    value: str
    name: str
    about: str


@never_cache
@answers
def values(request: HttpRequest, asked: Asked) -> HttpResponse:
    """GET /usage/values/ with a question, `filter` a label, `is` what is typed: the costliest values that hold it."""
    label, text = request.GET.get("filter", ""), request.GET.get("is", "").strip()[:LONGEST]
    found = []
    if label in asked.labels:
        usage = asked.question.but_for(label).selection()
        found = values_like(asked.seen, usage, label, text, OFFERED)
    offered = [Value(value, value, in_words(cost)) for value, cost in found]
    return render(request, "parts/completions.html", {"found": offered})


def with_filter(asked: Asked, label: str, typed: str) -> str:
    """The address of a question with one more filter, as a form named it; of the same question where it is no label."""
    labels = asked.question.labels
    if label in asked.labels:
        kept = (*labels.get(label, ()), typed.strip()[:LONGEST])
        labels = {**labels, label: tuple(dict.fromkeys(kept))}
    return asked.question.address(labels=labels)

"""The search over everything that has a name: budgets, people, teams, projects, models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import BooleanField, ExpressionWrapper, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from budgets.domain.scopes import describe
from budgets.models import Budget
from budgets.rules import visible_people
from usage.domain.names import names_like
from usage.rules import seen_by

FEW, MANY = 5, 50
LABELS = {"team": "Teams", "project": "Projects", "model": "Models", "user": "Users in usage"}
NEXT = {"team": "project", "project": "model", "model": "team", "user": "model"}


@dataclass(frozen=True)
class Hit:
    """Something with this name: what it is beside it, and where its page is."""

    name: str
    about: str
    address: str


@dataclass(frozen=True)
class Kind:
    """Hits of one kind; `more` says that there are others, which the page of all of them or a narrower word finds."""

    name: str
    hits: list[Hit]
    more: bool


@login_required
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """GET /search/?q=. Asked by htmx it answers the first few of each kind, for the list under the field."""
    query = request.GET.get("q", "").replace("\x00", "").strip()[:200]
    few = bool(getattr(request, "htmx", False))
    kinds = _kinds(request.user, query, FEW if few else MANY) if query else []
    context = {"query": query, "kinds": kinds, "section": "search"}
    return render(request, "costops/found.html" if few else "costops/search.html", context)


def _kinds(user: Any, query: str, most: int) -> list[Kind]:
    found = [_budgets(user, query, most), _people(user, query, most)]
    names = names_like(seen_by(user), query, [*LABELS], most + 1)
    for label, words in LABELS.items():
        hits = [Hit(name, "usage of the month", _usage(label, name)) for name in names[label][:most]]
        found.append(Kind(words, hits, len(names[label]) > most))
    return [kind for kind in found if kind.hits]


def _budgets(user: Any, query: str, most: int) -> Kind:
    """Budgets with the text in their name: those that begin with it first, archived ones last."""
    named = Budget.objects.visible_to(user).filter(name__icontains=query)
    first = [
        ExpressionWrapper(holds, BooleanField()).desc() for holds in (Q(archived_at=None), Q(name__istartswith=query))
    ]
    rows = list(named.order_by(*first, "name", "pk")[: most + 1])
    hits = [
        Hit(
            budget.name,
            ("archived · " if budget.archived_at else "") + describe(budget.scope),
            reverse("budgets:detail", args=[budget.pk]),
        )
        for budget in rows[:most]
    ]
    return Kind("Budgets", hits, len(rows) > most)


def _people(user: Any, query: str, most: int) -> Kind:
    """People with the text in their name or address."""
    named = Q(name__icontains=query) | Q(email__icontains=query)
    rows = list(visible_people(user).filter(named).order_by("-is_active", "email")[: most + 1])
    hits = [
        Hit(
            person.get_full_name(),
            person.email if person.is_active else f"{person.email} · inactive",
            reverse("people:person", args=[person.pk]),
        )
        for person in rows[:most]
    ]
    return Kind("People", hits, len(rows) > most)


def _usage(label: str, name: str) -> str:
    return f"{reverse('usage:explorer')}?{urlencode({'by': NEXT[label], label: name})}"

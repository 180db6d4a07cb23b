"""Completes people and groups while one types: a few at a time, of those whom the person may see."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import Group
from django.db.models import Case, Q, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.domain.roles import ADMIN, FINANCE, ROLES
from budgets.rules import visible_groups, visible_people

SHOWN = 8
#: Those roles see everything anyway.
SHAREABLE_ROLES = [role for role in ROLES if role not in (ADMIN, FINANCE)]


class Found(NamedTuple):
    """What is offered: what the field takes, and what people read."""

    value: str
    name: str
    about: str


@login_required
@require_safe
@never_cache
def complete_people(request: HttpRequest) -> HttpResponse:
    """GET /people/complete/people/?q=: active people by a part of their name or address."""
    text = _asked(request)
    fits = Q(name__icontains=text) | Q(email__icontains=text)
    people = visible_people(request.user).filter(fits, is_active=True) if text else visible_people(None)
    first = Case(When(Q(name__istartswith=text) | Q(email__istartswith=text), then=Value(0)), default=Value(1))
    found = people.order_by(first, "email")[:SHOWN]
    return _answer(request, [Found(one.email, one.get_full_name(), one.email if one.name else "") for one in found])


@login_required
@require_safe
@never_cache
def complete_groups(request: HttpRequest, *, roles: bool) -> HttpResponse:
    """GET /people/complete/groups/?q=: groups by a part of their name, and roles that one can share with."""
    text = _asked(request)
    if not text:
        return _answer(request, [])
    # As ids: what a reader sees may be a set that two queries tell.
    seen = list(visible_groups(request.user).values_list("pk", flat=True))
    fits = Q(pk__in=seen) | Q(name__in=SHAREABLE_ROLES if roles else [])
    found = Group.objects.filter(fits, name__icontains=text).order_by("name")[:SHOWN]
    about = {True: "everyone of this role", False: ""}
    return _answer(request, [Found(one.name, one.name, about[one.name in ROLES]) for one in found])


def _asked(request: HttpRequest) -> str:
    return request.GET.get("q", "").replace("\x00", "").strip()[:200]


def _answer(request: HttpRequest, found: Any) -> HttpResponse:
    return render(request, "parts/completions.html", {"found": found})

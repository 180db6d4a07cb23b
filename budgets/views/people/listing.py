"""The list of people: searched, filtered, sorted, page by page or as a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import Value
from django.db.models.functions import Coalesce, Lower, NullIf
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.domain.roles import ADMIN, ROLES, may_set_people, role_of, sees_everything
from accounts.models import User
from accounts.templatetags.people import WORDS
from budgets.models import Budget
from budgets.rules import opened_groups, visible_people
from wire.csv_files import csv_answer
from wire.transactions import one_snapshot

A_PAGE = 50
GROUPS_SHOWN = 3
NO_ROLE = "none"
STATES = {"active": "Active", "inactive": "Deactivated"}
SHOWN_NAME = Lower(Coalesce(NullIf("name", Value("")), "email"))
SORTS: dict[str, list[Any]] = {
    "name": [SHOWN_NAME.asc(), "pk"],
    "owns": [F("owns").desc(), SHOWN_NAME.asc(), "pk"],
    "seen": [F("last_login").desc(nulls_last=True), SHOWN_NAME.asc(), "pk"],
}


@dataclass(frozen=True)
class Row:
    """A person as a row shows them: only those of their groups that the reader sees."""

    person: User
    role: str
    groups: list[str]

    @property
    def owns(self) -> int:
        """How many budgets that the reader sees they own."""
        return int(self.person.owns)  # type: ignore[attr-defined]

    @property
    def shown_groups(self) -> list[str]:
        """As many groups as a row has room for."""
        return self.groups[:GROUPS_SHOWN]

    @property
    def more_groups(self) -> int:
        """How many groups there is no room for."""
        return max(0, len(self.groups) - GROUPS_SHOWN)


class Listing:
    """What the address asks for, and the people who fit it."""

    def __init__(self, request: HttpRequest) -> None:
        self.reader: Any = request.user
        self.query = request.GET.get("q", "").replace("\x00", "").strip()[:200]
        self.role = _known(request.GET.get("role"), [*ROLES, NO_ROLE])
        self.state = _known(request.GET.get("state"), STATES)
        self.sees_all = sees_everything(self.reader)
        sorts = [*SORTS] if self.sees_all else ["name", "owns"]
        self.sort = _known(request.GET.get("sort"), sorts) or "name"

    @property
    def narrows(self) -> bool:
        """Whether anybody may be left out by what is asked."""
        return bool(self.query or self.role or self.state)

    def people(self) -> QuerySet[User]:
        """Those who fit, in the order that is asked for, with `owns` and their groups."""
        found = visible_people(self.reader)
        if self.query:
            found = found.filter(Q(name__icontains=self.query) | Q(email__icontains=self.query))
        if self.state:
            found = found.filter(is_active=self.state == "active")
        if self.role:
            found = found.filter(_of_role(self.role))
        return found.annotate(owns=_owned(self.reader)).order_by(*SORTS[self.sort]).prefetch_related("groups")

    def rows(self, people: Sequence[User] | QuerySet[User]) -> Iterator[Row]:
        """People as they are shown to the reader."""
        groups = None if self.sees_all else set(opened_groups(self.reader).values_list("pk", flat=True))
        listed = people.iterator(500) if isinstance(people, QuerySet) else people
        for person in listed:
            held = [g.name for g in person.groups.all() if g.name not in ROLES and (groups is None or g.pk in groups)]
            yield Row(person, WORDS.get(role_of(person) or "", "No role yet"), sorted(held, key=str.casefold))


@login_required
@require_safe
def people(request: HttpRequest) -> HttpResponse:
    """GET /people/: everyone whom the reader may see."""
    asked = Listing(request)
    page = Paginator(asked.people(), A_PAGE).get_page(request.GET.get("page"))
    context = {
        "section": "people",
        "tab": "people",
        "asked": asked,
        "page": page,
        "rows": list(asked.rows(list(page))),
        "roles": {**WORDS, NO_ROLE: "No role yet"},
        "states": STATES,
        "may_set": may_set_people(asked.reader),
    }
    return render(request, "people/people.html", context)


@login_required
@require_safe
@one_snapshot()
def export(request: HttpRequest) -> HttpResponseBase:
    """GET /people/people.csv: all of the same list."""
    asked = Listing(request)
    seen = ["Last signed in"] if asked.sees_all else []
    header = ["Name", "E-mail", "Role", "Groups", "State", *seen, "Owns budgets"]
    return csv_answer("people", header, (_cells(row, seen=bool(seen)) for row in asked.rows(asked.people())))


def _cells(row: Row, *, seen: bool) -> list[str]:
    person = row.person
    last = [_minute(person.last_login)] if seen else []
    state = STATES["active" if person.is_active else "inactive"]
    return [person.name, person.email, row.role, "; ".join(row.groups), state, *last, str(row.owns)]


def _minute(at: datetime | None) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}" if at else "never"


def _known(asked: str | None, known: Any) -> str:
    return asked if asked and asked in known else ""


def _of_role(role: str) -> Q:
    held = User.groups.through.objects.filter(user=OuterRef("pk"))
    if role == NO_ROLE:
        return ~Exists(held.filter(group__name__in=ROLES)) & Q(is_superuser=False)
    of_role = Q(Exists(held.filter(group__name=role)))
    return of_role | Q(is_superuser=True) if role == ADMIN else of_role


def _owned(reader: Any) -> Coalesce:
    """How many live budgets that the reader sees a person owns."""
    owned = Budget.objects.live().filter(owner=OuterRef("pk")).order_by()
    if not sees_everything(reader):
        owned = owned.filter(pk__in=list(Budget.objects.visible_to(reader).values_list("pk", flat=True)))
    count = owned.values("owner").annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(count, output_field=IntegerField()), 0)

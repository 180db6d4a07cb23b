"""The page of one person: who they are, their groups, and every budget that they reach, from where and since when."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import Group
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.domain.groups import add_members, plain_groups, remove_member
from accounts.domain.roles import FINANCE, may_set_people, role_of, sees_everything
from accounts.models import ApiKey, User
from accounts.rules import require_may_set_people
from accounts.templatetags.people import WORDS
from budgets.domain.access import Reach
from budgets.rules import opened_groups, visible_people
from wire.queries import id_in

A_PAGE = 50
#: Those roles see every budget, whatever is shared with them.
SEE_ALL = {"admin": "an administrator", FINANCE: "finance"}


def find_person(request: HttpRequest, pk: int) -> User:
    """The person, or 404 exactly as for nobody, where the reader may not see them."""
    person = visible_people(request.user).filter(pk=pk).first()
    if person is None:
        raise Http404
    return person


@login_required
@require_safe
def person(request: HttpRequest, pk: int) -> HttpResponse:
    """GET /people/<id>/."""
    found, reader = find_person(request, pk), request.user
    page = Paginator(Reach(found, reader), A_PAGE).get_page(request.GET.get("page"))
    role, sees_all = role_of(found), sees_everything(reader)
    context = {
        "section": "people",
        "person": found,
        "role": WORDS.get(role or "", "No role yet"),
        "sees_all_as": SEE_ALL.get(role or ""),
        "groups": plain_groups().filter(user=found, pk__in=opened_groups(reader).values("pk")),
        "page": page,
        "rows": list(page),
        "is_self": found == reader,
        "may_set": may_set_people(reader),
        "all_seen": sees_all,
        "told_seen": sees_all or found == reader,
    }
    if context["may_set"]:
        context["keys"] = ApiKey.objects.filter(user=found, revoked_at=None).exclude(expires_at__lte=timezone.now())
        context["other_groups"] = plain_groups().exclude(user=found)
    return render(request, "people/person.html", context)


@login_required
@require_POST
def regroup(request: HttpRequest, pk: int) -> HttpResponse:
    """POST /people/<id>/groups/ puts the person into a group (`add`, its id) or takes them out of one (`remove`)."""
    found = find_person(request, pk)
    require_may_set_people(request.user)
    name = found.get_full_name()
    if "remove" in request.POST:
        group = _group(request.POST["remove"])
        remove_member(group, found)
        messages.success(request, f"{name} is not in {group.name} any more.")
    elif request.POST.get("add"):
        group = _group(request.POST["add"])
        add_members(group, [found])
        messages.success(request, f"{name} is in {group.name}.")
    else:
        messages.error(request, "Choose a group first.")
    return redirect("people:person", pk)


def _group(pk: str) -> Group:
    group = plain_groups().filter(pk=id_in(pk) or 0).first()
    if group is None:
        raise Http404
    return group

"""Groups that budgets are shared with: who is in them, what they reach, and, for administrators, keeping them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.core.paginator import Paginator
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST
from guardian.models import GroupObjectPermission

from accounts.domain.groups import GroupRefused, add_members, make_group, remove_member, rename_group
from accounts.domain.people import in_words, people_with
from accounts.domain.roles import ADMIN, may_set_people, sees_everything
from accounts.models import User
from accounts.rules import require_may_set_people
from budgets.domain.access import Reach
from budgets.domain.errors import BudgetConflict
from budgets.domain.groups import delete_group, given_to
from budgets.domain.history import Actor
from budgets.models import Budget
from budgets.people_forms import GroupForm, MembersForm
from budgets.rules import PERMISSIONS, opened_groups, visible_groups, visible_people
from wire.queries import id_in

A_PAGE = 50
NAMED = 10


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def groups(request: HttpRequest) -> HttpResponse:
    """GET /people/groups/: those that the reader may see; POST makes one."""
    form = GroupForm()
    if request.method == "POST":
        require_may_set_people(request.user)
        form = GroupForm(request.POST)
        if form.is_valid():
            try:
                made = make_group(form.cleaned_data["name"])
            except GroupRefused as error:
                form.add_error("name", str(error))
            else:
                messages.success(request, f"{made.name} is there. Add its people, then share budgets with it.")
                return redirect("people:group", made.pk)
    query = request.GET.get("q", "").replace("\x00", "").strip()[:200]
    found = _counted(visible_groups(request.user), request.user)
    page = Paginator(found.filter(name__icontains=query) if query else found, A_PAGE).get_page(request.GET.get("page"))
    context = {
        "section": "people",
        "tab": "groups",
        "form": form,
        "query": query,
        "page": page,
        "own": set(request.user.groups.values_list("pk", flat=True)),
        "all_seen": sees_everything(request.user),
        "may_set": may_set_people(request.user),
        "ask": _to_ask(request),
    }
    return render(request, "people/groups.html", context)


def _to_ask(request: HttpRequest) -> str:
    """The administrators whom the reader sees, in words; empty for one of them."""
    if may_set_people(request.user):
        return ""
    return in_words(people_with(ADMIN, among=visible_people(request.user)))


@login_required
@require_http_methods(["GET", "HEAD"])
def group(request: HttpRequest, pk: int) -> HttpResponse:
    """GET /people/groups/<id>/."""
    return _page(request, _find(request, pk), MembersForm())


@login_required
@require_POST
def members(request: HttpRequest, pk: int) -> HttpResponse:
    """POST /people/groups/<id>/members/ adds people by their addresses, or takes one out (`remove`, their id)."""
    found = _find(request, pk)
    require_may_set_people(request.user)
    if "remove" in request.POST:
        person = get_object_or_404(User, pk=id_in(request.POST["remove"]) or 0)
        remove_member(found, person)
        messages.success(request, f"{person.get_full_name()} is not in {found.name} any more.")
        return redirect("people:group", pk)
    form = MembersForm(request.POST)
    if not form.is_valid():
        return _page(request, found, form)
    new = add_members(found, form.cleaned_data["people"])
    names = ", ".join(person.get_full_name() for person in new[:NAMED])
    more = f" and {len(new) - NAMED} more" if len(new) > NAMED else ""
    told = f"{names}{more} {'are' if len(new) > 1 else 'is'} in {found.name}." if new else "They are in it already."
    messages.success(request, told)
    return redirect("people:group", pk)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def rename(request: HttpRequest, pk: int) -> HttpResponse:
    """GET, POST /people/groups/<id>/rename/."""
    found = _find(request, pk)
    require_may_set_people(request.user)
    form = GroupForm(request.POST) if request.method == "POST" else GroupForm(initial={"name": found.name})
    if form.is_valid():
        try:
            rename_group(found, form.cleaned_data["name"])
        except GroupRefused as error:
            form.add_error("name", str(error))
        else:
            messages.success(request, f"The group is called {found.name}.")
            return redirect("people:group", pk)
    return render(request, "people/rename.html", {"section": "people", "group": found, "form": form})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """GET /people/groups/<id>/delete/ says what is lost, POST does it."""
    found = _find(request, pk)
    admin = require_may_set_people(request.user)
    notice = ""
    if request.method == "POST":
        try:
            delete_group(found, Actor(admin, f"The group {found.name} was deleted"[:500]), timezone.now())
        except BudgetConflict:
            notice = "Somebody shared a budget with this group just now. See below what it reaches, then decide again."
        else:
            messages.success(request, f"The group {found.name} is deleted.")
            return redirect("people:groups")
    given = given_to(found)
    count = given.count()
    context = {
        "section": "people",
        "group": found,
        "notice": notice,
        "members": found.user_set.count(),
        "given": given[:NAMED],
        "given_count": count,
        "more": max(0, count - NAMED),
    }
    return render(request, "people/delete_group.html", context)


def _find(request: HttpRequest, pk: int) -> Group:
    """The group, or 404 exactly as for none, where the reader may not see it; a role is none."""
    found = visible_groups(request.user).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _page(request: HttpRequest, found: Group, form: MembersForm) -> HttpResponse:
    reader: Any = request.user
    told = opened_groups(reader).filter(pk=found.pk).exists()
    people = visible_people(reader).filter(groups=found) if told else User.objects.none()
    page = Paginator(Reach(found, reader), A_PAGE).get_page(request.GET.get("page"))
    context = {
        "section": "people",
        "group": found,
        "form": form,
        "members": Paginator(people.order_by("email"), A_PAGE).get_page(request.GET.get("members")),
        "all_seen": sees_everything(reader),
        "told_members": told,
        "page": page,
        "rows": list(page),
        "may_set": may_set_people(reader),
    }
    return render(request, "people/group.html", context)


def _counted(found: QuerySet[Group], reader: Any) -> QuerySet[Group]:
    """Groups with `people`, how many they hold, and `shared`, how many budgets that the reader sees they were given."""
    members = Group.objects.filter(pk=OuterRef("pk")).annotate(number=Count("user")).order_by()
    given = GroupObjectPermission.objects.filter(
        group=OuterRef("pk"),
        content_type=ContentType.objects.get_for_model(Budget),
        permission__codename__in=PERMISSIONS,
    ).order_by()
    if not sees_everything(reader):
        seen = Budget.objects.visible_to(reader).values_list("pk", flat=True)
        given = given.filter(object_pk__in=[str(pk) for pk in seen])
    shared = given.values("group").annotate(number=Count("object_pk", distinct=True)).values("number")
    return found.annotate(
        people=Coalesce(Subquery(members.values("number"), output_field=IntegerField()), 0),
        shared=Coalesce(Subquery(shared, output_field=IntegerField()), 0),
    )

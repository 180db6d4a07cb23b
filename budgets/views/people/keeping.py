"""What administrators do with people: add, change, deactivate, bring back, give a new password."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from accounts.domain.people import add_person, bring_back, change_person, deactivate, new_password
from accounts.domain.roles import LastAdmin
from accounts.models import ApiKey, User
from accounts.rules import require_may_set_people
from budgets.models import Budget
from budgets.people_forms import NewPersonForm, PersonForm
from budgets.views.people.person import find_person


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@sensitive_variables("password")
def add(request: HttpRequest) -> HttpResponse:
    """GET, POST /people/add/: the answer, and nothing else, shows the first password."""
    require_may_set_people(request.user)
    form = NewPersonForm(request.POST) if request.method == "POST" else NewPersonForm()
    if form.is_valid():
        try:
            person, password = add_person(**form.cleaned_data)
        except ValidationError as error:
            form.refuse_with(error)
        else:
            return _password(request, person, password, made=True)
    return render(request, "people/add.html", {"section": "people", "form": form})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """GET, POST /people/<id>/edit/: the name and the role."""
    person = find_person(request, pk)
    require_may_set_people(request.user)
    form = PersonForm.of(person, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            change_person(person, **form.changed)
        except LastAdmin as error:
            form.add_error("role", str(error))
        else:
            messages.success(request, f"{person.get_full_name()} is saved.")
            return redirect("people:person", pk)
    return render(request, "people/edit.html", {"section": "people", "person": person, "form": form})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def let_go(request: HttpRequest, pk: int) -> HttpResponse:
    """GET /people/<id>/deactivate/ says what it means, POST does it."""
    person = find_person(request, pk)
    admin = require_may_set_people(request.user)
    if person == admin:
        messages.error(request, "You cannot deactivate yourself. Another administrator can.")
        return redirect("people:person", pk)
    if request.method != "POST" and person.is_active:
        context = {
            "section": "people",
            "person": person,
            "keys": ApiKey.objects.usable(timezone.now()).filter(user=person).count(),
            "owned": Budget.objects.live().filter(owner=person).count(),
        }
        return render(request, "people/deactivate.html", context)
    try:
        deactivate(person)
    except LastAdmin as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"{person.get_full_name()} is deactivated.")
    return redirect("people:person", pk)


@login_required
@require_POST
def let_in(request: HttpRequest, pk: int) -> HttpResponse:
    """POST /people/<id>/bring-back/."""
    person = find_person(request, pk)
    require_may_set_people(request.user)
    bring_back(person)
    messages.success(request, f"{person.get_full_name()} can sign in again, with the password of before.")
    return redirect("people:person", pk)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@sensitive_variables("password")
def password(request: HttpRequest, pk: int) -> HttpResponse:
    """GET /people/<id>/password/ asks, POST gives a new one: the answer, and nothing else, shows it."""
    person = find_person(request, pk)
    admin = require_may_set_people(request.user)
    if person == admin:
        return redirect("accounts:password")
    if not person.is_active:
        messages.error(request, f"{person.get_full_name()} is deactivated. Bring them back first.")
        return redirect("people:person", pk)
    if request.method != "POST":
        return render(request, "people/password.html", {"section": "people", "person": person})
    return _password(request, person, new_password(person), made=False)


@sensitive_variables("password")
def _password(request: HttpRequest, person: User, password: str, *, made: bool) -> HttpResponse:
    context = {"section": "people", "person": person, "secret": password, "made": made}
    return render(request, "people/password.html", context)

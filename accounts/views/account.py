"""One's own account: who one is here, the password, and the API keys, whose secrets are shown once."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from accounts.domain.keys import Defaults, KeyRefused, create_key, keys_of, revoke_key, rotate_key, state_of
from accounts.domain.roles import ROLES, may_post_usage
from accounts.domain.scopes import allowed
from accounts.forms.keys import KeyForm
from accounts.models import ApiKey, User
from accounts.views.sessions import card

A_PAGE = 20
#: In the session: the marks of the forms that made keys, so that one that comes again makes none. No secret is kept.
MADE, KEPT = "keys_made", 10


class Row(NamedTuple):
    """A key as its row shows it."""

    key: ApiKey
    state: str
    may: str
    defaults: str


@login_required
@require_safe
@never_cache
def account(request: HttpRequest) -> HttpResponse:
    """GET /account/."""
    return _page(request, KeyForm(of=_me(request)))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@sensitive_variables("secret")
def create(request: HttpRequest) -> HttpResponse:
    """POST /account/keys/ makes a key; the answer, and nothing else, shows its secret."""
    if request.method != "POST":
        return redirect("accounts:account")
    mark = request.POST.get("mark", "")[:40]
    made = request.session.get(MADE, [])
    if mark and mark in made:
        messages.info(request, "This key was created, and its secret was shown once. If you lost it, rotate the key.")
        return redirect("accounts:account")
    form = KeyForm(request.POST, of=_me(request))
    if not form.is_valid():
        return _page(request, form)
    try:
        key, secret = create_key(_me(request), **form.fields_for(timezone.now()))
    except ValidationError as error:
        form.refuse_with(error)
        return _page(request, form)
    if mark:
        request.session[MADE] = [*made, mark][-KEPT:]
    return _page(request, KeyForm(of=_me(request)), made=key, secret=secret)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@sensitive_variables("secret")
def rotate(request: HttpRequest, pk: int) -> HttpResponse:
    """GET asks, POST /account/keys/<id>/rotate/ does it; the answer, and nothing else, shows the new secret."""
    key = _own(request, pk)
    if request.method != "POST":
        return _ask(request, key, "rotate")
    try:
        secret = rotate_key(key, now=timezone.now(), last_four=request.POST.get("last_four", ""))
    except KeyRefused as error:
        messages.error(request, str(error))
        return redirect("accounts:account")
    return _page(request, KeyForm(of=_me(request)), made=key, secret=secret)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """GET asks, POST /account/keys/<id>/revoke/ does it."""
    key = _own(request, pk)
    if request.method != "POST":
        return _ask(request, key, "revoke")
    revoke_key(key, now=timezone.now())
    messages.success(request, f"The key {key.name} was revoked.")
    return redirect("accounts:account")


def _me(request: HttpRequest) -> User:
    return request.user  # type: ignore[return-value]  # each of these pages asks to sign in


def _own(request: HttpRequest, pk: int) -> ApiKey:
    return get_object_or_404(keys_of(_me(request)), pk=pk)


def _ask(request: HttpRequest, key: ApiKey, what: str) -> HttpResponse:
    state = state_of(key, timezone.now())
    if state == "revoked" or (state == "expired" and what == "rotate"):
        return redirect("accounts:account")
    return render(request, "accounts/key.html", {"key": key, "what": what, "section": "account"})


@sensitive_variables("more")
def _page(request: HttpRequest, form: KeyForm, **more: Any) -> HttpResponse:
    now = timezone.now()
    page = Paginator(keys_of(_me(request)), A_PAGE).get_page(request.GET.get("page"))
    context = {
        "section": "account",
        "form": form,
        "mark": get_random_string(22),
        "page": page,
        "rows": [Row(key, state_of(key, now), allowed(key.scopes, "you"), _defaults(key)) for key in page],
        "groups": request.user.groups.exclude(name__in=ROLES).order_by("name")[:A_PAGE],
        "posts": may_post_usage(request.user),
        **card(request, now),
        **more,
    }
    return render(request, "accounts/account.html", context)


def _defaults(key: ApiKey) -> str:
    return " · ".join(f"{name}: {getattr(key, name)}" for name in Defaults._fields if getattr(key, name))

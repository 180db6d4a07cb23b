"""The admin site: Unfold's, with the product's own door and a content security policy that Unfold can live with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from csp.constants import SELF, UNSAFE_EVAL, UNSAFE_INLINE
from csp.decorators import csp_update
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from unfold.sites import UnfoldAdminSite

from accounts.domain.people import to_ask
from accounts.domain.roles import ADMIN
from accounts.views.signing import SignOut
from costops.admin_names import grouped

# Alpine evaluates what its attributes say, and htmx and Unfold write style elements: docs/decisions/0008-admin-csp.md.
POLICY = {"script-src": [SELF, UNSAFE_EVAL], "style-src": [SELF, UNSAFE_INLINE]}


class AdminSite(UnfoldAdminSite):
    """Who may not enter is told so by the product's own pages."""

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """All tables in the groups that people know; those of one app as Django lists them."""
        found = super().get_app_list(request, app_label)
        return found if app_label else grouped(found)

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Callable[..., Any]:
        """Every view of the site, under the relaxed policy."""
        return csp_update(POLICY)(super().admin_view(view, cacheable))

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """To the sign-in page; who is signed in already has no business here."""
        if request.user.is_authenticated and not self.has_permission(request):
            people = to_ask(ADMIN)
            ask = f" You can ask {people}." if people else ""
            raise PermissionDenied(f"Only administrators may open the admin site.{ask}")
        return redirect_to_login(request.GET.get("next") or reverse("admin:index"))

    def logout(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """As everywhere."""
        return SignOut.as_view()(request)

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Where everybody changes it."""
        return redirect("accounts:password")

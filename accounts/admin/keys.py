"""API keys in the admin site, made, rotated and revoked by the domain: their secrets are shown once."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import AutocompleteSelectFilter, DropdownFilter, RangeDateTimeFilter
from unfold.decorators import action, display

from accounts.domain.keys import KeyRefused, check_rotation, create_key, revoke_key, rotate_key, state_of
from accounts.domain.scopes import SCOPES, allowed
from accounts.forms.keys import KeyOfSomeoneForm
from accounts.models import ApiKey
from wire.admin_pages import WithPages


class StateFilter(DropdownFilter):
    """Keys that open something, and those that do not any more."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """As the list calls them."""
        return [(state, state) for state in ("in use", "expired", "revoked")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> QuerySet[ApiKey]:
        """What was chosen."""
        left = queryset.filter(revoked_at=None)
        expired = Q(expires_at__lte=timezone.now())
        ways = {
            "in use": left.exclude(expired),
            "expired": left.filter(expired),
            "revoked": queryset.exclude(revoked_at=None),
        }
        return ways.get(self.value() or "", queryset)


class ScopeFilter(DropdownFilter):
    """Keys that may do a certain thing."""

    title = "may"
    parameter_name = "may"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Each scope in words."""
        return list(SCOPES.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> QuerySet[ApiKey]:
        """What was chosen."""
        return queryset.filter(scopes__contains=[self.value()]) if self.value() in SCOPES else queryset


@admin.register(ApiKey)
class ApiKeyAdmin(WithPages, ModelAdmin):
    """API keys, by their first and last characters: no more of them is kept."""

    form = KeyOfSomeoneForm
    page = "people:list"
    list_display = [
        *("name", "shown", "user", "state", "may"),
        *("project", "environment", "team", "is_locked", "last_used_at"),
    ]
    list_filter = [
        StateFilter,
        ScopeFilter,
        *("locked", ("user", AutocompleteSelectFilter)),
        *(("last_used_at", RangeDateTimeFilter), ("expires_at", RangeDateTimeFilter)),
    ]
    list_filter_submit = True
    list_select_related = ["user"]
    search_fields = ["name", "prefix", "last_four", "user__email", "project", "team"]
    autocomplete_fields = ["user"]
    fields = [
        ("name", "user"),
        "scopes",
        ("project", "environment"),
        ("department", "team"),
        "locked",
        "requests_per_minute",
        "expires_at",
    ]
    about = [("shown", "state"), ("created_at", "rotated_at"), ("last_used_at", "revoked_at")]
    readonly_fields = ["shown", "state", "created_at", "rotated_at", "last_used_at", "revoked_at"]
    actions = ["rotate", "revoke"]

    def page_of(self, row: ApiKey) -> str:
        """The page of the person whose key it is."""
        return reverse("people:person", args=[row.user_id])

    def get_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> Any:
        """What a key is given, and of one that is there what became of it."""
        return [*super().get_fields(request, obj), *(self.about if obj else [])]

    @display(description="key")
    def shown(self, key: ApiKey) -> str:
        """What may be seen of it."""
        return f"{key.prefix}…{key.last_four}"

    @display(description="may")
    def may(self, key: ApiKey) -> str:
        """Its scopes, in words."""
        return allowed(key.scopes)

    @display(description="locked", ordering="locked")
    def is_locked(self, key: ApiKey) -> str:
        """Whether its defaults hold whatever a call says; a cross would look like something amiss."""
        return "yes" if key.locked else "no"

    @display(description="state", label={"in use": "success", "revoked": "danger", "expired": "warning"})
    def state(self, key: ApiKey) -> str:
        """Whether it opens anything."""
        return state_of(key, timezone.now())

    def get_readonly_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> Any:
        """A key stays its user's."""
        return [*super().get_readonly_fields(request, obj), *(["user"] if obj else [])]

    @sensitive_variables("secret")
    def save_model(self, request: HttpRequest, obj: ApiKey, form: ModelForm, change: bool) -> None:
        """Makes a key by the domain; the answer shows its secret."""
        if change:
            return super().save_model(request, obj, form, change)
        given = {name: value for name, value in form.cleaned_data.items() if name not in ("user", "name")}
        made, secret = create_key(obj.user, obj.name, now=timezone.now(), **given)
        obj.pk = made.pk
        obj.__dict__.update({k: v for k, v in made.__dict__.items() if not k.startswith("_")})
        obj.__dict__["secret"] = secret
        return None

    @sensitive_variables("secret")
    def response_add(self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None) -> HttpResponse:
        """Shows the secret, as on nothing else: a message would carry it in a cookie."""
        return self._show(request, obj, obj.__dict__.pop("secret"))

    @sensitive_variables("secret")
    def _show(self, request: HttpRequest, key: ApiKey, secret: str) -> HttpResponse:
        return self._page(request, "accounts/admin_key.html", key=key, secret=secret)

    @sensitive_variables("more")
    def _page(self, request: HttpRequest, template: str, **more: Any) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "title": "API key", "opts": self.opts}
        return TemplateResponse(request, template, {**context, **more})

    @action(description="Rotate: a new secret for the same key", permissions=["change"])
    def rotate(self, request: HttpRequest, keys: QuerySet[ApiKey]) -> HttpResponse | None:
        """Asks first, then shows the new secret once; the old one stops at once."""
        if len(keys) != 1:
            messages.error(request, "Choose one key: each secret is shown once.")
            return None
        key, seen, now = keys[0], request.POST.get("last_four"), timezone.now()
        try:
            if seen is not None:
                return self._show(request, key, rotate_key(key, now=now, last_four=seen))
            check_rotation(key, now)
            return self._page(request, "accounts/admin_rotate.html", key=key)
        except KeyRefused as error:
            messages.error(request, str(error))
            return None

    @action(description="Revoke", permissions=["change"])
    def revoke(self, request: HttpRequest, keys: QuerySet[ApiKey]) -> None:
        """Closes the chosen keys for good."""
        for key in keys:
            revoke_key(key, now=timezone.now())
        messages.success(request, f"{len(keys)} key{'s are' if len(keys) != 1 else ' is'} revoked.")

    def has_delete_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        """A key is revoked, not deleted: usage names it."""
        return False

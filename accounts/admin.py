"""People, roles and API keys in the admin site."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import RangeDateTimeFilter
from unfold.decorators import action, display

from accounts.domain import sessions
from accounts.domain.keys import KeyRefused, check_rotation, create_key, revoke_key, rotate_key, state_of
from accounts.domain.roles import ROLES, give_role
from accounts.domain.scopes import in_words
from accounts.forms.keys import KeyOfSomeoneForm
from accounts.forms.people import NewUserForm, SetPasswordForm, UserForm
from accounts.models import ApiKey, User

for table in (Group, EmailAddress, UserSession):  # ours, an empty one, and one that people look after themselves
    admin.site.unregister(table)


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):
    """People. Who leaves is made inactive: what they did stays theirs."""

    form = UserForm
    add_form = NewUserForm
    change_password_form = SetPasswordForm
    list_display = ["email", "name", "roles", "is_active", "is_staff", "last_login"]
    list_filter = ["is_active", "is_staff", "groups"]
    search_fields = ["email", "name"]
    ordering = ["email"]
    actions = ["sign_out"]
    filter_horizontal = []
    readonly_fields = ["last_login", "date_joined", "is_staff", "is_superuser"]
    fieldsets = [
        (None, {"fields": ["email", "name", "password"]}),
        ("What they may do", {"fields": ["role", "teams", "is_active", "is_staff", "is_superuser"]}),
        ("When", {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [(None, {"classes": ["wide"], "fields": ["email", "name", "role", "password1", "password2"]})]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """With their groups, in one query more."""
        return super().get_queryset(request).prefetch_related("groups")

    @action(description="Sign out everywhere", permissions=["change"])
    def sign_out(self, request: HttpRequest, people: QuerySet[User]) -> None:
        """Ends the sessions of the chosen people."""
        ended = sum(sessions.end_all(user) for user in people)
        messages.success(request, f"{ended} session{'s were' if ended != 1 else ' was'} ended.")

    @display(description="role")
    def roles(self, user: User) -> str:
        """The user's roles and groups."""
        return ", ".join(group.name for group in user.groups.all()) or "none"

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Gives the chosen role, which also says who may open this site."""
        super().save_related(request, form, formsets, change)
        if "teams" in form.cleaned_data:
            form.instance.groups.set([*form.instance.groups.filter(name__in=ROLES), *form.cleaned_data["teams"]])
        if form.cleaned_data.get("role") and (not change or "role" in form.changed_data):
            give_role(form.instance, form.cleaned_data["role"])

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Nobody is deleted."""
        return False


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ModelAdmin):
    """Groups that budgets are shared with. The six roles stay what they are."""

    list_display = ["name", "kind"]
    fields = ["name"]

    @display(description="kind", label=True)
    def kind(self, group: Group) -> str:
        """Whether it is one of the roles."""
        return "role" if group.name in ROLES else "group"

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        """Roles keep their names."""
        return super().has_change_permission(request, obj) and (obj is None or obj.name not in ROLES)

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        """Roles stay."""
        return super().has_delete_permission(request, obj) and (obj is None or obj.name not in ROLES)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Leaves no role among those that a list's action would delete."""
        return super().get_deleted_objects([group for group in objs if group.name not in ROLES], request)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Group]) -> None:
        """Deletes groups, never roles."""
        queryset.exclude(name__in=ROLES).delete()


@admin.register(ApiKey)
class ApiKeyAdmin(ModelAdmin):
    """API keys, by their first and last characters: no more of them is kept."""

    form = KeyOfSomeoneForm
    list_display = [
        *("name", "shown", "user", "state", "may"),
        *("project", "environment", "team", "is_locked", "last_used_at"),
    ]
    list_filter = ["locked", ("revoked_at", RangeDateTimeFilter)]
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
        ("shown", "state"),
        ("created_at", "rotated_at"),
        "last_used_at",
    ]
    readonly_fields = ["shown", "state", "created_at", "rotated_at", "last_used_at"]
    actions = ["rotate", "revoke"]

    @display(description="key")
    def shown(self, key: ApiKey) -> str:
        """What may be seen of it."""
        return f"{key.prefix}…{key.last_four}" if key.pk else "shown once, when it is made"

    @display(description="may")
    def may(self, key: ApiKey) -> str:
        """Its scopes."""
        return in_words(key.scopes)

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

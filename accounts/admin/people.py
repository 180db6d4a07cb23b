"""People and their roles in the admin site."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import AutocompleteSelectFilter, DropdownFilter, RangeDateTimeFilter
from unfold.decorators import action, display

from accounts.domain import people, sessions
from accounts.domain.roles import ROLES, give_role, role_of
from accounts.forms.people import NewUserForm, SetPasswordForm, UserForm
from accounts.models import User
from wire.admin_pages import WithPages
from wire.admin_words import NONE


class RoleFilter(DropdownFilter):
    """People of one role, or of none."""

    title = "role"
    parameter_name = "role"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The roles."""
        return [*((role, role) for role in ROLES), ("none", "none")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        """What was chosen."""
        if self.value() == "none":
            return queryset.exclude(groups__name__in=ROLES)
        return queryset.filter(groups__name=self.value()) if self.value() in ROLES else queryset


@admin.register(User)
class UserAdmin(WithPages, DjangoUserAdmin, ModelAdmin):
    """People. Who leaves is made inactive: what they did stays theirs."""

    form = UserForm
    add_form = NewUserForm
    change_password_form = SetPasswordForm
    page = "people:list"
    list_display = ["email", "name", "role", "in_groups", "state", "last_login"]
    list_filter = ["is_active", RoleFilter, ("groups", AutocompleteSelectFilter), ("last_login", RangeDateTimeFilter)]
    list_filter_submit = True
    search_fields = ["email", "name"]
    ordering = ["email"]
    actions = ["sign_out"]
    filter_horizontal = []
    readonly_fields = ["last_login", "date_joined", "is_staff"]
    fieldsets = [
        (None, {"fields": ["email", "name", "password"]}),
        ("What they may do", {"fields": ["role", "teams", "is_active", "is_staff"]}),
        ("When", {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [(None, {"classes": ["wide"], "fields": ["email", "name", "role", "password1", "password2"]})]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """With their groups, in one query more."""
        return super().get_queryset(request).prefetch_related("groups")

    @action(description="Sign out everywhere", permissions=["change"])
    def sign_out(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        """Ends the sessions of the chosen people."""
        ended = sum(sessions.end_all(user) for user in chosen)
        messages.success(request, f"{ended} session{'s were' if ended != 1 else ' was'} ended.")

    def page_of(self, row: User) -> str:
        """The person's page."""
        return reverse("people:person", args=[row.pk])

    @display(description="role")
    def role(self, user: User) -> str:
        """What they may do."""
        return role_of(user) or "none"

    @display(description="groups")
    def in_groups(self, user: User) -> str:
        """The groups that they are in."""
        return ", ".join(group.name for group in user.groups.all() if group.name not in ROLES) or NONE

    @display(description="state", label={"active": "success", "deactivated": "warning"}, ordering="is_active")
    def state(self, user: User) -> str:
        """Whether they can sign in."""
        return "active" if user.is_active else "deactivated"

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Who is made inactive is signed out for good, and their keys are refused."""
        super().save_model(request, obj, form, change)
        if change and "is_active" in form.changed_data and not obj.is_active:
            people.deactivate(obj)

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

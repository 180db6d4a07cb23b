"""Groups in the admin site: made, renamed and deleted by the domain, so that the histories of budgets say so."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts.domain.groups import GroupRefused, make_group, rename_group, sound_name
from accounts.domain.roles import ROLES
from budgets.domain.errors import BudgetConflict
from budgets.domain.groups import delete_group, given_to
from budgets.domain.history import Actor
from wire.admin_pages import WithPages


class KindFilter(DropdownFilter):
    """The six roles, or groups that budgets are shared with."""

    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """One of two."""
        return [("group", "groups"), ("role", "roles")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Group]) -> QuerySet[Group]:
        """What was chosen."""
        kept = {"group": queryset.exclude(name__in=ROLES), "role": queryset.filter(name__in=ROLES)}
        return kept.get(self.value() or "", queryset)


class GroupForm(forms.ModelForm):
    """The name of a group."""

    class Meta:
        model = Group
        fields = ["name"]
        widgets = {"name": UnfoldAdminTextInputWidget}

    def clean_name(self) -> str:
        """As the domain keeps it."""
        try:
            return sound_name(self.cleaned_data["name"], self.instance if self.instance.pk else None)
        except GroupRefused as error:
            raise forms.ValidationError(str(error)) from None


@admin.register(Group)
class GroupAdmin(WithPages, ModelAdmin):
    """Groups that budgets are shared with. The six roles stay what they are."""

    page = "people:groups"
    form = GroupForm
    list_display = ["name", "kind", "people"]
    list_filter = [KindFilter]
    search_fields = ["name"]
    ordering = ["name"]
    fields = ["name"]

    def page_of(self, row: Group) -> str:
        """The group's page; a role has none but the list of its people."""
        return (
            f"{reverse('people:list')}?role={row.name}" if row.name in ROLES else reverse("people:group", args=[row.pk])
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        """With how many people are in each."""
        return super().get_queryset(request).annotate(number=Count("user"))

    @display(description="kind", label=True)
    def kind(self, group: Group) -> str:
        """Whether it is one of the roles."""
        return "role" if group.name in ROLES else "group"

    @display(description="people", ordering="number")
    def people(self, group: Any) -> int:
        """How many are in it."""
        number: int = group.number
        return number

    def save_model(self, request: HttpRequest, obj: Group, form: Any, change: bool) -> None:
        """Makes or renames it by the domain."""
        if change:
            rename_group(Group.objects.get(pk=obj.pk), obj.name)
        else:
            obj.pk = make_group(obj.name).pk

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Says it where another took the name first after all."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except GroupRefused as error:
            messages.error(request, str(error))
            return redirect("admin:auth_group_changelist")

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Says it where somebody shared a budget with the group at the same moment."""
        try:
            return super().delete_view(request, object_id, extra_context)
        except BudgetConflict:
            messages.error(request, "Somebody shared a budget with this group just now. Look again, then decide.")
            return redirect("admin:auth_group_changelist")

    def delete_model(self, request: HttpRequest, obj: Group) -> None:
        """Takes back what it was given first; each budget's history keeps who did it."""
        actor = Actor(request.user, f"The group {obj.name} was deleted"[:500])  # type: ignore[arg-type]
        delete_group(obj, actor, timezone.now())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Group]) -> None:
        """Deletes groups, never roles."""
        for group in queryset.exclude(name__in=ROLES):
            self.delete_model(request, group)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Names what the members of each lose, and leaves no role among those that an action would delete."""
        groups = [group for group in objs if group.name not in ROLES]
        _, _, missing, protected = super().get_deleted_objects(groups, request)
        lost = [f"{group.name}, {_given(group)}" for group in groups]
        return lost, {"groups": len(groups)}, missing, protected

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        """Roles keep their names."""
        return super().has_change_permission(request, obj) and (obj is None or obj.name not in ROLES)

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        """Roles stay."""
        return super().has_delete_permission(request, obj) and (obj is None or obj.name not in ROLES)


def _given(group: Group) -> str:
    names = [str(budget) for budget in given_to(group)]
    return f"with all that it was given on {', '.join(names)}" if names else "which no budget is shared with"

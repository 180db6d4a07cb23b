"""Shares of budgets in the admin site: given and taken through the domain, which keeps the history."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from guardian.models import GroupObjectPermission, UserObjectPermission
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelect2Widget

from accounts.models import User
from budgets.domain.history import Actor
from budgets.domain.sharing import WORDS, set_right, take_all
from budgets.models import Budget
from budgets.rules import PERMISSIONS
from wire.admin_pages import WithPages

MAY = {
    "view_budget": "see it",
    "change_budget": "change it",
    "request_budget": "ask for more",
    "decide_budget": "decide requests",
}


class ShareForm(forms.ModelForm):
    """Gives someone a right on a budget and all below it."""

    budget = forms.ModelChoiceField(queryset=Budget.objects.order_by("name"), widget=UnfoldAdminSelect2Widget)
    may = forms.ChoiceField(choices=lambda: [(name, MAY[name]) for name in PERMISSIONS], label="may")

    def clean(self) -> dict[str, Any]:
        """Turns budget and right into the row that keeps them."""
        data = super().clean() or self.cleaned_data
        if not self.errors:
            kind = ContentType.objects.get_for_model(Budget)
            self.instance.content_type = kind
            self.instance.object_pk = str(data["budget"].pk)
            self.instance.permission = Permission.objects.get(content_type=kind, codename=data["may"])
        return data


class MayFilter(admin.SimpleListFilter):
    """By what a share allows, whatever else it does."""

    title = "may"
    parameter_name = "may"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The rights in words."""
        return [(name, MAY[name]) for name in PERMISSIONS]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Shares that hold the right."""
        if self.value() not in MAY:
            return queryset
        return queryset.filter(Exists(_same(queryset.model).filter(permission__codename=self.value())))


def _same(model: Any) -> QuerySet[Any]:
    """All rights that the person or group of a row has on its budget, in the order in which they came."""
    whose = "user" if model is UserObjectPermission else "group"
    same = {name: OuterRef(name) for name in (whose, "object_pk", "content_type")}
    rights: QuerySet[Any] = model.objects.filter(**same, permission__codename__in=PERMISSIONS)
    return rights.order_by("pk")


class Told:
    """A row under the name that people know it by, where a page of the admin site would name it by the program's."""

    def __init__(self, row: Any, words: str) -> None:
        self.pk, self._meta, self.words = row.pk, row._meta, words

    def __str__(self) -> str:
        return self.words


class ShareAdmin(WithPages, ModelAdmin):
    """Who may see, change, request or decide: for the budget and all below it. Given or taken, not edited.

    A row stands for all rights of one person or group on one budget: the first of them, with the others in `rights`.
    """

    page = "people:list"
    form = ShareForm
    list_filter_submit = True
    whose = ""

    def page_of(self, row: Any) -> str:
        """The budget's page of sharing."""
        return reverse("budgets:share", args=[row.object_pk])

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What is chosen for a new one, or what one says."""
        return [self.whose, "right", "budget_name"] if obj else [self.whose, "may", "budget"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What is given is not typed over."""
        return ["right", "budget_name"] if obj else []

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Under a name in words."""
        return super().changeform_view(
            request, object_id, form_url, {**self._named(request, object_id), **(extra_context or {})}
        )

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Asks in words."""
        named = self._named(request, object_id)
        return super().delete_view(
            request, object_id, {**named, "object": named.get("original"), **(extra_context or {})}
        )

    def _named(self, request: HttpRequest, object_id: str | None) -> dict[str, Any]:
        row = self.get_object(request, object_id) if object_id else None
        return {"original": Told(row, f"{self._who(row)}: {self.right(row)}, {self.budget_name(row)}")} if row else {}

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        """By the budget's name too."""
        found, twice = super().get_search_results(request, queryset, search_term)
        if search_term:
            named = Budget.objects.filter(name__icontains=search_term[:200])
            found |= queryset.filter(object_pk__in=[str(pk) for pk in named.values_list("pk", flat=True)])
        return found, twice

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Shares of budgets, each once, with the budgets."""
        kind = ContentType.objects.get_for_model(Budget)
        shares = super().get_queryset(request).filter(content_type=kind, permission__codename__in=PERMISSIONS)
        first = Subquery(_same(self.model).values("pk")[:1])
        rights = ArraySubquery(_same(self.model).values("permission__codename"))
        return shares.filter(pk=first).annotate(rights=rights).prefetch_related("content_object")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        """Gives the right; the budget's history keeps who gave it."""
        budget, may = Budget.objects.get(pk=obj.object_pk), WORDS[obj.permission.codename]
        set_right(budget, self._who(obj), may, Actor(request.user), timezone.now(), given=True)  # type: ignore[arg-type]
        obj.pk = type(obj).objects.get(**{self.whose: self._who(obj)}, **_place_of(obj)).pk

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Takes all that the row stands for; the budget's history keeps who took it."""
        budget = Budget.objects.get(pk=obj.object_pk)
        take_all(budget, self._who(obj), Actor(request.user), timezone.now())  # type: ignore[arg-type]

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Takes each of them."""
        for share in queryset:
            self.delete_model(request, share)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Names who loses what."""
        _, counts, missing, protected = super().get_deleted_objects(objs, request)
        lost = [f"{self._who(share)}: {self.right(share)}, {self.budget_name(share)}" for share in objs]
        return lost, counts, missing, protected

    def _who(self, share: Any) -> User | Group:
        who: User | Group = getattr(share, self.whose)
        return who

    @display(description="budget")
    def budget_name(self, share: Any) -> str:
        """The budget that is shared."""
        return share.content_object.name if share.content_object else "gone"

    @display(description="may")
    def right(self, share: Any) -> str:
        """What it allows."""
        return ", ".join(MAY[name] for name in PERMISSIONS if name in share.rights)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Take it and give another."""
        return False


def _place_of(share: Any) -> dict[str, Any]:
    return {name: getattr(share, name) for name in ("object_pk", "content_type", "permission")}


@admin.register(UserObjectPermission)
class UserShareAdmin(ShareAdmin):
    """Budgets shared with people."""

    whose = "user"
    list_display = ["user", "right", "budget_name"]
    list_select_related = ["user", "permission"]
    list_filter = [MayFilter, ("user", AutocompleteSelectFilter)]
    search_fields = ["user__email", "user__name"]
    autocomplete_fields = ["user"]


@admin.register(GroupObjectPermission)
class GroupShareAdmin(ShareAdmin):
    """Budgets shared with groups."""

    whose = "group"
    list_display = ["group", "right", "budget_name"]
    list_select_related = ["group", "permission"]
    list_filter = [MayFilter, ("group", AutocompleteSelectFilter)]
    search_fields = ["group__name"]
    autocomplete_fields = ["group"]

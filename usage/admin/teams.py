"""The team directory in the admin site."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import RangeDateTimeFilter

from usage.admin.agreed import AgreedAdmin, AgreedForm
from usage.domain import agreements, directory
from usage.models import TeamDepartment


class TeamDepartmentForm(AgreedForm):
    """From when on a team belongs to a department."""

    def draft(self, data: dict[str, Any]) -> None:
        """Looks at the date."""
        agreements.check_dates(data["effective_from"], None)


@admin.register(TeamDepartment)
class TeamDepartmentAdmin(AgreedAdmin):
    """Which department a team belongs to, and since when."""

    page = "usage:teams"
    form = TeamDepartmentForm
    list_display = ["team", "department", "effective_from", "created_by"]
    list_filter = ["department", ("effective_from", RangeDateTimeFilter)]
    list_select_related = ["created_by"]
    search_fields = ["team", "department"]
    fields = ["team", "department", "effective_from"]
    readonly_fields = ["created_by", "created_at"]
    actions: list[str] = []

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What is typed, and of an entry that is there who made it."""
        return [*super().get_fields(request, obj), *(["created_by", "created_at"] if obj else [])]

    def save_model(self, request: HttpRequest, obj: TeamDepartment, form: Any, change: bool) -> None:
        """Stores the entry by the domain."""
        user: Any = request.user
        entry = directory.set_department(obj.team, obj.department, obj.effective_from, user, timezone.now())
        obj.pk = entry.pk

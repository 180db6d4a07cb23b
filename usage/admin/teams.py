"""The team directory in the admin site."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

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

    form = TeamDepartmentForm
    list_display = ["team", "department", "effective_from", "created_by"]
    list_filter = ["department"]
    list_select_related = ["created_by"]
    search_fields = ["team", "department"]
    fields = ["team", "department", "effective_from"]
    actions: list[str] = []

    def save_model(self, request: HttpRequest, obj: TeamDepartment, form: Any, change: bool) -> None:
        """Stores the entry by the domain."""
        user: Any = request.user
        entry = directory.set_department(obj.team, obj.department, obj.effective_from, user, timezone.now())
        obj.pk = entry.pk

"""Where people are signed in, in the admin site: looked at and ended. The key of a session is shown to nobody."""

from __future__ import annotations

from allauth.usersessions.models import UserSession
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RangeDateTimeFilter
from unfold.decorators import action, display

from accounts.domain import sessions
from wire.admin import ReadOnlyAdmin
from wire.admin_pages import WithPages

admin.site.unregister(UserSession)


@admin.register(UserSession)
class UserSessionAdmin(WithPages, ReadOnlyAdmin):
    """Browsers in which somebody is signed in."""

    page = "people:list"
    list_display = ["user", "browser", "ip", "created_at", "last_seen_at"]
    list_select_related = ["user"]
    list_filter = [
        ("user", AutocompleteSelectFilter),
        ("last_seen_at", RangeDateTimeFilter),
        ("created_at", RangeDateTimeFilter),
    ]
    search_fields = ["user__email", "user__name", "ip"]
    ordering = ["-last_seen_at", "-pk"]
    fields = ["user", "browser", "ip", "created_at", "last_seen_at"]
    readonly_fields = ["browser"]
    actions = ["end"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[UserSession]:
        """Those that did not run out."""
        return sessions.live(super().get_queryset(request), timezone.now())

    def page_of(self, row: UserSession) -> str:
        """The page of the person."""
        return reverse("people:person", args=[row.user_id])

    @display(description="browser")
    def browser(self, row: UserSession) -> str:
        """As its owner is told of it."""
        return sessions.browser_of(row.user_agent)

    @action(description="Sign out there", permissions=["view"])
    def end(self, request: HttpRequest, chosen: QuerySet[UserSession]) -> None:
        """Ends the chosen sessions."""
        ended = sessions.end(chosen)
        messages.success(request, f"{ended} session{'s were' if ended != 1 else ' was'} ended.")

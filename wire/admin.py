"""The admin site's manner for tables that the product itself writes: looked at, never changed by hand."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import RangeDateTimeFilter
from unfold.paginator import InfinitePaginator

from wire.admin_words import InWords, Words
from wire.models import IdempotencyRecord


class WithoutHistory(InWords, ModelAdmin):
    """Rows that nobody edits here, so that Django keeps no history of them that a button could lead to."""

    has_history = False

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Shows the button only where there is something behind it."""
        context = {"show_history": self.has_history, **(extra_context or {})}
        return super().changeform_view(request, object_id, form_url, context)


class ReadOnlyAdmin(WithoutHistory):
    """Rows are shown to those who may see them. Nobody adds, changes or deletes one here."""

    list_filter_submit = True

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False


class GivenFilter(admin.SimpleListFilter):
    """Rows whose `field` is filled in, or empty."""

    field = ""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """No or yes."""
        return [("no", "no"), ("yes", "yes")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """What was chosen."""
        return queryset.filter(**{f"{self.field}__isnull": self.value() == "no"}) if self.value() else queryset


class LongListAdmin(ReadOnlyAdmin):
    """For tables of millions of rows, which are paged without being counted."""

    paginator = InfinitePaginator
    list_per_page = 50
    show_full_result_count = False


@admin.register(IdempotencyRecord)
class IdempotencyRecordAdmin(LongListAdmin):
    """Answers that were given to idempotency keys."""

    list_display = ["key", "caller", "status", "created_at"]
    words: ClassVar[dict[str, Words]] = {"status": str}
    search_fields = ["=key", "=caller"]
    list_filter = ["status", ("created_at", RangeDateTimeFilter)]
    fields = ["key", "caller", "status", "created_at"]

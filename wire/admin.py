"""The admin site's manner for tables that the product itself writes: looked at, never changed by hand."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.paginator import InfinitePaginator

from wire.models import IdempotencyRecord


class ReadOnlyAdmin(ModelAdmin):
    """Rows are shown to those who may see them. Nobody adds, changes or deletes one here."""

    show_full_result_count = False
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


class LongListAdmin(ReadOnlyAdmin):
    """For tables of millions of rows, which are paged without being counted."""

    paginator = InfinitePaginator
    list_per_page = 50


@admin.register(IdempotencyRecord)
class IdempotencyRecordAdmin(ReadOnlyAdmin):
    """Answers that were given to idempotency keys."""

    list_display = ["key", "caller", "status", "created_at"]
    list_filter = ["status"]
    search_fields = ["=key", "=caller"]
    fields = ["key", "caller", "status", "created_at"]

"""Pages of a list, by cursor: they neither repeat nor skip a row while the list grows."""

from __future__ import annotations

from rest_framework.pagination import CursorPagination


class CursorPages(CursorPagination):
    """{"next", "previous", "results"}; `page_size` up to 1,000."""

    page_size = 100
    page_size_query_param = "page_size"
    max_page_size = 1000
    ordering = ("id",)

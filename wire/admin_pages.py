"""The way from the admin site to the product: each list, and each row of it, leads to the page that shows the same."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from unfold.decorators import action


class WithPages:
    """For an admin of a table that pages of the product show: a button above the list, and one above each row.

    `page` names the address of the list's page. A row leads there too, unless `page_of` says where else.
    """

    page = ""
    actions_list = ("open_list",)
    actions_detail = ("open_row",)

    def page_of(self, row: Any) -> str:
        """The address of the page that shows the row."""
        return reverse(self.page)

    @action(description="Open in CostOps", url_path="open", icon="open_in_new")
    def open_list(self, request: HttpRequest) -> HttpResponse:
        """To the page of all of them."""
        return redirect(reverse(self.page))

    @action(description="Open in CostOps", url_path="open", icon="open_in_new")
    def open_row(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """To the page of this one."""
        row = self.get_object(request, object_id)  # type: ignore[attr-defined]
        if row is None:
            raise Http404
        return redirect(self.page_of(row))

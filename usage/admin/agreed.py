"""The admin site's manner for what people agree on: added and ended by the domain, never edited or deleted."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.templatetags.admin_urls import admin_urlname
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from unfold.decorators import action

from usage.domain import agreements
from usage.domain.agreements import Made
from usage.domain.errors import Refused
from wire.admin import WithoutHistory
from wire.admin_pages import WithPages


class AgreedForm(forms.ModelForm):
    """A form whose refusals come from the domain."""

    def draft(self, data: dict[str, Any]) -> Model | None:
        """What the domain makes of it, or None. Raises Refused."""
        return None

    def clean(self) -> dict[str, Any]:
        """Puts the domain's refusal beside its field."""
        data = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                self.drafted = self.draft(data)
            except Refused as error:
                name = error.field.split(".")[0]
                self.add_error(name if name in self.fields else None, error.message)
        return data


class AgreedAdmin(WithPages, WithoutHistory):
    """Something that holds from a date on: added, ended, never edited or deleted."""

    page = "usage:models"
    list_filter_submit = True

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What was agreed stays."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What was agreed stays."""
        return False

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Says it where another that says the same came first after all, as by a second click."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except Refused as error:
            messages.error(request, error.message)
            return redirect(admin_urlname(self.opts, "changelist"))  # type: ignore[arg-type]

    @action(description="End now", permissions=["add"])
    def end_now(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        """Ends the chosen ones; usage from now on is priced without them."""
        now = timezone.now()
        for row in rows:
            try:
                self._tell(request, agreements.end(row, now, request.user, now, reprice=True), "ended")  # type: ignore[arg-type]
            except Refused as error:
                messages.error(request, f"{row}: {error.message}")

    def _tell(self, request: HttpRequest, made: Made, done: str) -> None:
        follows = " Past usage that it concerns is priced anew by a job." if made.job else ""
        messages.success(request, f"{made.row} is {done}.{follows}")

"""Filters of the admin site for budgets and what belongs to them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import AutocompleteSelectFilter, DropdownFilter

from budgets.domain.scopes import KEYS
from budgets.models import BudgetChange, BudgetSpan
from budgets.views.history import TITLES
from wire.admin import GivenFilter

#: Rows of one budget, which is found by its name.
OF_BUDGET = ("budget", AutocompleteSelectFilter)


class LiveFilter(GivenFilter):
    """Live budgets, archived ones, or both."""

    title = "archived"
    parameter_name = "archived"
    field = "archived_at"


class KeyFilter(DropdownFilter):
    """Budgets whose scope asks about a label."""

    title = "scope"
    parameter_name = "scope"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Each key, and the whole company."""
        return [("none", "company-wide"), *((many, one) for many, one in KEYS.items())]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """What was chosen."""
        if not self.value():
            return queryset
        return queryset.filter(scope={}) if self.value() == "none" else queryset.filter(scope__has_key=self.value())


class PresentFilter(admin.SimpleListFilter):
    """Scopes and places that hold now, or that are over."""

    title = "when"
    parameter_name = "when"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Now or before."""
        return [("now", "holds now"), ("over", "is over")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """What was chosen."""
        if not self.value():
            return queryset
        until = "ends" if queryset.model is BudgetSpan else "valid_to"
        over = Q(**{f"{until}__lte": timezone.now()})
        lasting = Q(**{f"{until}__isnull": True}) | Q(**{f"{until}__gt": timezone.now()})
        return queryset.filter(over if self.value() == "over" else lasting)


class WhatFilter(admin.SimpleListFilter):
    """Which kind of change, in the words of a budget's history."""

    title = "change"
    parameter_name = "what"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Each kind."""
        return list(TITLES.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[BudgetChange]) -> QuerySet[BudgetChange]:
        """What was chosen."""
        return queryset.filter(what=self.value()) if self.value() else queryset

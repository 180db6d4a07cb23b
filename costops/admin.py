"""The schedules of beat in the admin site, part of the program, set at each start and only shown; and what tables are
called there."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django_celery_beat.models import ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule
from unfold.contrib.filters.admin import RangeDateTimeFilter
from unfold.decorators import display

from costops.admin_names import name_tables
from wire.admin import ReadOnlyAdmin
from wire.admin_words import NONE

name_tables()

for model in (PeriodicTask, IntervalSchedule, CrontabSchedule, SolarSchedule, ClockedSchedule):
    admin.site.unregister(model)


@admin.register(PeriodicTask)
class PeriodicTaskAdmin(ReadOnlyAdmin):
    """What runs when."""

    list_display = ["name", "when", "runs", "last_run_at", "total_run_count"]
    list_filter = ["enabled", ("last_run_at", RangeDateTimeFilter)]
    list_select_related = ["interval", "crontab"]
    search_fields = ["name", "task"]
    fields = ["name", "when", "runs", "task", ("last_run_at", "total_run_count")]
    readonly_fields = ["when", "runs"]
    empty: ClassVar[dict[str, str]] = {"last_run_at": "not yet"}

    @display(description="when")
    def when(self, row: PeriodicTask) -> str:
        """Its schedule in words."""
        return every(row.interval) if row.interval else at_times(row.crontab) if row.crontab else NONE

    @display(description="state", label={"runs": "success", "stopped": "warning"}, ordering="enabled")
    def runs(self, row: PeriodicTask) -> str:
        """Whether it is on."""
        return "runs" if row.enabled else "stopped"


@admin.register(IntervalSchedule)
class IntervalScheduleAdmin(ReadOnlyAdmin):
    """Every so often."""

    list_display = ["often", "tasks"]
    list_filter = ["period"]
    search_fields = ["periodictask__name"]
    fields = ["often", "tasks"]
    readonly_fields = ["often", "tasks"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[IntervalSchedule]:
        """With what runs by each."""
        return super().get_queryset(request).prefetch_related("periodictask_set")

    @display(description="how often")
    def often(self, row: IntervalSchedule) -> str:
        """In words."""
        return every(row)

    @display(description="what runs so")
    def tasks(self, row: Any) -> str:
        """The names of the tasks."""
        return ", ".join(task.name for task in row.periodictask_set.all()) or NONE


@admin.register(CrontabSchedule)
class CrontabScheduleAdmin(IntervalScheduleAdmin):
    """At certain times."""

    list_display = ["often", "timezone", "tasks"]
    list_filter = []
    fields = ["often", "timezone", "tasks"]

    @display(description="when")
    def often(self, row: CrontabSchedule) -> str:
        """In words."""
        return at_times(row)


def every(row: IntervalSchedule) -> str:
    """An interval as people say it: "every 6 hours", "every minute"."""
    count, unit = row.every, row.period
    for larger, of in (("minutes", ("seconds", 60)), ("hours", ("minutes", 60)), ("days", ("hours", 24))):
        if unit == of[0] and count % of[1] == 0:
            count, unit = count // of[1], larger
    return f"every {unit.removesuffix('s')}" if count == 1 else f"every {count} {unit}"


def at_times(row: CrontabSchedule) -> str:
    """Times of day as people say them: "At 04:00 AM UTC"."""
    return str(row.human_readable)

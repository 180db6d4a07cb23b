"""The schedules of beat in the admin site, part of the program, set at each start and only shown; and what tables are
called there."""

from __future__ import annotations

from django.contrib import admin
from django_celery_beat.models import ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule

from costops.admin_names import name_tables
from wire.admin import ReadOnlyAdmin

name_tables()

for model in (PeriodicTask, IntervalSchedule, CrontabSchedule, SolarSchedule, ClockedSchedule):
    admin.site.unregister(model)


@admin.register(PeriodicTask)
class PeriodicTaskAdmin(ReadOnlyAdmin):
    """What runs when."""

    list_display = ["name", "task", "interval", "crontab", "enabled", "last_run_at"]
    list_filter = ["enabled"]
    list_select_related = ["interval", "crontab"]
    search_fields = ["name", "task"]
    fields = ["name", "task", ("interval", "crontab"), "enabled", ("last_run_at", "total_run_count")]


@admin.register(IntervalSchedule)
class IntervalScheduleAdmin(ReadOnlyAdmin):
    """Every so often."""


@admin.register(CrontabSchedule)
class CrontabScheduleAdmin(ReadOnlyAdmin):
    """At certain times."""

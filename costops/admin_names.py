"""What the admin site calls its tables, and the groups in which it shows them: names that people understand."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.urls import reverse

#: The tables of each group, in the order in which people look for them.
GROUPS = {
    "Budgets": [
        "budgets.budget",
        "budgets.budgetchange",
        "budgets.budgetperiod",
        "budgets.budgetcorrection",
        "budgets.budgetthreshold",
        "budgets.thresholdcrossing",
        "budgets.planimport",
        "budgets.planline",
        "forecasting.scenarioset",
    ],
    "Permissions": ["guardian.userobjectpermission", "guardian.groupobjectpermission"],
    "People and keys": ["accounts.user", "auth.group", "accounts.apikey", "usersessions.usersession"],
    "Prices": ["usage.priceoverride", "usage.modelalias", "usage.repricejob"],
    "Usage": ["usage.usageevent", "usage.hourlyusage", "usage.dailyusage", "usage.teamdepartment", "usage.savedview"],
    "How usage is charged": [
        "usage.attribution",
        "usage.attributiontag",
        "budgets.budgetspan",
        "budgets.budgetattribution",
        "budgets.budgethour",
    ],
    "How the product runs": [
        "django_celery_beat.periodictask",
        "django_celery_beat.intervalschedule",
        "django_celery_beat.crontabschedule",
        "wire.idempotencyrecord",
        "usage.groundversion",
    ],
}
#: One and many of a table, where its own name is the program's word.
TABLES = {
    "budgets.budgetattribution": ("label set of a budget", "label sets of budgets"),
    "budgets.budgetchange": ("change of a budget", "changes of budgets"),
    "budgets.budgetcorrection": ("correction by a repricing", "corrections by repricings"),
    "budgets.budgethour": ("hour of a budget", "hours of budgets"),
    "budgets.budgetperiod": ("period of a budget", "periods of budgets"),
    "budgets.planimport": ("imported plan", "imported plans"),
    "budgets.planline": ("line of an imported plan", "lines of imported plans"),
    "budgets.budgetspan": ("scope and parent over time", "scopes and parents over time"),
    "budgets.budgetthreshold": ("threshold", "thresholds"),
    "budgets.thresholdcrossing": ("threshold reached", "thresholds reached"),
    "django_celery_beat.crontabschedule": ("time of day", "times of day"),
    "django_celery_beat.intervalschedule": ("interval", "intervals"),
    "django_celery_beat.periodictask": ("task", "tasks and when they run"),
    "forecasting.scenarioset": ("saved comparison", "saved comparisons"),
    "guardian.groupobjectpermission": ("share with a group", "shares with groups"),
    "guardian.userobjectpermission": ("share with a person", "shares with people"),
    "usage.attribution": ("label set", "label sets"),
    "usage.attributiontag": ("tag", "tags used in scopes"),
    "usage.groundversion": ("cache version", "cache versions"),
    "usage.modelalias": ("alias of a model", "aliases of models"),
    "usage.priceoverride": ("contract price", "contract prices"),
    "usage.teamdepartment": ("department of a team", "departments of teams"),
    "usage.usageevent": ("call", "calls"),
    "usersessions.usersession": ("session", "sessions"),
    "wire.idempotencyrecord": ("answer to an idempotency key", "answers to idempotency keys"),
}
APPS = {
    "accounts": "People and keys",
    "auth": "People and keys",
    "django_celery_beat": "How the product runs",
    "guardian": "Permissions",
    "usage": "Usage and prices",
    "usersessions": "People and keys",
    "wire": "How the product runs",
}


def name_tables() -> None:
    """Gives tables and apps their names. No migration sees it: what was written in a model's Meta stays."""
    for label, (one, many) in TABLES.items():
        meta = apps.get_model(label)._meta
        meta.verbose_name, meta.verbose_name_plural = one, many
    for app, name in APPS.items():
        apps.get_app_config(app).verbose_name = name


def grouped(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The site's list of apps, its tables in our groups; a table that no group names stays with its app."""
    tables = {table["model"]._meta.label_lower: table for app in found for table in app["models"]}
    groups = []
    for name, labels in GROUPS.items():
        if shown := [tables.pop(label) for label in labels if label in tables]:
            group = {"name": name, "app_label": name.lower().replace(" ", "-"), "app_url": reverse("admin:index")}
            groups.append({**group, "has_module_perms": True, "models": shown})
    left = [{**app, "models": [table for table in app["models"] if table in tables.values()]} for app in found]
    return [*groups, *(app for app in left if app["models"])]

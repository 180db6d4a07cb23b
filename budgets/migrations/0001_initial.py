"""The first tables of budgets."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.contrib.postgres.operations import BtreeGistExtension, TrigramExtension
from django.db import migrations, models

import budgets.models.budget


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("usage", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        BtreeGistExtension(),
        TrigramExtension(),
        migrations.CreateModel(
            name="Budget",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200)),
                (
                    "amount",
                    models.DecimalField(
                        decimal_places=10, help_text="For one period, in the company's currency.", max_digits=20
                    ),
                ),
                (
                    "period",
                    models.CharField(
                        choices=[
                            ("daily", "daily"),
                            ("weekly", "weekly"),
                            ("monthly", "monthly"),
                            ("quarterly", "quarterly"),
                            ("yearly", "yearly"),
                            ("custom", "custom dates"),
                        ],
                        default="monthly",
                        max_length=9,
                    ),
                ),
                ("anchor", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("starts_on", models.DateField(blank=True, null=True)),
                (
                    "ends_on",
                    models.DateField(blank=True, help_text="The last day that belongs to the budget.", null=True),
                ),
                ("scope", models.JSONField(blank=True, default=dict)),
                ("owner_name", models.CharField(blank=True, editable=False, max_length=254)),
                (
                    "rollover",
                    models.BooleanField(default=False, help_text="What a period leaves is carried into the next."),
                ),
                (
                    "over_allocation",
                    models.CharField(
                        choices=[("show", "show it"), ("refuse", "refuse it")], default="show", max_length=6
                    ),
                ),
                (
                    "amounts",
                    models.JSONField(
                        blank=True, default=dict, help_text="Planned amounts by the day that a period begins."
                    ),
                ),
                ("archived_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("version", models.PositiveIntegerField(default=1, editable=False, help_text="Counts the edits.")),
                (
                    "created_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="owned_budgets",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="children",
                        to="budgets.budget",
                        verbose_name="parent",
                    ),
                ),
            ],
            options={
                "ordering": ["name", "id"],
                "permissions": [
                    ("request_budget", "Can request more of a budget"),
                    ("decide_budget", "Can decide requests for a budget"),
                ],
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="BudgetAttribution",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("valid_from", models.DateTimeField(null=True)),
                ("valid_to", models.DateTimeField(null=True)),
                ("attribution", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="usage.attribution")),
                ("budget", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="budgets.budget")),
            ],
        ),
        migrations.CreateModel(
            name="BudgetChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("by_name", models.CharField(blank=True, max_length=254)),
                ("reason", models.CharField(blank=True, max_length=500)),
                (
                    "what",
                    models.CharField(
                        help_text="created, amount, scope, moved, archived, restored, edited", max_length=20
                    ),
                ),
                ("before", models.JSONField(default=dict)),
                ("after", models.JSONField(default=dict)),
                ("effective_from", models.DateTimeField(help_text="Empty: for all history.", null=True)),
                (
                    "budget",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="changes", to="budgets.budget"
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["-at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="BudgetHour",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("hour", models.DateTimeField()),
                ("cost", models.DecimalField(decimal_places=10, max_digits=24)),
                ("requests", models.BigIntegerField()),
                ("unpriced", models.BigIntegerField(default=0)),
                ("budget", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="budgets.budget")),
            ],
            options={
                "ordering": ["budget_id", "-hour"],
            },
        ),
        migrations.CreateModel(
            name="BudgetPeriod",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("starts", models.DateTimeField()),
                ("ends", models.DateTimeField()),
                ("amount", models.DecimalField(decimal_places=10, max_digits=20)),
                ("carried", models.DecimalField(decimal_places=10, default=0, max_digits=20)),
                ("spent", models.DecimalField(decimal_places=10, default=0, max_digits=24)),
                ("reserved", models.DecimalField(decimal_places=10, default=0, max_digits=24)),
                ("requests", models.BigIntegerField(default=0)),
                ("unpriced", models.BigIntegerField(default=0)),
                (
                    "budget",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="periods", to="budgets.budget"
                    ),
                ),
            ],
            options={
                "ordering": ["budget_id", "-starts"],
            },
        ),
        migrations.CreateModel(
            name="BudgetSpan",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("scope", models.JSONField()),
                ("starts", models.DateTimeField(null=True)),
                ("ends", models.DateTimeField(null=True)),
                (
                    "budget",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="spans", to="budgets.budget"
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="budgets.budget"
                    ),
                ),
            ],
            options={
                "ordering": ["budget_id", models.OrderBy(models.F("starts"), nulls_first=True)],
            },
        ),
        migrations.CreateModel(
            name="BudgetThreshold",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("threshold", models.DecimalField(decimal_places=4, max_digits=8)),
                ("channels", models.JSONField(default=list)),
                (
                    "budget",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="thresholds", to="budgets.budget"
                    ),
                ),
            ],
            options={
                "ordering": ["budget_id", "threshold"],
            },
        ),
        migrations.CreateModel(
            name="ThresholdCrossing",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("threshold", models.DecimalField(decimal_places=4, max_digits=8)),
                ("crossed_at", models.DateTimeField()),
                ("spent", models.DecimalField(decimal_places=10, max_digits=24)),
                ("limit", models.DecimalField(decimal_places=10, max_digits=20)),
                (
                    "period",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="crossings", to="budgets.budgetperiod"
                    ),
                ),
            ],
            options={
                "ordering": ["period_id", "threshold"],
            },
        ),
        migrations.AddIndex(
            model_name="budget",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["name"], name="budgets_name_trgm", opclasses=["gin_trgm_ops"]
            ),
        ),
        migrations.AddConstraint(
            model_name="budget",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gte", 0)), name="budgets_amount_not_negative"
            ),
        ),
        migrations.AddConstraint(
            model_name="budget",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("starts_on", None), ("ends_on", None), ("ends_on__gte", models.F("starts_on")), _connector="OR"
                ),
                name="budgets_ends_after_start",
            ),
        ),
        migrations.AddConstraint(
            model_name="budgetattribution",
            constraint=models.UniqueConstraint(
                fields=("attribution", "budget", "valid_from"), name="budgets_membership_once", nulls_distinct=False
            ),
        ),
        migrations.AddConstraint(
            model_name="budgetattribution",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("valid_from", None), ("valid_to", None), ("valid_to__gt", models.F("valid_from")), _connector="OR"
                ),
                name="budgets_membership_ends_after_start",
            ),
        ),
        migrations.AddConstraint(
            model_name="budgethour",
            constraint=models.UniqueConstraint(fields=("budget", "hour"), name="budgets_hour_once"),
        ),
        migrations.AddConstraint(
            model_name="budgetperiod",
            constraint=models.UniqueConstraint(fields=("budget", "starts"), name="budgets_period_one_start"),
        ),
        migrations.AddConstraint(
            model_name="budgetperiod",
            constraint=models.CheckConstraint(
                condition=models.Q(("starts__lt", models.F("ends"))), name="budgets_period_ends_after_start"
            ),
        ),
        migrations.AddConstraint(
            model_name="budgetperiod",
            constraint=models.CheckConstraint(
                condition=models.Q(("reserved__gte", 0)), name="budgets_reserved_not_negative"
            ),
        ),
        migrations.AddConstraint(
            model_name="budgetperiod",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                expressions=[
                    ("budget", "="),
                    (
                        budgets.models.budget.TsTzRange(
                            "starts", "ends", django.contrib.postgres.fields.ranges.RangeBoundary()
                        ),
                        "&&",
                    ),
                ],
                name="budgets_period_no_overlap",
            ),
        ),
        migrations.AddConstraint(
            model_name="budgetspan",
            constraint=models.CheckConstraint(
                condition=models.Q(("starts", None), ("ends", None), ("ends__gt", models.F("starts")), _connector="OR"),
                name="budgets_span_ends_after_start",
            ),
        ),
        migrations.AddConstraint(
            model_name="budgetspan",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                expressions=[
                    ("budget", "="),
                    (
                        budgets.models.budget.TsTzRange(
                            "starts", "ends", django.contrib.postgres.fields.ranges.RangeBoundary()
                        ),
                        "&&",
                    ),
                ],
                name="budgets_span_one_at_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="budgetthreshold",
            constraint=models.UniqueConstraint(fields=("budget", "threshold"), name="budgets_threshold_once"),
        ),
        migrations.AddConstraint(
            model_name="budgetthreshold",
            constraint=models.CheckConstraint(
                condition=models.Q(("threshold__gt", 0), ("threshold__lte", 10)), name="budgets_threshold_range"
            ),
        ),
        migrations.AddConstraint(
            model_name="thresholdcrossing",
            constraint=models.UniqueConstraint(fields=("period", "threshold"), name="budgets_crossing_once"),
        ),
    ]

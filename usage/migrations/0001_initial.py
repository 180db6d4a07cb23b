"""The first tables of usage."""

import uuid

import django.contrib.postgres.indexes
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="HourlyUsage",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("hour", models.DateTimeField()),
                ("cost", models.DecimalField(decimal_places=10, max_digits=24)),
                ("requests", models.BigIntegerField()),
                ("unpriced", models.BigIntegerField(help_text="Requests among them whose price nobody knows yet.")),
                ("input_tokens", models.BigIntegerField()),
                ("cached_input_tokens", models.BigIntegerField()),
                ("output_tokens", models.BigIntegerField()),
            ],
            options={
                "verbose_name": "hourly usage",
                "verbose_name_plural": "hourly usage",
                "db_table": "usage_hourly",
                "ordering": ["-hour", "attribution_id"],
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="UsageEvent",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("occurred_at", models.DateTimeField()),
                ("received_at", models.DateTimeField()),
                ("api_key_id", models.BigIntegerField(null=True)),
                ("input_tokens", models.BigIntegerField(default=0)),
                ("cached_input_tokens", models.BigIntegerField(default=0)),
                ("cache_write_tokens", models.BigIntegerField(default=0)),
                ("cache_write_1h_tokens", models.BigIntegerField(default=0)),
                ("audio_input_tokens", models.BigIntegerField(default=0)),
                ("output_tokens", models.BigIntegerField(default=0)),
                ("reasoning_tokens", models.BigIntegerField(default=0)),
                ("audio_output_tokens", models.BigIntegerField(default=0)),
                ("web_searches", models.BigIntegerField(default=0)),
                ("service_tier", models.CharField(default="default", max_length=16)),
                ("cost", models.DecimalField(decimal_places=10, help_text="In the company's currency.", max_digits=20)),
                (
                    "cost_source",
                    models.CharField(
                        choices=[
                            ("priced", "priced"),
                            ("reported", "reported"),
                            ("imported", "imported"),
                            ("unpriced", "unpriced"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "price_basis",
                    models.CharField(blank=True, help_text="Which price the cost came from.", max_length=200),
                ),
                ("reservation_id", models.UUIDField(null=True)),
                ("tags", models.JSONField(help_text="Tags that are no part of the attribution.", null=True)),
                ("metadata", models.JSONField(null=True)),
            ],
            options={
                "verbose_name": "usage event",
                "db_table": "usage_event",
                "ordering": ["-occurred_at", "-id"],
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="AttributionTag",
            fields=[
                ("key", models.CharField(max_length=100, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "verbose_name": "attribution tag",
                "ordering": ["key"],
            },
        ),
        migrations.CreateModel(
            name="GroundVersion",
            fields=[
                ("name", models.CharField(max_length=20, primary_key=True, serialize=False)),
                ("version", models.BigIntegerField(default=1)),
            ],
            options={
                "verbose_name": "ground version",
            },
        ),
        migrations.CreateModel(
            name="Attribution",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.BinaryField(max_length=16, unique=True)),
                ("project", models.CharField(max_length=200, null=True)),
                ("environment", models.CharField(max_length=200, null=True)),
                ("department", models.CharField(max_length=200, null=True)),
                ("team", models.CharField(max_length=200, null=True)),
                ("user", models.CharField(db_column="username", max_length=200, null=True)),
                ("provider", models.CharField(max_length=200, null=True)),
                ("model", models.CharField(max_length=200, null=True)),
                ("tags", models.JSONField(default=dict)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "ordering": ["id"],
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["tags"], name="usage_attribution_tags", opclasses=["jsonb_path_ops"]
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="RepriceJob",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("start", models.DateTimeField()),
                ("end", models.DateTimeField()),
                ("provider", models.CharField(blank=True, max_length=200)),
                ("model_pattern", models.CharField(default="*", max_length=200)),
                ("only_unpriced", models.BooleanField(default=False)),
                ("reason", models.CharField(max_length=500)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting"),
                            ("running", "running"),
                            ("done", "done"),
                            ("failed", "failed"),
                        ],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                ("cursor", models.JSONField(default=dict, help_text="Where the job goes on after a restart.")),
                ("events_seen", models.BigIntegerField(default=0)),
                ("events_changed", models.BigIntegerField(default=0)),
                ("cost_change", models.DecimalField(decimal_places=10, default=0, max_digits=24)),
                ("error", models.TextField(blank=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "repricing",
                "verbose_name_plural": "repricings",
                "ordering": ["-created_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="ModelAlias",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("provider", models.CharField(blank=True, help_text="Empty: any provider.", max_length=200)),
                ("pattern", models.CharField(help_text="The name as called; * stands for any text.", max_length=200)),
                (
                    "priced_provider",
                    models.CharField(blank=True, help_text="Empty: the call's own provider.", max_length=200),
                ),
                ("priced_model", models.CharField(max_length=200)),
                ("effective_from", models.DateTimeField()),
                ("effective_to", models.DateTimeField(blank=True, help_text="Empty: until further notice.", null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "created_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "model alias",
                "verbose_name_plural": "model aliases",
                "ordering": ["-effective_from", "-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("effective_to", None), ("effective_to__gt", models.F("effective_from")), _connector="OR"
                        ),
                        name="usage_alias_ends_after_start",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PriceOverride",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("provider", models.CharField(blank=True, help_text="Empty: any provider.", max_length=200)),
                ("model_pattern", models.CharField(help_text="A model's name; * stands for any text.", max_length=200)),
                ("effective_from", models.DateTimeField()),
                ("effective_to", models.DateTimeField(blank=True, help_text="Empty: until further notice.", null=True)),
                ("percent_off", models.DecimalField(blank=True, decimal_places=4, max_digits=7, null=True)),
                (
                    "rates",
                    models.JSONField(
                        blank=True,
                        help_text="USD per million tokens by kind, as decimal strings; web_search per thousand.",
                        null=True,
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=500)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "created_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-effective_from", "-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("percent_off", None), ("rates", None), _connector="XOR"),
                        name="usage_override_percent_or_rates",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("effective_to", None), ("effective_to__gt", models.F("effective_from")), _connector="OR"
                        ),
                        name="usage_override_ends_after_start",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("percent_off", None),
                            models.Q(("percent_off__gte", 0), ("percent_off__lte", 100)),
                            _connector="OR",
                        ),
                        name="usage_override_percent_range",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TeamDepartment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("team", models.CharField(max_length=200)),
                (
                    "department",
                    models.CharField(blank=True, help_text="Empty: the team is in no department.", max_length=200),
                ),
                ("effective_from", models.DateTimeField()),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "created_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "team's department",
                "verbose_name_plural": "team directory",
                "ordering": ["team", "-effective_from"],
                "constraints": [
                    models.UniqueConstraint(fields=("team", "effective_from"), name="usage_team_one_entry_an_instant")
                ],
            },
        ),
    ]

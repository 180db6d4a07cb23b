"""Daily usage: what hours add up to per day of the company's calendar, so that pages over months read few rows.

The ledger's lock is held while the days of existing hours are summed, so that no post comes between: posts wait for
that, about a second for a million hours. What a server of the version before posts after this goes into hours alone:
run `costops check --repair` once the last one is gone, which sums those days anew.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from usage.domain.lock import LEDGER

FILL = """
INSERT INTO usage_daily (day, attribution_id, cost, requests, unpriced, input_tokens, cached_input_tokens, output_tokens)
SELECT (hour AT TIME ZONE %s)::date, attribution_id, sum(cost), sum(requests), sum(unpriced), sum(input_tokens),
    sum(cached_input_tokens), sum(output_tokens)
FROM usage_hourly GROUP BY 1, 2 ORDER BY 1, 2
"""


def fill(apps, schema_editor):
    """Sums the hours that there are."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("ALTER TABLE usage_daily SET (fillfactor = 60)")
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LEDGER])
        cursor.execute(FILL, [settings.COSTOPS_ZONE.key])


class Migration(migrations.Migration):
    """Makes the table and fills it."""

    dependencies = [("usage", "0006_hours_without_a_price")]

    operations = [
        migrations.CreateModel(
            name="DailyUsage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("cost", models.DecimalField(decimal_places=10, max_digits=24)),
                ("requests", models.BigIntegerField()),
                ("unpriced", models.BigIntegerField(help_text="Requests among them whose price nobody knows yet.")),
                ("input_tokens", models.BigIntegerField()),
                ("cached_input_tokens", models.BigIntegerField()),
                ("output_tokens", models.BigIntegerField()),
                (
                    "attribution",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        to="usage.attribution",
                    ),
                ),
            ],
            options={
                "verbose_name": "daily usage",
                "verbose_name_plural": "daily usage",
                "db_table": "usage_daily",
                "ordering": ["-day", "attribution_id"],
                "indexes": [models.Index(fields=["attribution", "day"], name="usage_daily_attribution")],
                "constraints": [models.UniqueConstraint(fields=("day", "attribution"), name="usage_daily_once")],
            },
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]

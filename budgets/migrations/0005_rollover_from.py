"""Keeps since when a budget rolls over: those without a start did so from when they were made."""

from django.db import migrations, models
from django.db.models import F


def since_it_was_made(apps, schema_editor):
    apps.get_model("budgets", "Budget").objects.filter(rollover=True, starts_on=None).update(
        rollover_from=F("created_at")
    )


class Migration(migrations.Migration):
    dependencies = [
        ("budgets", "0004_room_for_rollover"),
    ]

    operations = [
        migrations.AddField(
            model_name="budget",
            name="rollover_from",
            field=models.DateTimeField(
                editable=False,
                help_text="Periods that ended before leave nothing; empty: every period does.",
                null=True,
            ),
        ),
        migrations.RunPython(since_it_was_made, migrations.RunPython.noop),
    ]

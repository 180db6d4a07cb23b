"""Drops indexes that others cover, and lets the planner find a membership by both of its columns.

An index is dropped in an instant, also that of the hours, the one big table here. The new one is of memberships, a few for
each label set and budget: posts wait for it 3 s at a million of them, which is why it is not made CONCURRENTLY.
"""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("budgets", "0002_fillfactor"),
        ("usage", "0004_reprice_claim"),
    ]

    operations = [
        migrations.AlterField(
            model_name="budgetattribution",
            name="attribution",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="usage.attribution"
            ),
        ),
        migrations.AlterField(
            model_name="budgetattribution",
            name="budget",
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to="budgets.budget"),
        ),
        migrations.AlterField(
            model_name="budgethour",
            name="budget",
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to="budgets.budget"),
        ),
        migrations.AlterField(
            model_name="budgetperiod",
            name="budget",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="periods", to="budgets.budget"
            ),
        ),
        migrations.AddIndex(
            model_name="budgetattribution",
            index=models.Index(fields=["budget", "attribution"], name="budgets_membership_budget"),
        ),
    ]

"""Widens what rollover adds up in. PostgreSQL rewrites no row when only a numeric's precision grows."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("budgets", "0003_fewer_indexes"),
    ]

    operations = [
        migrations.AlterField(
            model_name="budgetperiod",
            name="carried",
            field=models.DecimalField(decimal_places=10, default=0, max_digits=24),
        ),
        migrations.AlterField(
            model_name="thresholdcrossing",
            name="limit",
            field=models.DecimalField(decimal_places=10, max_digits=24),
        ),
    ]

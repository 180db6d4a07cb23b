"""Scopes of API keys. Keys that are there keep all that they may do."""

import django.contrib.postgres.fields
from django.db import migrations, models

ALL = ["usage:write", "usage:read", "budgets:read", "budgets:write", "prices:write"]


class Migration(migrations.Migration):
    """Adds the column with a constant default, which PostgreSQL does without rewriting the table."""

    dependencies = [("accounts", "0002_roles")]

    operations = [
        migrations.AddField(
            model_name="apikey",
            name="scopes",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=40), default=ALL, size=None
            ),
            preserve_default=False,
        ),
        migrations.AddConstraint(
            model_name="apikey",
            constraint=models.CheckConstraint(
                condition=models.Q(("scopes__len__gt", 0)), name="accounts_apikey_may_do_something"
            ),
        ),
    ]

"""When the history of a tag key was attributed again.

Columns that may be empty and have no default rewrite nothing: the lock is held for an instant, on a table of a few rows.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("usage", "0002_ledger"),
    ]

    operations = [
        migrations.AddField(
            model_name="attributiontag",
            name="attribute_from",
            field=models.DateTimeField(help_text="Earlier usage keeps its attribution. Empty: none does.", null=True),
        ),
        migrations.AddField(
            model_name="attributiontag",
            name="attributed_at",
            field=models.DateTimeField(help_text="When earlier usage had been attributed again.", null=True),
        ),
    ]

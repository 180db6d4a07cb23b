"""Finds the hours with calls that have no price, however old, without a look at all the others.

The index holds those hours alone, so that a ledger whose calls are priced pays nothing for it. Posts wait while it is made,
which takes one look at the hours: under a second at a million of them.
"""

from django.db import migrations


class Migration(migrations.Migration):
    """Adds an index to the hours and each of their partitions; those to come get it with the table."""

    dependencies = [("usage", "0005_override_percent_or_rates")]

    operations = [
        migrations.RunSQL(
            "CREATE INDEX usage_hourly_unpriced ON usage_hourly (attribution_id, hour) WHERE unpriced > 0",
            "DROP INDEX usage_hourly_unpriced",
        )
    ]

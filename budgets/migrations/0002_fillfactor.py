"""Leaves room in the pages of the rollups, so that their updates stay HOT. The tables are empty when this runs."""

from django.db import migrations

ROOM = """
ALTER TABLE budgets_budgethour SET (fillfactor = 60);
ALTER TABLE budgets_budgetperiod SET (fillfactor = 50);
"""


class Migration(migrations.Migration):
    """Sets the fill factors."""

    dependencies = [("budgets", "0001_initial")]

    operations = [migrations.RunSQL(ROOM, migrations.RunSQL.noop)]

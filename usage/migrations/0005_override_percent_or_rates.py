"""A contract price has a percentage or rates: absent rates are SQL's NULL, not JSON's. The table is small."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Makes the constraint anew."""

    dependencies = [("usage", "0004_reprice_claim")]

    operations = [
        migrations.RemoveConstraint(model_name="priceoverride", name="usage_override_percent_or_rates"),
        migrations.AddConstraint(
            model_name="priceoverride",
            constraint=models.CheckConstraint(
                condition=models.Q(("percent_off__isnull", True), ("rates__isnull", True), _connector="XOR"),
                name="usage_override_percent_or_rates",
            ),
        ),
    ]

"""Which process works on a repricing, when it last got further, and how much there is. The table is small."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds three columns to RepriceJob."""

    dependencies = [("usage", "0003_attribution_tag_due")]

    operations = [
        migrations.AddField(
            model_name="repricejob",
            name="claim",
            field=models.UUIDField(editable=False, help_text="Of the process that works on it.", null=True),
        ),
        migrations.AddField(
            model_name="repricejob",
            name="events_expected",
            field=models.BigIntegerField(default=0, help_text="Requests in the hours that it goes through."),
        ),
        migrations.AddField(
            model_name="repricejob",
            name="touched_at",
            field=models.DateTimeField(help_text="When that process last got further.", null=True),
        ),
    ]

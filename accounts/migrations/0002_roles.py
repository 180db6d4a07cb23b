"""The six roles, as groups."""

from django.db import migrations

ROLES = ("admin", "finance", "lead", "approver", "engineer", "viewer")


def make_roles(apps, schema_editor):
    """Makes each role's group where it is missing."""
    group = apps.get_model("auth", "Group")
    for role in ROLES:
        group.objects.get_or_create(name=role)


class Migration(migrations.Migration):
    """Makes the roles' groups."""

    dependencies = [("accounts", "0001_initial"), ("auth", "0012_alter_user_first_name_max_length")]

    operations = [migrations.RunPython(make_roles, migrations.RunPython.noop)]

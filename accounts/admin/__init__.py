"""People, their keys and their sessions in the admin site. Groups are with what is shared with them, in `budgets`."""

from allauth.account.models import EmailAddress
from django.contrib import admin
from django.contrib.auth.models import Group

from accounts.admin import keys, people, sessions

for table in (Group, EmailAddress):  # the one is told of in budgets, the other stays empty
    admin.site.unregister(table)

__all__ = ["keys", "people", "sessions"]

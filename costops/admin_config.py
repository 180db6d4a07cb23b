"""Makes the admin site the product's own."""

from django.contrib.admin.apps import AdminConfig


class CostOpsAdminConfig(AdminConfig):
    """Django's admin with our site."""

    default_site = "costops.admin_site.AdminSite"

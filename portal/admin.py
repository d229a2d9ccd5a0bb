"""The back office: Django's admin under the portal's own name."""

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.utils.translation import gettext_lazy as _


class BackOffice(AdminSite):
    site_header = _("Capsule back office")
    site_title = _("Back office")
    index_title = _("Everything that is stored")
    enable_nav_sidebar = False


class PortalAdminConfig(AdminConfig):
    default_site = "portal.admin.BackOffice"

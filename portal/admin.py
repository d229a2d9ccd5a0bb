"""The back office: Django's admin under the portal's own name."""

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class BackOffice(AdminSite):
    site_header = _("Capsule back office")
    site_title = _("Back office")
    index_title = _("Everything that is stored")
    enable_nav_sidebar = False

    def login(self, request, extra_context=None):
        """Lead to the portal's own door, the one that counts wrong passwords, and back afterwards."""
        from django.contrib.auth.views import redirect_to_login  # needs models, which load after this module

        if self.has_permission(request):
            return redirect("admin:index")
        return redirect_to_login(request.GET.get("next") or reverse("admin:index"))

    def password_change(self, request, extra_context=None):
        """One page for it, with one set of rules."""
        return redirect("password_change")


class PortalAdminConfig(AdminConfig):
    default_site = "portal.admin.BackOffice"

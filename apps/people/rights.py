"""Refusing a page with a reason: who can see it, and whom to ask."""

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from . import roles
from .models import User

GRANTS_ROLES = "people.add_membership"


def require(reader, permission):
    """Let `reader` pass if they hold `permission`, else raise `PermissionDenied` with a sentence that helps."""
    if not reader.may(permission):
        raise PermissionDenied(who_can(permission))


def who_can(permission):
    """ "You cannot see this page. Roles that can: Auditor, Administrator. Ask Sam Otieno to grant one." """
    able = ", ".join(str(role.title) for role in roles.able(permission))
    asked = who_grants()
    if not able:
        return _("No role can see this page.")
    if not asked:
        return _("Roles that can see this page: %(roles)s. An administrator can grant one.") % {"roles": able}
    return _("Roles that can see this page: %(roles)s. Ask %(person)s to grant one.") % {
        "roles": able,
        "person": asked,
    }


def who_grants():
    """The name of somebody who can give roles; empty if nobody can."""
    names = [role.name for role in roles.able(GRANTS_ROLES)]
    return str(
        User.objects.filter(is_active=True, groups__name__in=names).order_by("date_joined").first() or ""
    )

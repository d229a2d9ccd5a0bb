"""Who may plan changes at all; which ones is asked of each plan anew."""

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

MAY_PLAN = ("catalog.edit_capsule", "catalog.edit_policy", "catalog.edit_contract")


def may_plan(reader):
    """True if the reader holds a right that some change of a document asks for."""
    return any(reader.may(permission) for permission in MAY_PLAN)


def need_right(reader):
    """Raise `PermissionDenied` for whoever may plan nothing, with the roles that may."""
    if not may_plan(reader):
        raise PermissionDenied(_("Only producers, stewards, policy admins and contract owners plan changes."))

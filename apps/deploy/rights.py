"""Who may plan changes at all, and who may carry out what another planned; which changes is asked of each plan anew."""

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from apps.catalog import access
from apps.catalog.models import Capsule

MAY_PLAN = ("catalog.edit_capsule", "catalog.edit_policy", "catalog.edit_contract")
ADD, TAKE_OVER = "catalog.add_capsule", "deploy.take_over_plan"


def may_plan(reader):
    """True if the reader holds a right that some change of a document asks for."""
    return any(reader.may(permission) for permission in MAY_PLAN)


def need_right(reader):
    """Raise `PermissionDenied` for whoever may plan nothing, with the roles that may."""
    if not may_plan(reader):
        raise PermissionDenied(_("Only producers, stewards, policy admins and contract owners plan changes."))


def belongs(plan, reader):
    """True if the reader made the plan, or nobody did; the portal's own tasks carry out any."""
    return (
        plan.author_id is None
        or reader.is_system
        or (reader.user is not None and plan.author_id == reader.user.pk)
    )


def may_take_over(plan, reader):
    """True if the reader may carry out another's plan: by right, and free to edit every capsule of it."""
    if not reader.may(TAKE_OVER):
        return False
    stored = Capsule.objects.visible_to(reader).filter(urn__in=list(plan.base))
    places = {}
    for capsule in stored.select_related("owner", "domain").only("owner__name", "domain__name"):
        places.setdefault((capsule.owner_id, capsule.domain_id), []).append(capsule)
    if sum(map(len, places.values())) < len(plan.base):
        hidden = Capsule._base_manager.filter(urn__in=list(plan.base), visibility_rank__gt=reader.clearance)
        if not reader.may(ADD) or hidden.exists():
            return False
    return all(access.may_edit(reader, found[0]) for found in places.values())

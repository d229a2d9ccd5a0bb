"""Who may plan changes at all, and who may carry out what another planned; which changes is asked of each plan anew."""

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from apps.catalog import access
from apps.catalog.models import Capsule

MAY_PLAN = ("catalog.edit_capsule", "catalog.edit_policy", "catalog.edit_contract")
OWN_RIGHTS = {"policy": "catalog.edit_policy", "contract": "catalog.edit_contract"}
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


def permit(steps, reader):
    """Raise `PermissionDenied` for the first capsule that the reader may not change as planned (rule S19)."""
    # Nobody learns by a plan without changes what a capsule is like: who may change nothing plans nothing.
    if not any(reader.may(right) for right in (access.EDIT, *OWN_RIGHTS.values())):
        raise PermissionDenied(_("You may change no capsule, so there is nothing to plan."))
    known = {}
    for step in steps:
        if not step.moves:
            continue
        if step.before is None:
            if not reader.may(ADD):
                raise PermissionDenied(_("You may not register %(urn)s.") % {"urn": step.urn})
            continue
        moved = {change.dimension for change in step.changes}
        if all(part in OWN_RIGHTS and reader.may(OWN_RIGHTS[part]) for part in moved):
            continue
        whose = (step.capsule.owner_id, step.capsule.domain_id)
        if whose not in known:
            known[whose] = access.may_edit(reader, step.capsule)
        if not known[whose]:
            raise PermissionDenied(f"{step.urn}: {known[whose].reason}")

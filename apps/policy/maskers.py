"""Which values policies in force and masking rules hide from a reader (trust.md, section 4.1).

Values are withheld whole: no exemption and no condition of a rule is weighed before rules can be carried out.
"""

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.audit.context import acting
from apps.catalog.vocabularies import SENSITIVITY
from apps.payload.maskers import Mask, register_masker
from apps.people.reader import system

from .models import MaskingRule, Policy

ACCESS = {"public": 1, "authenticated": 2, "privileged": 3, "admin": 5}


@register_masker
def by_rules(reader, columns):
    """{column id: `Mask`}: an enabled rule for one of the reader's roles, or a policy in force that they do not meet.

    What hides a value holds also for a reader who may not know of it; then it is not named.
    """
    of_column = {column.pk: column for column in columns}
    known = reader.clearance
    with acting(system("mask_rows")):
        rules = list(
            MaskingRule._base_manager.filter(column__in=of_column, is_enabled=True).order_by("priority")
        )
        about = Q(column__in=of_column) | Q(capsule__in={column.capsule_id for column in columns})
        policies = list(Policy.objects.filter(about).in_force(on=timezone.now().date()).order_by("number"))
    found = {}
    for policy in policies:
        why = _hides(policy, reader)
        if not why:
            continue
        words = why if policy.visibility_rank <= known else _("a policy")
        held = (
            [policy.column_id]
            if policy.column_id
            else [key for key, column in of_column.items() if column.capsule_id == policy.capsule_id]
        )
        found |= {key: Mask(words) for key in held if key not in found}
    for rule in rules:
        if rule.applies_to_roles and not reader.roles & set(rule.applies_to_roles):
            continue
        words = _("masking rule %(rule)s") % {"rule": rule.name}
        found[rule.column_id] = Mask(words if rule.visibility_rank <= known else _("a masking rule"))
    return found


def _hides(policy, reader):
    """Why a policy keeps its values from the reader, in words; empty if it does not."""
    named = f"P-{policy.number}"
    if policy.requires_masking:
        return _("%(policy)s asks for masking") % {"policy": named}
    if SENSITIVITY.index(policy.sensitivity_level) + 1 > reader.clearance:
        return _("%(policy)s makes it %(level)s") % {
            "policy": named,
            "level": str(policy.get_sensitivity_level_display()).lower(),
        }
    if reader.roles & set(policy.denied_roles):
        return _("%(policy)s denies it to your role") % {"policy": named}
    if policy.allowed_roles and not reader.roles & set(policy.allowed_roles):
        return _("%(policy)s allows other roles") % {"policy": named}
    if ACCESS.get(policy.min_access_level, 0) > reader.clearance:
        return _("%(policy)s asks for more access") % {"policy": named}
    return ""

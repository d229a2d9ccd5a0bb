"""Who may change a capsule and what hangs on it: asked by pages, API and admin alike (trust.md, section 1.1).

Producers change what their team owns, stewards what lies in their domain. Each question is answered by a `Verdict`,
which is true or false and knows the sentence for whoever is refused.
"""

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from apps.people.rest.permissions import refusal

from . import domains
from .models import Stewardship, TeamMembership

EDIT, RETIRE, PURGE = "catalog.edit_capsule", "catalog.retire_capsule", "catalog.purge_capsule"


@dataclass(frozen=True)
class Verdict:
    """Whether somebody may do something, and why not."""

    allowed: bool
    reason: str = ""

    def __bool__(self):
        return self.allowed

    def or_refuse(self):
        """Raise `PermissionDenied` with the reason if the answer is no."""
        if not self.allowed:
            raise PermissionDenied(self.reason)


YES = Verdict(True)


def may_edit(reader, record):
    """May the reader change this capsule, or this data product? `record` has an owner and a domain, each perhaps None.

    What belongs to nobody and lies in no domain may be changed by every producer and steward.
    """
    refused = lacking(reader, EDIT)
    return refused if refused is not None else _within(reader, record)


def may_retire(reader, capsule):
    """May the reader retire this capsule, or bring it back? Stewards of its domain decide."""
    refused = lacking(reader, RETIRE)
    if refused is not None:
        return refused
    if reader.is_system or capsule.domain_id is None or stewards(reader, capsule.domain_id):
        return YES
    return Verdict(False, _("Only stewards of %(domain)s may retire this.") % {"domain": capsule.domain})


def may_purge(reader, capsule):
    """May the reader delete this retired capsule for good?"""
    refused = lacking(reader, PURGE)
    return refused if refused is not None else YES


def lacking(reader, permission):
    """The refusal of a reader without `permission`; None for one who has it."""
    return None if reader.may(permission) else Verdict(False, refusal(reader, permission))


def _within(reader, record):
    if reader.is_system or (record.owner_id is None and record.domain_id is None):
        return YES
    if belongs(reader, record.owner_id) or stewards(reader, record.domain_id):
        return YES
    able = []
    if record.owner_id:
        able.append(_("members of %(owner)s") % {"owner": record.owner})
    if record.domain_id:
        able.append(_("stewards of %(domain)s") % {"domain": record.domain})
    return Verdict(False, _("Only %(able)s may change this.") % {"able": _(" and ").join(able)})


def belongs(reader, owner_id):
    """Is the reader a member of this owner's team?"""
    if owner_id is None or reader.user is None:
        return False
    return TeamMembership.objects.filter(user=reader.user, owner_id=owner_id).exists()


def stewards(reader, domain_id):
    """Is the reader a steward of this domain, or of one that it lies in?"""
    if domain_id is None or reader.user is None:
        return False
    own = set(Stewardship.objects.filter(user=reader.user).values_list("domain_id", flat=True))
    return bool(own) and (domain_id in own or not own.isdisjoint(domains.above(domain_id)))

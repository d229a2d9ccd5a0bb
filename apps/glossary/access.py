"""Who may write, link and remove terms and value domains: asked by pages, API and imports alike (trust.md, section 1.1)."""

from django.utils.translation import gettext as _

from apps.catalog.access import YES, Verdict, belongs, stewards
from apps.people.rest.permissions import refusal


def may_write(reader, record=None, *, permission="glossary.change_term"):
    """May the reader propose or make changes to this term (or to new ones)? Producers and stewards may.

    What is in force changes by review, whoever asks; a draft is edited by its author, its team and stewards.
    """
    if not reader.may(permission):
        return Verdict(False, refusal(reader, permission))
    return YES


def may_remove(reader, term):
    """May the reader delete this term? Stewards of its domain, and the author of a draft."""
    if reader.is_system or (term.status == term.Status.DRAFT and _wrote(reader, term)):
        return YES
    steward = "steward" in reader.roles and (term.domain_id is None or stewards(reader, term.domain_id))
    if steward:
        return YES
    if term.domain_id:
        return Verdict(False, _("Only stewards of %(domain)s may delete this.") % {"domain": term.domain})
    return Verdict(False, _("Only a steward, or the author of a draft, may delete this."))


def may_write_values(reader, domain=None):
    """May the reader make or change value domains? Stewards, and the team that owns this one."""
    if domain is not None and domain.owner_id and belongs(reader, domain.owner_id):
        return YES
    permission = "catalog.add_valuedomain" if domain is None else "catalog.change_valuedomain"
    return YES if reader.may(permission) else Verdict(False, refusal(reader, permission))


def _wrote(reader, term):
    return reader.user is not None and term.author_id == reader.user.pk

"""Who may measure a contract and care for its incidents (trust.md, section 1.1; api.md, "O")."""

from django.utils.translation import gettext as _

from apps.catalog import access
from apps.catalog.access import YES, Verdict

CONTRACT, RUN = "catalog.edit_contract", "quality.run_quality"


def may_write(reader, capsule):
    """May the reader draft and propose contracts of the capsule? Contract owners of its team, and whoever may edit it."""
    if reader.may(CONTRACT) and (capsule.owner_id is None or access.belongs(reader, capsule.owner_id)):
        return YES
    return access.may_edit(reader, capsule)


def may_override(reader, override):
    """May the reader answer this wish to go past a contract? Whoever may sign contracts, signed in, not who asked."""
    if reader.user is None or reader.via != "session":
        return Verdict(False, _("A person who is signed in decides this; a token cannot."))
    if reader.user.pk == override.asked_by_id:
        return Verdict(False, _("You asked for this: a second person decides."))
    refused = access.lacking(reader, CONTRACT)
    return YES if refused is None else refused


def may_remove(reader, contract):
    """May the reader delete this draft? Its author, and whoever may write it."""
    if contract.status != contract.Status.DRAFT:
        return Verdict(False, _("Only drafts are deleted; what was in force is deprecated."))
    if reader.user is not None and contract.author_id == reader.user.pk:
        return YES
    return may_write(reader, contract.capsule)


def may_watch(reader, contract):
    """May the reader measure this contract and handle its incidents?

    Its owner's team, with the right to make promises; and whoever may edit the capsule and run its checks.
    """
    if reader.is_system:
        return YES
    if reader.may(CONTRACT) and _answers_for(reader, contract):
        return YES
    if reader.may(RUN):
        return access.may_edit(reader, contract.capsule)
    refused = access.lacking(reader, CONTRACT)
    return refused if refused is not None else Verdict(False, _("Only the contract's owner may do this."))


def _answers_for(reader, contract):
    owner = contract.owner_id or contract.capsule.owner_id
    return owner is None or access.belongs(reader, owner)

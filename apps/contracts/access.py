"""Who may measure a contract and care for its incidents (trust.md, section 1.1; api.md, "O")."""

from django.utils.translation import gettext as _

from apps.catalog import access
from apps.catalog.access import YES, Verdict

CONTRACT, RUN = "catalog.edit_contract", "quality.run_quality"


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

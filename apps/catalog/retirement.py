"""Taking capsules and columns out of use, and back; deleting for good what is out of use (errata row B10)."""

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.dcs.refusals import Conflict, refused_as

MISSING = "missing_since"  # in the meta of a capsule in use that its source no longer has


def retire(record):
    """Take a capsule or a column out of use; its history stays.

    Raises `Conflict` if it is out of use already, or a legal hold stands on the capsule.
    """
    stored = _locked(record)
    if stored.is_retired:
        raise Conflict(_("%(name)s is retired already.") % {"name": stored}, code="already_retired")
    stored.retired_at = timezone.now()
    with refused_as("legal_hold", held(stored)):
        stored.save(update_fields=["retired_at"])


def restore(record):
    """Bring a retired capsule or column back. Raises `Conflict` if it is in use."""
    stored = _locked(record)
    if not stored.is_retired:
        raise Conflict(_("%(name)s is not retired.") % {"name": stored}, code="not_retired")
    stored.retired_at = None
    stored.save(update_fields=["retired_at"])


def purge(capsule):
    """Delete a retired capsule and all that hangs on it, for good. Raises `Conflict` if it is in use, or a legal hold stands."""
    stored = _locked(capsule)
    if not stored.is_retired:
        raise Conflict(
            _("Retire %(name)s before you delete it for good.") % {"name": stored}, code="not_retired"
        )
    # By the keys of the database: what protects it goes with it, and by no other way.
    with refused_as("legal_hold", held(stored)), connection.cursor() as cursor:
        cursor.execute("DELETE FROM capsules WHERE id = %s", [stored.pk])


def held(record):
    """What is said to whoever would retire or delete what a legal hold covers."""
    said = _(
        "A legal hold stands on %(name)s. It is neither retired nor deleted until the hold is lifted, by a change of its policy."
    )
    return said % {"name": record}


def _locked(record):
    return type(record)._base_manager.select_for_update(of=("self",)).get(pk=record.pk)

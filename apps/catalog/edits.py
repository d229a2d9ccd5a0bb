"""Edits by people: what somebody wrote by hand is theirs, and the next ingestion does not overwrite it.

Which fields a person owns is kept with the row, in `meta["provenance"]`: {"description": {"by": "ada", "at": "…"}}
(architecture.md, section 5).
"""

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.dcs.refusals import Conflict

# Keys of `meta` that the portal keeps; nobody writes them by hand.
KEPT_META = frozenset({"provenance", "origin", "placeholder", "read_from", "missing_since"})


def revise(record, *, by, seen=None, **changes):
    """Set fields of a capsule or column as `by` (a user) wishes; returns the names of those that changed.

    The row is locked and read again first. `meta` keeps the keys that belong to the portal. `seen` is the
    `updated_at` that the person saw: raises `Conflict` if the row has moved since.
    """
    stored = type(record)._base_manager.select_for_update(of=("self",)).get(pk=record.pk)
    if seen is not None and stored.updated_at != seen:
        raise Conflict(_("Somebody changed this meanwhile. Read it again."), code="changed_meanwhile")
    if "meta" in changes:
        changes["meta"] = {
            **{key: value for key, value in changes["meta"].items() if key not in KEPT_META},
            **{key: value for key, value in stored.meta.items() if key in KEPT_META},
        }
    if "pii_type" in changes and changes["pii_type"] != stored.pii_type:
        changes.setdefault("pii_detected_by", "manual" if changes["pii_type"] else None)
    changed = [name for name, value in changes.items() if getattr(stored, name) != value]
    if not changed:
        return []
    for name in changed:
        setattr(stored, name, changes[name])
    owned = claim(stored.meta, by=by, fields=[name for name in changed if name != "meta"])
    stored.meta = owned
    stored.save(update_fields=[*dict.fromkeys([*changed, "meta"])])
    record.refresh_from_db()
    return changed


def claim(meta, *, by, fields):
    """`meta` with a note that `by` (a user) wrote these fields now."""
    if not fields:
        return meta
    note = {"by": by.get_username(), "at": timezone.now().isoformat(timespec="seconds")}
    return {**meta, "provenance": {**meta.get("provenance", {}), **dict.fromkeys(fields, note)}}


def told(meta):
    """`meta` as people see and write it, without what the portal keeps there."""
    return {key: value for key, value in meta.items() if key not in KEPT_META}

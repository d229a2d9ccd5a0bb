"""What people add to a version: its name, a summary, where it was deployed from. The document in it never changes."""

from django.utils.translation import gettext as _

from apps.dcs.refusals import Conflict

from . import versions
from .models import CapsuleVersion

# What the portal itself writes into the context of a version: nobody writes over it.
OWN_CONTEXT = ("via", "application", "request_id", "reason", "plan", "document_hash")


def record(capsule, reader, facts, *, number=None):
    """Keep the present state of the capsule as a version and add `facts`; returns (version, True if it is new).

    What is kept already gets only the facts that it lacks. Raises `Conflict` with code number_taken if `number` is
    not the version's, already_named if the same state bears another name.
    """
    made = versions.capture([capsule.pk], reader, names={capsule.pk: facts.get("name")})
    version = made[0] if made else CapsuleVersion._base_manager.get(capsule=capsule, is_current=True)
    if number not in (None, version.number):
        raise Conflict(
            _("The present state is version %(number)s.") % {"number": version.number}, code="number_taken"
        )
    name = facts.get("name")
    if name and version.name not in (None, name):
        raise Conflict(
            _("Nothing changed since version %(number)s, which is called %(name)s.")
            % {"number": version.number, "name": version.name},
            code="already_named",
        )
    lacking = {
        key: value
        for key, value in facts.items()
        if key == "deployment_context" or getattr(version, key) in (None, "")
    }
    if made and facts.get("deployed_at"):
        lacking["deployed_at"] = facts["deployed_at"]
    amend(version, lacking)
    return version, bool(made)


def amend(version, facts):
    """Write facts of a version; its context keeps what the portal noted."""
    facts = dict(facts)
    if "deployment_context" in facts:
        noted = version.deployment_context or {}
        own = {key: noted[key] for key in OWN_CONTEXT if key in noted}
        facts["deployment_context"] = {**(facts["deployment_context"] or {}), **own} or None
    changed = [name for name, value in facts.items() if getattr(version, name) != value]
    for name in changed:
        setattr(version, name, facts[name])
    if changed:
        version.save(update_fields=changed)
    return version


def drop(version):
    """Delete a version that is not the current one. Raises `Conflict` with code version_in_use."""
    if version.is_current:
        raise Conflict(_("This is the capsule as it is now; it cannot be deleted."), code="version_in_use")
    version.delete()

"""Making, changing and removing contracts: every way in — page, API, back office — comes through here.

A draft is edited directly. In force, what a contract promises changes by a review only; its owner and its notes stay
direct edits (errata rows B23, B34).
"""

import re
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from apps.audit.context import acting
from apps.dcs.refusals import Conflict
from apps.workflow import reviews

from . import access
from .consumers import effective
from .models import Contract

DIRECT = ("owner", "meta")
PLAIN_VERSION = re.compile(r"(\d+)\.(\d+)(\.\d+)?")
# What a new version does not take over from the one before it.
OWN = {"status", "deprecation_date", "replacement_capsule_urn"}


@dataclass
class Outcome:
    """What became of a change: the contract, the fields that changed at once, and the review of the others, if any."""

    contract: Contract
    changed: list[str] = field(default_factory=list)
    review: object = None


def begun(capsule):
    """An unsaved draft of the next version: what the effective contract says, under the number that follows."""
    former = effective(Contract._base_manager.filter(capsule=capsule)).first()
    if former is None:
        return Contract(capsule=capsule, version="1.0.0", owner=capsule.owner)
    kept = {name: getattr(former, name) for name in Contract.governed_fields if name not in OWN}
    taken = set(Contract._base_manager.filter(capsule=capsule).values_list("version", flat=True))
    version = following(former.version)
    while version in taken:
        version = following(version)
    return Contract(**{**kept, "version": version, "owner": former.owner})


def following(version):
    """The version after this one: `2.1.0` → `2.2.0`; what is no number gets one."""
    found = PLAIN_VERSION.fullmatch(version)
    if found is None:
        return f"{version}.1"[-50:]
    return f"{found[1]}.{int(found[2]) + 1}" + (".0" if found[3] else "")


def create(capsule, values, *, by, propose=False, reason=""):
    """A new version, a draft or proposed (errata row B34). Raises `Conflict` if there is one of this number."""
    access.may_write(by, capsule).or_refuse()
    with acting(by, reason=reason or _("New contract")):
        if Contract._base_manager.filter(capsule=capsule, version=values["version"]).exists():
            raise taken(capsule, values["version"])
        made = Contract(capsule=capsule, author=by.user, visibility_rank=capsule.visibility_rank, **values)
        made.save(force_insert=True)
        made = Contract.objects.select_related("capsule", "owner").get(pk=made.pk)
        return made.propose(by=by, comment=reason) if propose else made


def taken(capsule, version):
    said = _("%(name)s has a contract of version %(version)s already. Choose the next number.")
    return Conflict(said % {"name": capsule.name, "version": version}, code="version_exists")


def change(contract, values, *, by, reason="", seen=None):
    """Set fields of `contract`; what is in force and governed is proposed instead. Returns an `Outcome`.

    `seen` is the `updated_at` that the person saw. Raises `Conflict` if the row has moved since, if it waits for a
    decision, or if it has ended.
    """
    access.may_write(by, contract.capsule).or_refuse()
    with acting(by, reason=reason or _("Edited")):
        contract.lock()
        stored = Contract.objects.select_related("capsule", "owner").get(pk=contract.pk)
        if seen is not None and stored.updated_at != seen:
            raise Conflict(_("Somebody changed this meanwhile. Read it again."), code="changed_meanwhile")
        wanted = {name: value for name, value in values.items() if getattr(stored, name) != value}
        direct = {name: value for name, value in wanted.items() if name in DIRECT}
        governed = {name: value for name, value in wanted.items() if name not in DIRECT}
        _require_open(stored, governed)
        if stored.status == Contract.Status.DRAFT:
            direct, governed = wanted, {}
        for name, value in direct.items():
            setattr(stored, name, value)
        if direct:
            stored.save(update_fields=list(direct))
            stored.refresh_from_db()
        review = reviews.propose(stored, _content(governed), by=by, reason=reason) if governed else None
    return Outcome(stored, list(direct), review)


def _require_open(stored, governed):
    if not governed or stored.is_in_force or stored.status == Contract.Status.DRAFT:
        return
    if stored.status == Contract.Status.PROPOSED:
        said = _("%(contract)s waits for a signature: change the proposal, or withdraw it.")
        raise Conflict(said % {"contract": stored}, code="under_review")
    said = _("%(contract)s has ended: it stays as it was. Write a new version.")
    raise Conflict(said % {"contract": stored}, code="illegal_step")


def _content(values):
    fields = {name: Contract._meta.get_field(name) for name in values}
    return {found.column: found.get_prep_value(values[name]) for name, found in fields.items()}


def remove(contract, *, by, reason=""):
    """Delete a draft. Raises `Conflict` for anything that is more than a draft."""
    if contract.status != Contract.Status.DRAFT:
        raise Conflict(_("Only drafts are deleted; what was in force is deprecated."), code="not_a_draft")
    access.may_remove(by, contract).or_refuse()
    with acting(by, reason=reason or _("Deleted")):
        contract.delete()

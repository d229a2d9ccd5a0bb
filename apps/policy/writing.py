"""Making, changing and removing policies: every way in — page, API, back office — comes through here.

A draft is edited directly. In force, what a policy rules changes by a review only; owner, review date and notes stay
direct edits (errata rows B23, E22).
"""

from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from apps.audit.context import acting
from apps.dcs.refusals import Conflict
from apps.workflow import reviews

from . import access
from .models import Policy

DIRECT = ("owner", "next_review_date", "meta")
SUBJECT = ("capsule", "column")


@dataclass
class Outcome:
    """What became of a change: the policy, the fields that changed at once, and the review of the others, if any."""

    policy: Policy
    changed: list[str] = field(default_factory=list)
    review: object = None


def create(values, *, by, reason=""):
    """A new policy, always a draft, for `values["capsule"]` or `values["column"]`."""
    policy = Policy(author=by.user, **values)
    access.may_write(by, policy.home).or_refuse()
    policy.visibility_rank = policy.subject.visibility_rank
    with acting(by, reason=reason or _("New policy")):
        policy.save(force_insert=True)
    return Policy.objects.get(pk=policy.pk)


def change(policy, values, *, by, reason="", seen=None):
    """Set fields of `policy`; what is in force and governed is proposed instead. Returns an `Outcome`.

    `seen` is the `updated_at` that the person saw. Raises `Conflict` if the row has moved since, if it is under review,
    or if it was given up.
    """
    access.may_write(by, policy.home).or_refuse()
    with acting(by, reason=reason or _("Edited")):
        policy.lock()
        stored = Policy.objects.get(pk=policy.pk)
        if seen is not None and stored.updated_at != seen:
            raise Conflict(_("Somebody changed this meanwhile. Read it again."), code="changed_meanwhile")
        wanted = {name: value for name, value in values.items() if getattr(stored, name) != value}
        if set(wanted) & set(SUBJECT):
            raise Conflict(_("A policy stays with its subject. Write a new one."), code="fixed_subject")
        direct = {name: value for name, value in wanted.items() if name in DIRECT}
        governed = {name: value for name, value in wanted.items() if name not in DIRECT}
        _require_open(stored, governed)
        if stored.status == Policy.Status.DRAFT:
            direct, governed = wanted, {}
        for name, value in direct.items():
            setattr(stored, name, value)
        if direct:
            stored.save(update_fields=list(direct))
            stored.refresh_from_db()
        review = reviews.propose(stored, _content(governed), by=by, reason=reason) if governed else None
    return Outcome(stored, list(direct), review)


def _require_open(stored, governed):
    if not governed:
        return
    if stored.status == Policy.Status.UNDER_REVIEW:
        said = _("%(policy)s is under review: change the proposal, or withdraw it.")
        raise Conflict(said % {"policy": stored.label}, code="under_review")
    if stored.status == Policy.Status.DEPRECATED:
        said = _("%(policy)s is deprecated: it stays as it was. Write a new one.")
        raise Conflict(said % {"policy": stored.label}, code="illegal_step")


def _content(values):
    fields = {name: Policy._meta.get_field(name) for name in values}
    return {found.column: found.get_prep_value(values[name]) for name, found in fields.items()}


def remove(policy, *, by, reason=""):
    """Delete a draft. Raises `Conflict` for anything that is more than a draft."""
    if policy.status != Policy.Status.DRAFT:
        raise Conflict(_("Only drafts are deleted; what was in force is deprecated."), code="not_a_draft")
    access.may_remove(by, policy).or_refuse()
    with acting(by, reason=reason or _("Deleted")):
        policy.delete()

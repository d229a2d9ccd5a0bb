"""Reviews: every way in comes through these verbs."""

from django.utils.translation import gettext as _

from apps.audit.context import acting
from apps.dcs.canonical import digest
from apps.dcs.refusals import Conflict

from . import deciders
from .decisions import comment, decide, hand_over, withdraw
from .models import Review, Watcher
from .proposals import merged_with_force, propose, rebase, revise, submit
from .refusals import SHOWN, refused_by_database, withdrawal_lock
from .transitions import IllegalTransition, OpenStep, as_reader

__all__ = [
    "DECISIONS",
    "SHOWN",
    "comment",
    "decide",
    "hand_over",
    "merged_with_force",
    "open_review",
    "propose",
    "rebase",
    "refused_by_database",
    "revise",
    "step_of",
    "steps_for",
    "submit",
    "take",
    "through",
    "unwatch",
    "waiting_review",
    "watch",
    "withdraw",
]

State = Review.State
# What a decision is called where people and programs name it.
DECISIONS = {"approve": "approve", "send_back": "request_changes", "reject": "reject"}


def open_review(record):
    """The one proposal about `record` that waits for a decision; None if there is none.

    Raises `Conflict` if there are several: then the proposal has to be named.
    """
    found = list(Review.objects.of(record).submitted().order_by("number")[:2])
    if len(found) > 1:
        labels = ", ".join(review.label for review in found)
        raise Conflict(_("Several proposals wait: %(labels)s. Decide on one of them.") % {"labels": labels})
    return found[0] if found else None


def waiting_review(record):
    """The oldest proposal about `record` that waits for a decision; None if there is none."""
    return Review.objects.of(record).submitted().order_by("number").first()


def through(record, spec, *, by, reason, shown=None):
    """Take a step of `record` that belongs to its review; the record moves once the quorum is met (errata row E19).

    `shown` is the hash of the proposal that was on the screen; without it the decision is on what stands there now.
    """
    reader = as_reader(by)
    with acting(by, reason=reason):
        record.lock()
        if spec.review == "submit":
            record.require(spec, reader=reader, reason=reason)
            review = (
                Review.objects.of(record).filter(state__in=[State.DRAFT, State.CHANGES_REQUESTED]).first()
            )
            if review is None:
                propose(record, {}, by=by, reason=reason)
            else:
                if record.canonical_content() != review.proposal:
                    review = revise(review, record.canonical_content(), by=by, reason=reason)
                submit(review, by=by, reason=reason)
        elif spec.review == "propose":
            record.require(spec, reader=reader, reason=reason)
            _ask_for(record, spec, by=by, reason=reason)
        else:
            review = open_review(record)
            if review is None:
                raise IllegalTransition(record.not_from_here(spec))
            if spec.review == "withdraw":
                withdraw(review, by=by, reason=reason)
            else:
                decide(review, spec.review, shown=shown or review.proposal_hash, by=by, reason=reason)
        record.refresh_from_db()
    return record


def _ask_for(record, spec, *, by, reason):
    """Propose that a record in force takes a step. Raises `Conflict` if somebody has proposed just that."""
    wanted = record.checked({record._meta.get_field(record.state_field).column: spec.target})
    same = Review.objects.of(record).submitted().filter(proposal_hash=digest(wanted)).first()
    if same is not None:
        said = _("%(label)s asks for this already and waits for a decision.")
        raise Conflict(said % {"label": same.label}, code="already_proposed")
    return propose(record, wanted, by=by, reason=reason)


def step_of(review, spec, reader):
    """A record's step that its open review decides, as an `OpenStep`."""
    why = withdrawal_lock(review, reader) if spec.review == "withdraw" else deciders.lock(review, reader)
    needs = spec.review in ("reject", "request_changes") or (spec.review == "approve" and review.needs_reason)
    return OpenStep(spec.name, spec.label, not why, why, needs)


def steps_for(review, reader):
    """What can be done with a review now, as `OpenStep`s; the same in page, admin and API."""
    found = []
    if review.is_open:
        why = deciders.lock(review, reader)
        found += [
            OpenStep("approve", _("Approve"), not why, why, review.needs_reason),
            OpenStep("send_back", _("Request changes"), not why, why, True),
            OpenStep("reject", _("Reject"), not why, why, True),
        ]
    author = reader.user is not None and review.authors.filter(person=reader.user).exists()
    if author and review.state in (State.DRAFT, State.CHANGES_REQUESTED):
        found.append(OpenStep("submit", _("Submit again") if review.submitted_at else _("Submit"), True))
    if author and review.state in Review.UNDECIDED:
        found.append(OpenStep("withdraw", _("Withdraw"), True))
    return found


def take(review, name, *, by, reason="", shown="", text=""):
    """Take the step of a review called `name`. Raises `KeyError` if there is none of this name."""
    if name in DECISIONS:
        return decide(review, DECISIONS[name], shown=shown, by=by, reason=reason)
    if name == "comment":
        comment(review, by=by, text=text or reason)
        return review
    return {"submit": submit, "withdraw": withdraw}[name](review, by=by, reason=reason)


def watch(review, *, by):
    """Follow a proposal: tell `by` what happens to it."""
    with acting(by):
        Watcher.objects.get_or_create(review=review, person=as_reader(by).user)


def unwatch(review, *, by):
    """Follow it no longer."""
    with acting(by):
        Watcher.objects.filter(review=review, person=as_reader(by).user).delete()

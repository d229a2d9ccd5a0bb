"""What the verbs of reviews refuse, in words: a lost race, a stale base, somebody who may not."""

from contextlib import contextmanager

from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.dcs.canonical import digest
from apps.dcs.refusals import Conflict

from . import deciders
from .reviewable import ReviewableMany
from .transitions import IllegalTransition

SHOWN = 5
# Kinds whose approval is a signature: whoever gives it has just shown who they are.
SIGNED = ("contract",)


def needs_proof(review, reader):
    """True if the reader has to show their password before they approve this."""
    return review.kind in SIGNED and not reader.is_fresh


def unproved():
    """The conflict of a signature without a password of the last five minutes."""
    said = _("You signed in more than five minutes ago. Enter your password with the signature.")
    return Conflict(said, code="proof_needed")


def changed():
    """The refusal of a decision or an edit on what no longer stands there."""
    return Conflict(
        _("This changed while you were reading. Nothing was recorded. See what is new, then decide."),
        code="content_changed",
    )


def stale(moved):
    """The refusal of a decision on many records some of which have moved since they were put down."""
    names = ", ".join(moved[:SHOWN]) + (" …" if len(moved) > SHOWN else "")
    return Conflict(
        ngettext(
            "This has changed since it was proposed: %(names)s. Its author merges the proposal, then it is decided anew.",
            "These have changed since they were proposed: %(names)s. The author merges the proposal, then it is decided anew.",
            len(moved),
        )
        % {"names": names},
        code="stale_base",
    )


def not_now(review, done):
    return _("This cannot be %(done)s: it is %(state)s.") % {
        "done": done,
        "state": str(review.get_state_display()).lower(),
    }


def withdrawal_lock(review, reader):
    """Why `reader` may not withdraw the review; empty if they may."""
    if reader.user is not None and review.authors.filter(person=reader.user).exists():
        return ""
    names = ", ".join(str(author.person) for author in review.authors.select_related("person"))
    return _("Only who wrote it can withdraw it: %(names)s.") % {"names": names or _("nobody")}


def require_author(review, reader, *, or_able_on=None):
    """Raise unless the reader wrote a part of the review, or may decide on the subject that is named."""
    if reader.user is not None and review.authors.filter(person=reader.user).exists():
        return
    if or_able_on is None:
        raise PermissionDenied(withdrawal_lock(review, reader))
    if not reader.may(or_able_on.review_permission):
        raise PermissionDenied(_("Only who wrote it can change it."))


def require_base(subject, review):
    """Raise unless what is in force is still what the proposal began from."""
    if isinstance(subject, ReviewableMany) and (moved := subject.moved(review)):
        raise stale(moved)
    now = subject.content_in_force()
    if (digest(now) if now is not None else "") != review.base_hash:
        raise Conflict(
            _("What is in force has changed since this was proposed. Merge it first."), code="stale_base"
        )


@contextmanager
def refused_by_database(review):
    """The triggers' refusals as the exceptions that the verbs raise themselves."""
    try:
        with transaction.atomic():
            yield
    except DatabaseError as error:
        diagnosis = getattr(error.__cause__, "diag", None)
        if diagnosis is not None and (diagnosis.constraint_name or "").endswith("_approved_by_another"):
            raise PermissionDenied(deciders.in_words(review, "author")) from None
        if diagnosis is not None and diagnosis.sqlstate == "23505" and review is not None:
            raise Conflict(
                _("Somebody else stored the same at this moment. Read it again."), code="stale_base"
            ) from None
        if diagnosis is None or diagnosis.sqlstate != "42501" or not diagnosis.message_hint:
            raise
        said = diagnosis.message_hint
    else:
        return
    if said == "changed":
        raise changed()
    if said == "base":
        raise Conflict(_("Something has changed since the plan was made. Plan again."), code="plan_stale")
    if said == "legal_hold":
        raise Conflict(
            _(
                "A legal hold has come to stand. Nothing that it covers is given up or kept for less time until it is lifted."
            ),
            code="legal_hold",
        )
    if said == "chain":
        raise Conflict(_("Who stands in for somebody hands nothing on."), code="chain")
    if review is None:
        raise PermissionDenied(_("You cannot name this stand-in."))
    if said in deciders.LATE:
        raise IllegalTransition(deciders.in_words(review, said))
    raise PermissionDenied(deciders.in_words(review, said))

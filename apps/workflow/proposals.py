"""Proposals: making, submitting, revising and merging them."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.audit.context import acting
from apps.dcs.canonical import digest
from apps.dcs.refusals import Conflict
from apps.people import roles

from . import deciders, diff, members, merging, notices, workdays
from .locks import locked, locked_subject
from .models import Review, ReviewAuthor
from .refusals import changed, not_now, refused_by_database, require_author, require_base
from .reviewable import LEVELS, ReviewableMany
from .transitions import IllegalTransition, Stateful, as_reader

DUE_DAYS = 5
LONGEST_REASON = 5000
State = Review.State


def propose(subject, content, *, by, reason="", submitted=True):
    """Propose that the governed fields of `subject` become `content` ({column: value}; left out: as they are).

    Returns the new `Review`, submitted unless `submitted` is false. What is in force stays untouched. A subject that
    proposes for many records says itself what they become; its `content` is empty.
    Raises `ValidationError` for content that could not be stored, `Conflict` if nothing would change.
    """
    reader = as_reader(by)
    with acting(by, reason=reason):
        subject = locked_subject(type(subject), subject.pk)
        if isinstance(subject, ReviewableMany):
            review = _proposed_for_many(subject, reader, reason)
        else:
            review = _proposed(subject, content, reader, reason)
        review.refresh_from_db()
        _add_author(review, reader)
        return submit(review, by=by, reason=reason) if submitted else review


def submit(review, *, by, reason=""):
    """Ask for decisions on a draft, or again on a proposal that was sent back. Raises `IllegalTransition`."""
    reader = as_reader(by)
    with locked(review, by, reason) as (subject, review):
        if review.state not in (State.DRAFT, State.CHANGES_REQUESTED):
            raise IllegalTransition(not_now(review, _("submitted")))
        require_base(subject, review)
        _submit(subject, review, by=by, reader=reader, reason=reason)
        return review


def revise(review, content, *, by, reason="", seen=None):
    """Change a proposal that is not settled: a new revision, by a new author; earlier decisions lapse.

    `seen` is the hash of the proposal that was edited. Raises `Conflict` if it has moved since, `IllegalTransition`
    if it is settled, `PermissionDenied` for those who neither wrote it nor may decide on its kind.
    """
    reader = as_reader(by)
    with locked(review, by, reason) as (subject, review):
        require_author(review, reader, or_able_on=subject)
        if review.state not in (State.DRAFT, State.SUBMITTED, State.CHANGES_REQUESTED):
            raise IllegalTransition(not_now(review, _("changed")))
        if isinstance(subject, ReviewableMany):
            raise Conflict(
                _("This is not edited by hand: withdraw it, and propose it anew."), code="illegal_step"
            )
        if seen is not None and seen != review.proposal_hash:
            raise changed()
        proposal = _checked(subject, {**review.proposal, **content})
        if proposal == review.proposal:
            raise Conflict(_("Nothing would change: this is what is proposed."), code="no_change")
        _new_revision(subject, review, proposal, review.base_content, reader)
        if subject.is_edited_freely:
            subject.take_over(proposal)
            subject.save()
        notices.revised(review, reader)
        return review


def rebase(review, choices=None, *, by, reason=""):
    """Bring a proposal that was overtaken up to what is in force now, and ask for decisions anew.

    `choices` settles fields that both sides changed: {column: "yours" or "theirs"}. Raises `Conflict` with code
    `choices_needed` and the columns in `fields` while one is missing. A proposal about many records is planned anew.
    """
    reader = as_reader(by)
    with locked(review, by, reason) as (subject, review):
        require_author(review, reader, or_able_on=subject)
        if review.state not in (State.SUPERSEDED, State.SUBMITTED, State.CHANGES_REQUESTED, State.DRAFT):
            raise IllegalTransition(not_now(review, _("merged")))
        if isinstance(subject, ReviewableMany):
            base, proposal = None, _put_down(subject, review, reader, revision=review.revision + 1)
        else:
            base, proposal = subject.content_in_force(), _merged(subject, review, choices or {})
        if proposal == base:
            raise Conflict(_("Nothing of yours is left to decide on. You can withdraw it."), code="no_change")
        if review.state == State.SUPERSEDED:
            _ask(review, subject, reader)
        _new_revision(subject, review, proposal, base, reader)
        if review.is_open:
            notices.asked(review, deciders.able(review))
        return review


def merged_with_force(review, subject=None):
    """`merging.merge` of the proposal (yours) and what is in force now (theirs), from what was in force then (base)."""
    subject = subject if subject is not None else review.subject
    return merging.merge(review.base_content or {}, review.proposal, subject.content_in_force() or {})


# ---------- inside ----------


def _proposed(subject, content, reader, reason):
    """The new review of a proposal about one record, saved."""
    proposal, base = _checked(subject, content), subject.content_in_force()
    if proposal == base:
        raise Conflict(_("Nothing would change: this is what is in force."), code="no_change")
    # What nobody relies on yet is not reviewed in parts: the draft says what is proposed.
    if base is None and subject.canonical_content() != proposal and subject.is_edited_freely:
        subject.take_over(proposal)
        subject.save()
    review = _begun(subject, reader, reason)
    _take_up(review, subject, proposal, base)
    review.save(force_insert=True)
    return review


def _proposed_for_many(subject, reader, reason):
    """The new review of a proposal about many records, saved: first the review, then its members, then their hash."""
    review = _begun(subject, reader, reason)
    review.title = str(subject)[:500]
    review.save(force_insert=True)
    _take_up(review, subject, _put_down(subject, review, reader, revision=1), None)
    review.save()
    return review


def _begun(subject, reader, reason):
    domain = subject.review_domain
    return Review(
        subject_table=subject._meta.db_table,
        subject_id=subject.pk,
        kind=subject.review_kind,
        domain_id=domain.pk if domain is not None else None,
        domain_name=str(domain) if domain is not None else "",
        visibility_rank=subject.review_rank,
        reason=reason[:LONGEST_REASON],
        created_by=reader.user,
    )


def _put_down(subject, review, reader, *, revision):
    """Store the members of a revision; returns what stands in the proposal for them."""
    found = list(subject.members(reader))
    if not found:
        raise Conflict(_("Nothing would change: this is what is stored."), code="no_change")
    with refused_by_database(review):
        said = members.put_down(review, found, revision=revision)
    review.visibility_rank = max(review.visibility_rank, subject.rank_of(found))
    proposal = {**subject.summed_up(found), "members": said}
    if proposal == review.proposal:
        raise Conflict(_("Nothing has changed since: there is nothing to merge."), code="no_change")
    return proposal


def _merged(subject, review, choices):
    """What a merged proposal holds. Raises `Conflict` while a choice is missing."""
    merged = merged_with_force(review, subject)
    wanted = {clash.field for clash in merged.clashes}
    missing = sorted(field for field in wanted if choices.get(field) not in ("yours", "theirs"))
    if missing:
        raise Conflict(
            _("Both sides changed these. Choose which to keep."),
            code="choices_needed",
            fields={field: _("Choose “yours” or “theirs”.") for field in missing},
        )
    return _checked(subject, merged.chosen(choices))


def _checked(subject, content):
    try:
        return subject.checked(content)
    except ValueError as error:
        raise ValidationError(str(error)) from None


def _take_up(review, subject, proposal, base):
    """Put content, hashes, risk and words of a proposal on the review, risk at the higher value."""
    risk = subject.risk_of(base, proposal)
    found = diff.changes(base or {}, proposal)
    review.base_content, review.base_hash = base, digest(base) if base is not None else ""
    review.proposal, review.proposal_hash = proposal, digest(proposal)
    review.change_hash = digest([review.kind, [[each.field, each.before, each.after] for each in found]])
    review.visibility_rank = max(review.visibility_rank, subject.rank_of_proposal(proposal))
    review.title = str(subject)[:500]
    review.summary = subject.in_short(base, proposal, [each.field for each in found])[:500]
    if isinstance(subject, ReviewableMany):
        review.domain_name = ", ".join(proposal.get("domains", ()))[:100]
    review.marks = list(dict.fromkeys([*review.marks, *map(str, risk.marks)]))
    first = review._state.adding
    review.risk = risk.level if first else max(review.risk, risk.level, key=LEVELS.index)
    review.quorum = risk.quorum if first else max(review.quorum, risk.quorum)


def _new_revision(subject, review, proposal, base, reader):
    review.revision += 1
    _take_up(review, subject, proposal, base)
    review.save()
    review.refresh_from_db()
    _add_author(review, reader)


def _add_author(review, reader):
    if reader.user is not None:
        ReviewAuthor.objects.get_or_create(
            review=review, person=reader.user, defaults={"revision": review.revision}
        )


def _submit(subject, review, *, by, reader, reason):
    _ask(review, subject, reader)
    review.save()
    review.refresh_from_db()
    spec = subject.transition_for("submit") if isinstance(subject, Stateful) else None
    if spec is not None and subject.state in spec.sources:
        if why := subject.objection(spec, reader):
            raise PermissionDenied(why)
        subject.move(spec, by=by, reason=reason, review=review)
    notices.asked(review, deciders.able(review))


def _ask(review, subject, reader):
    """Set what holds while people decide; who may decide is fixed when it is submitted for the first time."""
    review.state = State.SUBMITTED
    review.submitted_by = review.submitted_by or reader.user
    if review.submitted_at is None:
        review.capacities = [role.name for role in roles.able(subject.review_permission)]
        if (domain := subject.review_domain) is not None:
            review.domain_id, review.domain_name = domain.pk, str(domain)
        elif not isinstance(subject, ReviewableMany):
            review.domain_id, review.domain_name = None, ""
    review.due = workdays.after(timezone.localdate(), DUE_DAYS)

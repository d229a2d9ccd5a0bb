"""Proposals: making, revising, deciding, applying and settling them. Every way in comes through these verbs."""

from contextlib import contextmanager

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.audit.context import acting
from apps.dcs.canonical import digest
from apps.dcs.refusals import Conflict
from apps.people import roles

from . import deciders, diff, members, merging, notices, workdays
from .models import Delegation, Review, ReviewAuthor, ReviewDecision, ReviewMember, Watcher
from .reviewable import LEVELS, ReviewableMany
from .transitions import IllegalTransition, OpenStep, Stateful, as_reader

DUE_DAYS = 5
LONGEST_REASON = 5000
SHOWN = 5
State = Review.State
# What a decision is called where people and programs name it.
DECISIONS = {"approve": "approve", "send_back": "request_changes", "reject": "reject"}


# ---------- making and revising ----------


def propose(subject, content, *, by, reason="", submitted=True):
    """Propose that the governed fields of `subject` become `content` ({column: value}; left out: as they are).

    Returns the new `Review`, submitted unless `submitted` is false. What is in force stays untouched. A subject that
    proposes for many records says itself what they become; its `content` is empty.
    Raises `ValidationError` for content that could not be stored, `Conflict` if nothing would change.
    """
    reader = as_reader(by)
    with acting(by, reason=reason):
        subject = _locked_subject(type(subject), subject.pk)
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
    with _working_on(review, by, reason) as (subject, review):
        if review.state not in (State.DRAFT, State.CHANGES_REQUESTED):
            raise IllegalTransition(_not_now(review, _("submitted")))
        _require_base(subject, review)
        _submit(subject, review, by=by, reader=reader, reason=reason)
        return review


def revise(review, content, *, by, reason="", seen=None):
    """Change a proposal that is not settled: a new revision, by a new author; earlier decisions lapse.

    `seen` is the hash of the proposal that was edited. Raises `Conflict` if it has moved since, `IllegalTransition`
    if it is settled, `PermissionDenied` for those who neither wrote it nor may decide on its kind.
    """
    reader = as_reader(by)
    with _working_on(review, by, reason) as (subject, review):
        _require_author(review, reader, or_able=True)
        if review.state not in (State.DRAFT, State.SUBMITTED, State.CHANGES_REQUESTED):
            raise IllegalTransition(_not_now(review, _("changed")))
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
    with _working_on(review, by, reason) as (subject, review):
        _require_author(review, reader, or_able=True)
        if review.state not in (State.SUPERSEDED, State.SUBMITTED, State.CHANGES_REQUESTED, State.DRAFT):
            raise IllegalTransition(_not_now(review, _("merged")))
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


# ---------- deciding ----------


def decide(review, decision, *, shown, by, reason="", on_behalf_of=None):
    """Record what `by` says about the proposal that was `shown` (its hash): approve, reject or request_changes.

    With the last approval that is needed the proposal is applied, in the same transaction. Concurrent decisions wait
    for each other; the loser gets the state that the winner left. `on_behalf_of` is the colleague for whom a stand-in
    decides; without it a stand-in decides for whoever asked them.

    Raises `IllegalTransition` if nothing waits for a decision any more, `PermissionDenied` with a sentence for those who
    may not, `Conflict` if the content is not what was shown, `ValidationError` if a reason is missing.
    """
    reader = as_reader(by)
    decision = ReviewDecision.Decision(decision)
    with _working_on(review, by, reason) as (subject, review):
        if not review.is_open:
            raise IllegalTransition(deciders.not_open(review))
        on_behalf_of = _require_decider(review, reader, on_behalf_of)
        if shown != review.proposal_hash:
            raise changed()
        _require_base(subject, review)
        _require_reason(review, decision, reason)
        _raise_risk(review, subject)
        record = ReviewDecision(
            review=review,
            revision=review.revision,
            content_hash=shown,
            decision=decision,
            person=reader.user,
            on_behalf_of=on_behalf_of,
            reason=reason.strip()[:LONGEST_REASON],
        )
        with refused_by_database(review):
            record.save(force_insert=True)
        if decision == ReviewDecision.Decision.APPROVE:
            approvals = review.decisions.filter(decision=decision, revision=review.revision).count()
            if approvals >= review.quorum:
                _apply(subject, review, by=by, reason=reason)
            else:
                notices.decided(review, reader, decision)
        elif decision == ReviewDecision.Decision.REJECT:
            _settle(review, State.REJECTED)
            subject.let_go(review)
            _step_back(subject, review, by=by, reason=reason, name="reject")
            notices.decided(review, reader, decision)
        else:
            _settle(review, State.CHANGES_REQUESTED)
            _step_back(subject, review, by=by, reason=reason, name="send_back")
            notices.decided(review, reader, decision)
        return review


def comment(review, *, by, text):
    """Say something about a proposal without deciding. Raises `ValidationError` for an empty text."""
    reader = as_reader(by)
    if not text.strip():
        raise ValidationError({"reason": [_("Write something.")]})
    with _working_on(review, by, text, subject_too=False) as (_subject, review):
        if reader.user is None or reader.via == "token":
            raise PermissionDenied(_("A person who is signed in says this; a token cannot."))
        with refused_by_database(review):
            said = ReviewDecision.objects.create(
                review=review,
                revision=review.revision,
                content_hash=review.proposal_hash,
                decision=ReviewDecision.Decision.COMMENT,
                person=reader.user,
                reason=text.strip()[:LONGEST_REASON],
            )
        notices.commented(review, reader, text)
        return said


def withdraw(review, *, by, reason=""):
    """Take a proposal back; what is in force stays as it is. Only its authors can."""
    reader = as_reader(by)
    with _working_on(review, by, reason) as (subject, review):
        _require_author(review, reader)
        if review.state not in Review.UNDECIDED:
            raise IllegalTransition(_not_now(review, _("withdrawn")))
        was_open = review.is_open
        _settle(review, State.WITHDRAWN)
        subject.let_go(review)
        if was_open:
            _step_back(subject, review, by=by, reason=reason, name="withdraw")
        notices.withdrawn(review, reader)
        return review


def hand_over(review, *, by, to, reason=""):
    """Ask a colleague to decide on this one review in one's place. Raises `PermissionDenied` for who cannot."""
    reader = as_reader(by)
    with _working_on(review, by, reason, subject_too=False) as (_subject, review):
        if not review.is_open:
            raise IllegalTransition(deciders.not_open(review))
        _require_decider(review, reader, None, itself=True)
        delegation = Delegation(
            review=review, from_person=reader.user, to_person=to, reason=reason[:LONGEST_REASON]
        )
        delegation.clean_fields(exclude=["from_person", "review"])
        delegation.validate_constraints()
        with refused_by_database(review):
            delegation.save(force_insert=True)
        if deciders.refusal(review, to, reader.user) and deciders.refusal(review, to):
            raise PermissionDenied(
                _("%(name)s cannot decide on this. %(who)s") % {"name": to, "who": deciders.who_can(review)}
            )
        notices.handed_over(review, reader, to, reason)
        return delegation


def watch(review, *, by):
    """Follow a proposal: tell `by` what happens to it."""
    with acting(by):
        Watcher.objects.get_or_create(review=review, person=as_reader(by).user)


def unwatch(review, *, by):
    """Follow it no longer."""
    with acting(by):
        Watcher.objects.filter(review=review, person=as_reader(by).user).delete()


# ---------- records and their reviews ----------


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


def withdrawal_lock(review, reader):
    """Why `reader` may not withdraw the review; empty if they may."""
    if reader.user is not None and review.authors.filter(person=reader.user).exists():
        return ""
    names = ", ".join(str(author.person) for author in review.authors.select_related("person"))
    return _("Only who wrote it can withdraw it: %(names)s.") % {"names": names or _("nobody")}


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


# ---------- inside ----------


@contextmanager
def _working_on(review, by, reason, *, subject_too=True):
    """Subject and review, locked in this order by everybody, so that nobody waits in a circle."""
    with acting(by, reason=reason):
        subject = None
        if subject_too:
            model = review.model
            subject = _locked_subject(model, review.subject_id) if model is not None else None
            if subject is None:
                raise IllegalTransition(_("What this was about is gone."))
        fresh = Review.objects.select_for_update(of=("self",)).get(pk=review.pk)
        yield subject, fresh
        # Whoever holds the instance sees what happened to it.
        review.__dict__.update(fresh.__dict__)


def _locked_subject(model, pk):
    locked = model._base_manager.select_for_update(no_key=True, of=("self",)).filter(pk=pk)
    return locked.defer(*model.large_fields).first()


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
        visibility_rank=getattr(subject, "visibility_rank", 2),
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


def _apply(subject, review, *, by, reason):
    """Make what is in force equal to the proposal; every other proposal from the same base is overtaken."""
    with acting(by, reason=reason, review=review.pk), refused_by_database(review):
        _settle(review, State.APPROVED)
        spec = subject.transition_for("approve") if isinstance(subject, Stateful) else None
        if isinstance(subject, ReviewableMany):
            subject.carry_out(review, by=as_reader(by), reason=reason)
        else:
            subject.take_over(review.proposal)
            if review.base_hash:
                subject.note_writer(review)
            if spec is not None:
                subject.move(spec, by=by, reason=reason, review=review)
            else:
                subject.save()
        review.applied_at = timezone.now()
        _settle(review, State.APPLIED)
        for other in _overtaken(review, subject):
            _settle(other, State.SUPERSEDED)
            notices.overtaken(other, review)
    notices.applied(review, as_reader(by))


def _overtaken(review, subject):
    """The undecided proposals whose base is no longer in force now that the review is applied, locked."""
    found = Review.objects.of(subject)
    if isinstance(subject, ReviewableMany):
        changed = review.current_members.filter(action=ReviewMember.Action.CHANGE)
        in_force = Review.objects.exclude(base_hash="").filter(
            subject_table__in=changed.values("subject_table"), subject_id__in=changed.values("subject_id")
        )
        found = Review.objects.filter(Q(pk__in=found.values("pk")) | Q(pk__in=in_force.values("pk")))
    undecided = [State.SUBMITTED, State.DRAFT, State.CHANGES_REQUESTED, State.APPROVED]
    found = found.filter(state__in=undecided).exclude(pk=review.pk).select_for_update(of=("self",))
    return list(found.order_by("pk"))


def _settle(review, state):
    review.state = state
    review.decided_at = timezone.now()
    review.save(update_fields=["state", "decided_at", "applied_at"])
    review.refresh_from_db(fields=["row_version", "updated_at"])


def _step_back(subject, review, *, by, reason, name):
    """A record that was never in force is a draft again, with the proposed text in it; anything else stays."""
    spec = subject.transition_for("request_changes") if isinstance(subject, Stateful) else None
    if spec is None or subject.is_in_force or subject.state not in spec.sources:
        return
    subject.take_over(review.proposal)
    subject.move(spec, by=by, reason=reason, review=review, name=name)


def _require_base(subject, review):
    """Raise unless what is in force is still what the proposal began from."""
    if isinstance(subject, ReviewableMany) and (moved := subject.moved(review)):
        raise stale(moved)
    now = subject.content_in_force()
    if (digest(now) if now is not None else "") != review.base_hash:
        raise Conflict(
            _("What is in force has changed since this was proposed. Merge it first."), code="stale_base"
        )


def _require_decider(review, reader, on_behalf_of, *, itself=False):
    """The colleague for whom the reader decides, or None. Raises for those who may not."""
    if reader.user is None or reader.via != "session":
        raise PermissionDenied(_("A person who is signed in decides this; a token cannot."))
    if review.visibility_rank > reader.clearance:
        raise PermissionDenied(_("You may not decide on this."))
    if on_behalf_of is not None or itself:
        said = deciders.refusal(review, reader.user, on_behalf_of)
    else:
        _allowed, on_behalf_of, said = deciders.for_whom(review, reader.user)
    if said in deciders.LATE:
        raise IllegalTransition(deciders.in_words(review, said))
    if said:
        raise PermissionDenied(deciders.in_words(review, said))
    return on_behalf_of


def _require_author(review, reader, *, or_able=False):
    if reader.user is not None and review.authors.filter(person=reader.user).exists():
        return
    model = review.model
    if or_able and model is not None and reader.may(model.review_permission):
        return
    raise PermissionDenied(
        withdrawal_lock(review, reader) if not or_able else _("Only who wrote it can change it.")
    )


def _require_reason(review, decision, reason):
    if reason.strip() or (decision == ReviewDecision.Decision.APPROVE and not review.needs_reason):
        return
    raise ValidationError({"reason": [_("Say why, so that the author knows what to do.")]})


def _raise_risk(review, subject):
    """Risk is worked out again when somebody decides; the higher value counts."""
    risk = subject.risk_of(review.base_content, review.proposal)
    level = max(review.risk, risk.level, key=LEVELS.index)
    quorum = max(review.quorum, risk.quorum)
    if (level, quorum) != (review.risk, review.quorum):
        review.risk, review.quorum = level, quorum
        review.save(update_fields=["risk", "quorum"])


def _not_now(review, done):
    return _("This cannot be %(done)s: it is %(state)s.") % {
        "done": done,
        "state": str(review.get_state_display()).lower(),
    }


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
    if said == "chain":
        raise Conflict(_("Who stands in for somebody hands nothing on."), code="chain")
    if review is None:
        raise PermissionDenied(_("You cannot name this stand-in."))
    if said in deciders.LATE:
        raise IllegalTransition(deciders.in_words(review, said))
    raise PermissionDenied(deciders.in_words(review, said))

"""Policies, masks and contracts that somebody else has approved: there is no other way into force."""

from django.utils import timezone

from apps.audit.context import acting
from apps.dcs.canonical import digest, plain
from apps.deploy import part_members
from apps.deploy.models import Plan, PlanPart
from apps.people.reader import reader_of
from apps.workflow import members
from apps.workflow.models import Review, ReviewDecision
from apps.workflow.reviewable import Member

from .people import UserFactory


def approved(rows, *, by=None, **values):
    """Give stored rows these attributes by a review that somebody else than its author approved; returns them."""
    if not rows:
        return []
    kind = "contract" if rows[0]._meta.db_table == "capsule_contracts" else "policy"
    author, approver = reader_of(UserFactory()), by or UserFactory()
    role = UserFactory(role="contract_owner" if kind == "contract" else "policy_admin").groups.get()
    approver.groups.add(role)
    for row in rows:
        for name, value in values.items():
            setattr(row, name, value)
    part = _part(kind, author)
    review = _submitted(part, rows, author, role)
    with acting(reader_of(approver), reason="Agreed."):
        ReviewDecision.objects.create(
            review=review, revision=1, content_hash=review.proposal_hash, decision="approve", reason="Agreed."
        )
        Review.objects.filter(pk=review.pk).update(state="approved", decided_at=timezone.now())
        with acting(reader_of(approver), reason="Agreed.", review=review.pk):
            part_members.write(part, review, by=reader_of(approver))
            Review.objects.filter(pk=review.pk).update(state="applied", applied_at=timezone.now())
    for row in rows:
        row.refresh_from_db()
    return rows


def _part(kind, author):
    plan = Plan.objects.create(
        author=author.user, document_hash="0" * 64, result={"capsules": []}, expires_at=timezone.now()
    )
    return PlanPart.objects.create(plan=plan, kind=kind, held={})


def _submitted(part, rows, author, role):
    with acting(author, reason="Wanted by Legal."):
        review = Review.objects.create(
            subject_table="plan_parts",
            subject_id=part.pk,
            kind=part.kind,
            title=str(part),
            created_by=author.user,
        )
        found = [Member(type(row), row.pk, str(row), part_members._content(row)) for row in rows]
        proposal = plain({"members": members.put_down(review, found, revision=1)})
        Review.objects.filter(pk=review.pk).update(proposal=proposal, proposal_hash=digest(proposal))
        Review.objects.filter(pk=review.pk).update(
            state="submitted", submitted_by=author.user, capacities=[role.name]
        )
    review.refresh_from_db()
    return review

"""What was in force at an earlier moment: the content of the reviews applied before it (errata row E36)."""

from dataclasses import dataclass, field
from datetime import datetime

from .models import Review, ReviewMember, Step


@dataclass
class Past:
    """A record at a moment: its content, the review that brought it last, and the state it was in.

    `review` is None if nothing was in force yet, `state` is empty if no step had been taken.
    """

    at: datetime
    content: dict = field(default_factory=dict)
    review: Review | None = None
    state: str = ""
    first: Review | None = None


def in_force(record, at):
    """What people relied on of `record` at the moment `at`, as a `Past`. Four queries.

    A proposal may say a part of the content only: what it leaves out stays as the ones before it said.
    """
    found = Past(at)
    applied = Review.objects.touching(record).filter(state=Review.State.APPLIED)
    for review in applied.order_by("applied_at", "number").select_related("created_by"):
        found.first = found.first or review
        if review.applied_at <= at:
            found.review = review
            found.content |= _content(record, review)
    taken = Step.objects.of(record).filter(taken_at__lte=at).order_by("-taken_at").first()
    found.state = taken.after if taken else ""
    return found


def _content(record, review):
    """What the review says about the record: the whole proposal, or that of one member among many."""
    if review.subject_id == record.pk:
        return review.proposal
    member = ReviewMember.objects.filter(
        review=review, revision=review.revision, subject_table=record._meta.db_table, subject_id=record.pk
    )
    return member.values_list("content", flat=True).first() or {}

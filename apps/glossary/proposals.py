"""The glossary under review: what waits, what was decided, and how a change is proposed."""

from django.db.models import F

from apps.workflow import diff, reviews
from apps.workflow.models import Review, ReviewMember

propose = reviews.propose


def waiting(record):
    """The proposals about a record that wait for a decision, oldest first; imports that have it among others too."""
    found = Review.objects.touching(record).submitted()
    return list(found.select_related("created_by").order_by("number"))


def waiting_for(table, keys):
    """The keys among `keys` about which a proposal waits, in one query."""
    if not keys:
        return set()
    found = Review.objects.filter(subject_table=table, subject_id__in=keys, state=Review.State.SUBMITTED)
    among = ReviewMember.objects.filter(
        subject_table=table,
        subject_id__in=keys,
        review__state=Review.State.SUBMITTED,
        revision=F("review__revision"),
    )
    one, many = (rows.order_by().values_list("subject_id", flat=True) for rows in (found, among))
    return set(one.union(many, all=True))


def content_for(record, review):
    """What a proposal says about the record: its own content, or that of the one member of many."""
    if review.subject_id == record.pk:
        return review.proposal
    return review.current_members.get(subject_table=record._meta.db_table, subject_id=record.pk).content


def steps_taken(record, *, most=50):
    """The steps that a record has taken, newest first."""
    return list(record.steps_taken[:most])


def pieces(before, after):
    """The words that are the same, gone and come between two texts."""
    return diff.words(before or "", after or "")

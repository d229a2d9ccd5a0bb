"""Terms and value domains under review: what waits, what was decided, and how a change is proposed."""

from apps.workflow import diff, reviews
from apps.workflow.models import Review

propose = reviews.propose


def waiting(record):
    """The proposals about a record that wait for a decision, oldest first."""
    found = Review.objects.of(record).submitted()
    return list(found.select_related("created_by").order_by("number"))


def waiting_for(table, keys):
    """The keys among `keys` about which a proposal waits, in one query."""
    if not keys:
        return set()
    found = Review.objects.filter(subject_table=table, subject_id__in=keys, state=Review.State.SUBMITTED)
    return set(found.order_by().values_list("subject_id", flat=True))


def steps_taken(record, *, most=50):
    """The steps that a record has taken, newest first."""
    return list(record.steps_taken[:most])


def pieces(before, after):
    """The words that are the same, gone and come between two texts."""
    return diff.words(before or "", after or "")

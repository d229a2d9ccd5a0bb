"""Terms and value domains under review: what waits, what was decided, and how a change is proposed."""

from importlib.util import find_spec

from django.apps import apps
from django.utils.translation import gettext as _

from apps.dcs.refusals import Conflict

KNOWN = find_spec("apps.workflow.reviews") is not None


def propose(record, content, *, by, reason=""):
    """Open a review that would make `content` ({column: value}) the governed fields of `record`."""
    if not KNOWN:
        raise Conflict(
            _("%(name)s is in force and changes by review only.") % {"name": record}, code="in_force"
        )
    from apps.workflow import reviews

    return reviews.propose(record, content, by=by, reason=reason)


def waiting(record):
    """The proposals about a record that wait for a decision, oldest first."""
    if not KNOWN:
        return []
    review = apps.get_model("workflow", "Review")
    return list(review.objects.of(record).submitted().select_related("created_by").order_by("number"))


def waiting_for(table, keys):
    """The keys among `keys` about which a proposal waits, in one query."""
    if not KNOWN or not keys:
        return set()
    review = apps.get_model("workflow", "Review")
    found = review.objects.filter(subject_table=table, subject_id__in=keys, state="submitted")
    return set(found.order_by().values_list("subject_id", flat=True))


def steps_taken(record, *, most=50):
    """The steps that a record has taken, newest first."""
    return list(record.steps_taken[:most]) if hasattr(record, "steps_taken") else []


def steps_for(record, reader):
    """The steps that the state allows, open or locked, for this reader."""
    return record.steps_for(reader) if hasattr(record, "steps_for") else []


def pieces(before, after):
    """The words that are the same, gone and come between two texts."""
    if not KNOWN:
        return []
    from apps.workflow import diff

    return diff.words(before or "", after or "")

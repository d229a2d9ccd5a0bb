"""The order in which everybody locks what a review is about, and the review."""

from contextlib import contextmanager

from django.utils.translation import gettext as _

from apps.audit.context import acting

from .models import Review
from .transitions import IllegalTransition


@contextmanager
def locked(review, by, reason, *, subject_too=True):
    """Subject and review, locked in this order by everybody, so that nobody waits in a circle."""
    with acting(by, reason=reason):
        subject = None
        if subject_too:
            model = review.model
            subject = locked_subject(model, review.subject_id) if model is not None else None
            if subject is None:
                raise IllegalTransition(_("What this was about is gone."))
        fresh = Review.objects.select_for_update(of=("self",)).get(pk=review.pk)
        yield subject, fresh
        # Whoever holds the instance sees what happened to it.
        review.__dict__.update(fresh.__dict__)


def locked_subject(model, pk):
    """The subject with this key, locked after the rows around it that applying it writes; None if it is gone."""
    model.lock_around(pk)
    locked = model._base_manager.select_for_update(no_key=True, of=("self",)).filter(pk=pk)
    return locked.defer(*model.large_fields).first()

"""Naming a stand-in, and deciding for oneself again."""

from django.utils import timezone

from apps.audit.context import acting

from . import reviews


def begin(delegation, *, by):
    """Let a colleague decide in one's place. Raises `Conflict` for a chain, `PermissionDenied` for an author."""
    with acting(by, reason=delegation.reason), reviews.refused_by_database(delegation.review):
        delegation.save(force_insert=True)
    return delegation


def end(delegation, *, by, reason=""):
    """Decide for oneself again, from now on."""
    with acting(by, reason=reason):
        delegation.ended_at = timezone.now()
        delegation.save(update_fields=["ended_at"])
    return delegation

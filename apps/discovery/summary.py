"""The materialised summary of the catalogue: when it was counted, and counting it anew."""

from django.db import connection
from django.utils import timezone

from apps.audit.context import acting
from apps.catalog.models import IngestionJob
from apps.deploy.models import Plan

from .models import CapsuleSummary, SummaryIsRefreshing

__all__ = ["SummaryIsRefreshing", "age", "is_behind", "recount", "refresh", "refreshed_at"]


def refresh(by):
    """Count the summary anew without blocking those who read it, in the name of `by`; returns when, in UTC.

    Raises `SummaryIsRefreshing` if somebody else is at it.
    """
    with acting(by, reason="Refresh of the catalogue summary"):
        return CapsuleSummary.objects.refresh()


def refreshed_at():
    """When the summary was last counted (UTC), or None if never (errata row A7)."""
    return CapsuleSummary.objects.refreshed_at()


def is_behind():
    """True if the summary was never counted, or something was ingested or applied since (errata row A7)."""
    at = refreshed_at()
    if at is None:
        return True
    read = IngestionJob.objects.exclude(source_type=IngestionJob.OPENLINEAGE).filter(completed_at__gt=at)
    return read.exists() or Plan.objects.filter(applied_at__gt=at).exists()


def age():
    """How long ago the summary was counted, as a `timedelta`; None if never."""
    moment = refreshed_at()
    return None if moment is None else timezone.now() - moment


def recount():
    """Bring the catalogue's facts to today: policies begin and end by date. Returns how many rows changed.

    Also forgets names of columns that are gone. Everything else is kept by triggers.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT dcs.prune_search(), dcs.prune_facts_log(), dcs.recount_dated_capsules()")
        return cursor.fetchone()[2]

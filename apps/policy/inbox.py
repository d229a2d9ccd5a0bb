"""What waits in policy: detected personal data for those who may say what a column holds, reviews for those who decide."""

from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.catalog.access import EDIT
from apps.catalog.models import TeamMembership
from apps.workflow.inbox import Item, Queue, register

from . import evidence
from .access import DECIDE
from .models import PIISuggestion, Policy

# Domains that a person looks after, and all that lie in them: one query, since every page counts what waits.
STEWARDED = """
WITH RECURSIVE mine(id) AS (
    SELECT domain_id FROM dcs.stewardships WHERE user_id = %s
    UNION SELECT d.id FROM dcs.domains d JOIN mine ON d.parent_id = mine.id
) SELECT id FROM mine
"""


def waiting(reader):
    """The suggestions that the reader may answer: of capsules of their teams and domains, and of those of nobody."""
    rows = PIISuggestion.objects.visible_to(reader).open()
    if reader.user is None or reader.via == "token" or not reader.may(EDIT):
        return rows.none()
    teams = TeamMembership.objects.filter(user=reader.user).values("owner")
    stewarded = RawSQL(STEWARDED, [reader.user.pk])  # noqa: S611 - a constant
    nobody = Q(column__capsule__owner=None, column__capsule__domain=None)
    return rows.filter(
        Q(column__capsule__owner__in=teams) | Q(column__capsule__domain__in=stewarded) | nobody
    )


def items(reader, limit):
    found = waiting(reader).select_related("column__capsule", "origin__capsule")[:limit]
    return [
        Item(
            title=f"{row.column.capsule.name}.{row.column.name}: {row.get_pii_type_display()}",
            url=f"{reverse('policy:suggestions')}?capsule={row.column.capsule.urn}",
            line=evidence.sentence(row),
            since=row.found_at,
            icon="scan-search",
        )
        for row in found
    ]


register(
    Queue(
        slug="personal-data",
        title=_("Personal data"),
        order=30,
        url=lambda: reverse("policy:suggestions"),
        count=lambda reader: waiting(reader).count(),
        items=items,
        place="policy:suggestions",
    )
)


# ---------- reviews of policies ----------


def reviews(reader, *, on=None):
    """The policies whose review is due and that the reader looks after: all for policy admins, those of their domains for stewards."""
    rows = Policy.objects.visible_to(reader).due_for_review(on=on or timezone.now().date())
    rows = rows.exclude(column__retired_at__isnull=False)
    if reader.user is None or reader.via == "token":
        return rows.none()
    if reader.may(DECIDE):
        return rows
    if not reader.may(EDIT):
        return rows.none()
    stewarded = RawSQL(STEWARDED, [reader.user.pk])  # noqa: S611 - a constant
    return rows.filter(Q(capsule__domain__in=stewarded) | Q(column__capsule__domain__in=stewarded))


def review_items(reader, limit):
    found = (
        reviews(reader).select_related("capsule", "column__capsule").order_by("next_review_date", "number")
    )
    return [
        Item(
            title=f"{row.label}: {row.subject.name}",
            url=row.get_absolute_url(),
            line=_("Still right? Then attest it; else propose a change."),
            since=row.last_reviewed_at or row.approved_at,
            due=row.next_review_date,
            icon="calendar-clock",
        )
        for row in found[:limit]
    ]


register(
    Queue(
        slug="policy-reviews",
        title=_("Policies to review"),
        order=25,
        url=lambda: f"{reverse('policy:policies')}?review=today",
        count=lambda reader: reviews(reader).count(),
        items=review_items,
        place="policy:policies",
    )
)

"""Detected personal data waits for those who may say what a column holds."""

from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.catalog.access import EDIT
from apps.catalog.models import TeamMembership
from apps.workflow.inbox import Item, Queue, register

from . import evidence
from .models import PIISuggestion

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

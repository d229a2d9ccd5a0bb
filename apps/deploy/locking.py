"""The order in which whoever writes many capsules locks them."""

from django.db import connection

from apps.catalog.models import Capsule

BUCKETS = 256  # advisory locks for addresses that are not stored: as many as a bundle may take at most


def lock(urns):
    """Lock capsules in the order of their addresses, and the addresses of those that are not stored yet."""
    rows = Capsule._base_manager.select_for_update(of=("self",)).filter(urn__in=urns)
    known = set(rows.order_by("urn").values_list("urn", flat=True))
    if missing := [urn for urn in urns if urn not in known]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtext('new capsule'), bucket) FROM ("
                " SELECT DISTINCT abs(hashtext(urn) %% %s) AS bucket FROM unnest(%s::text[]) urn ORDER BY 1) found",
                [BUCKETS, missing],
            )

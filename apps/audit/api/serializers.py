"""The audit log as the API shows it."""

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from apps.audit.models import Change
from apps.people.rest.serializers import RecordSerializer

IMAGES = ("old_values", "new_values")


class ChangeSerializer(RecordSerializer):
    """One row of one table, changed once: by whom, when, why, from what to what.

    The values are absent where the caller's clearance shows only that something changed.
    """

    name = serializers.CharField(
        source="*", read_only=True, help_text=_("What the row was called, if anything.")
    )

    class Meta:
        model = Change
        fields = [
            "id", "seq", "changed_at", "changed_by", "operation", "table_name", "record_id", "name",
            "changed_fields", "old_values", "new_values", "change_reason", "application", "ip_address",
            "session_id", "db_user", "request_id", "review_id",
        ]  # fmt: skip
        read_only_fields = fields
        example = {
            "id": "0198c0de-0000-7000-8000-000000000063",
            "seq": 812441,
            "changed_at": "2026-11-23T14:02:00Z",
            "changed_by": "ana.ruiz",
            "operation": "UPDATE",
            "table_name": "domains",
            "record_id": "0198c0de-0000-7000-8000-000000000005",
            "name": "selling",
            "changed_fields": ["name"],
            "old_values": {"name": "sales"},
            "new_values": {"name": "selling"},
            "change_reason": "Agreed with Finance.",
            "application": "portal",
        }

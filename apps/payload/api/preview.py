"""A look at a capsule's data over HTTP."""

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers

from apps.audit.context import acting
from apps.catalog.api import addresses
from apps.payload import previews
from apps.people.rest.viewsets import PlainView


class HeadingSerializer(serializers.Serializer):
    """A column: `withheld` says why its values are not shown, `masked` which rule they are shown through."""

    name = serializers.CharField()
    data_type = serializers.CharField(help_text="As the engine spells it.")
    withheld = serializers.CharField(allow_null=True)
    masked = serializers.CharField(allow_null=True)
    method = serializers.CharField(allow_null=True, help_text="How its values are masked.")
    failed = serializers.IntegerField(help_text="Values that could not be masked: null, or marks.")


class PreviewSerializer(serializers.Serializer):
    """A few rows as the caller may see them, and what the data tells of itself."""

    id = serializers.UUIDField()
    capsule_urn = serializers.CharField()
    columns = HeadingSerializer(many=True)
    rows = serializers.ListField(
        child=serializers.ListField(child=serializers.CharField(allow_null=True)),
        help_text="Values as texts, long ones cut, bytes as their number; null where there is none or it is withheld.",
    )
    more_rows = serializers.BooleanField()
    more_columns = serializers.IntegerField()
    row_count = serializers.IntegerField(allow_null=True)
    bytes = serializers.IntegerField(allow_null=True)
    files = serializers.IntegerField(allow_null=True)
    changed_at = serializers.DateTimeField(allow_null=True)


class PreviewOfCapsule(PlainView):
    """A look at the data of a capsule."""

    throttle_scope = "preview"
    examples = {
        "get": {
            "id": "0198c0de-0000-7000-8000-000000000001",
            "capsule_urn": "urn:dcs:dbt:model:jaffle_shop.marts:orders",
            "columns": [
                {
                    "name": "order_id",
                    "data_type": "BIGINT",
                    "withheld": None,
                    "masked": None,
                    "method": None,
                    "failed": 0,
                },
                {
                    "name": "email",
                    "data_type": "VARCHAR",
                    "withheld": None,
                    "masked": "masking rule hide_email",
                    "method": "partial_redaction",
                    "failed": 0,
                },
            ],
            "rows": [["1", "a**@example.com"], ["2", "b****@example.com"]],
            "more_rows": True,
            "more_columns": 0,
            "row_count": 61948,
            "bytes": 1204881,
            "files": 1,
            "changed_at": "2026-11-20T09:00:00Z",
        }
    }

    def handle_exception(self, error):
        # A refusal undoes what its transaction did; this request has none, so it gets one for that.
        with transaction.atomic():
            return super().handle_exception(error)

    @extend_schema(responses={200: PreviewSerializer, 404: None, 409: None})
    def get(self, request, urn):
        """At most 20 rows. Values that a level or policy withholds from the caller are never read, those that a rule masks are shown masked; 409 if the data cannot be."""
        with acting(request.reader):
            capsule = addresses.capsule(urn, request.reader)
            asked = previews.asked(capsule, request.reader)
        return self.answer(told(capsule, previews.look(asked)))


def told(capsule, shown):
    """A preview as the API shows it."""
    plain = ("more_rows", "more_columns", "row_count", "bytes", "files", "changed_at")
    return {
        "id": capsule.pk,
        "capsule_urn": capsule.urn,
        "columns": [
            {
                "name": one.name,
                "data_type": one.data_type,
                "withheld": one.withheld or None,
                "masked": one.masked or None,
                "method": one.method or None,
                "failed": one.failed,
            }
            for one in shown.headings
        ],
        "rows": [
            [cell.text if cell.kind not in ("null", "withheld") else None for cell in row]
            for row in shown.rows
        ],
        **{name: getattr(shown, name) for name in plain},
    }


# A source may be slow to answer: no transaction waits for it.
preview = PreviewOfCapsule.as_view()
preview.without_database = True

"""Transformation code in the API: of a capsule and of the edges that end in it, across all, one by its id."""

from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from rest_framework import serializers

from apps.catalog import access
from apps.catalog.api import addresses
from apps.catalog.models import Capsule
from apps.people.rest.fields import SubjectReference
from apps.people.rest.serializers import RecordSerializer
from apps.people.rest.viewsets import RecordViewSet
from apps.people.roles import INTERNAL
from apps.provenance import codes
from apps.provenance.filters import CodeFilter
from apps.provenance.models import CapsuleEdge, TransformationCode


class CodeSerializer(RecordSerializer):
    """Code that makes a capsule, or that moves data along one edge; exactly one of the two is its subject."""

    capsule_id = SubjectReference(source="capsule", queryset=Capsule.objects, required=False, allow_null=True)
    lineage_edge_id = SubjectReference(
        source="edge", queryset=CapsuleEdge.objects, required=False, allow_null=True
    )
    subject = serializers.ChoiceField(choices=["capsule", "edge"], source="edge_id", read_only=True)

    class Meta:
        model = TransformationCode
        fields = [
            "id",
            "subject",
            "capsule_id",
            "lineage_edge_id",
            "language",
            "code_text",
            "code_hash",
            "function_name",
            "file_path",
            "line_start",
            "line_end",
            "git_commit_sha",
            "git_repository",
            "upstream_references",
            "function_calls",
            "meta",
            "capsule_version_id",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["code_hash", "capsule_version_id"]
        create_only_fields = ["capsule_id", "lineage_edge_id"]
        extra_kwargs = {
            "code_text": {"trim_whitespace": False},
            "line_start": {"min_value": 1},
            "line_end": {"min_value": 1},
        }
        example = {
            "id": "0198c0de-0000-7000-8000-00000000000e",
            "capsule_id": "0198c0de-0000-7000-8000-000000000001",
            "language": "sql",
            "file_path": "models/marts/orders.sql",
            "code_text": "select order_id, amount_cents / 100.0 as amount from stg_orders",
        }

    @classmethod
    def complete(cls, rows, reader, names):
        for row in rows:
            if "subject" in row:
                row["subject"] = "edge" if row["subject"] else "capsule"

    def validate_git_commit_sha(self, sha):
        if sha and not (7 <= len(sha) <= 64 and all(digit in "0123456789abcdef" for digit in sha.lower())):
            raise serializers.ValidationError(_("Write 7 to 64 hexadecimal digits."))
        return sha

    def validate(self, values):
        first, last = (
            values.get(name, getattr(self.instance, name, None)) for name in ("line_start", "line_end")
        )
        if first is not None and last is not None and first > last:
            raise serializers.ValidationError({"line_end": [_("The last line stands before the first.")]})
        return values


class CodeViewSet(RecordViewSet):
    """Transformation code of all capsules and edges."""

    queryset = TransformationCode.objects.all()
    serializer_class = CodeSerializer
    filterset_class = CodeFilter
    orderings = {
        "file_path": ("file_path", "function_name"),
        "language": ("language", "file_path"),
        "created_at": "created_at",
    }
    default_order = ("file_path", "function_name", "created_at")

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        if request.reader.clearance < INTERNAL:
            raise PermissionDenied(_("Reading code needs the clearance “internal”."))

    def check_may(self, record):
        access.may_edit(self.request.reader, codes.subject(record)).or_refuse()

    def create_record(self, values):
        code = TransformationCode(**values)
        if (code.capsule_id is None) == (code.edge_id is None):
            raise serializers.ValidationError(
                {"non_field_errors": [_("Name a capsule or an edge, one of the two.")]}
            )
        self.check_may(code)
        return codes.add(code)

    def change_record(self, record, values):
        codes.revise(record, **values)
        return record

    def location(self, record):
        return reverse("api:transformation-code-detail", args=[record.pk])


class CodeOfCapsule(addresses.UnderCapsule, CodeViewSet):
    """The code that makes a capsule: its own, and that of the edges that end in it."""

    def get_queryset(self):
        return super().get_queryset().filter(Q(capsule=self.capsule) | Q(edge__target=self.capsule))

    def create_record(self, values):
        edge, capsule = values.get("edge"), values.get("capsule")
        if edge is not None and edge.target_id != self.capsule.pk:
            raise serializers.ValidationError({"lineage_edge_id": [_("This edge ends in another capsule.")]})
        if capsule is not None and capsule != self.capsule:
            problem = _("This is another capsule than the one in the address.")
            raise serializers.ValidationError({"capsule_id": [problem]})
        return super().create_record(values if edge is not None else {**values, "capsule": self.capsule})

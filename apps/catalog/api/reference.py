"""Reference data in the API: domains, owners, tags, source systems; and tags on capsules and columns."""

from django.core.validators import validate_email
from django.db import transaction
from django.db.models import ManyToOneRel
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.response import Response

from apps.catalog import access, connections, domains, engines
from apps.catalog.filters import DomainFilter, OwnerFilter, SourceSystemFilter, TagFilter
from apps.catalog.models import CapsuleTag, ColumnTag, Domain, Owner, SourceSystem, Tag
from apps.people.rest.serializers import RecordSerializer
from apps.people.rest.viewsets import PlainView, RecordViewSet

from . import addresses

TIMES = ["created_at", "updated_at"]


class ReferenceViewSet(RecordViewSet):
    """Rows that others refer to; removing one tells what loses it.

    `DELETE …?dry_run=true` removes nothing and answers 200 with the numbers of rows that refer to it; the real
    one says them in the header `X-Loses`.
    """

    examples = {"destroy": {"loses": {"capsules": 3, "domains": 1}}}

    def known_parameters(self, request):
        return super().known_parameters(request) | ({"dry_run"} if request.method == "DELETE" else set())

    @extend_schema(
        parameters=[OpenApiParameter("dry_run", bool, description="Only tell what refers to the row.")],
        responses={200: OpenApiTypes.OBJECT, 204: None},
    )
    def destroy(self, request, *args, **kwargs):
        """Remove the row; what refers to it loses it. With `dry_run=true` only tell what would."""
        dry = request.query_params.get("dry_run", "false").lower()
        if dry not in ("true", "false"):
            raise serializers.ValidationError({"dry_run": [_("Write true or false.")]})
        record = self.locked()
        loses = losers(record)
        if dry == "true":
            return Response({"loses": loses})
        response = super().destroy(request, *args, **kwargs)
        if loses:
            response["X-Loses"] = ", ".join(f"{table}={number}" for table, number in loses.items())
        return response


def losers(record):
    """How many rows of each table refer to `record`: {"capsules": 3}."""
    found = {}
    for relation in record._meta.related_objects:
        if isinstance(relation, ManyToOneRel) and relation.related_model._meta.managed:
            rows = relation.related_model._base_manager.filter(**{relation.field.name: record})
            if number := rows.count():
                table = relation.related_model._meta.db_table
                found[table] = found.get(table, 0) + number
    return found


class DomainSerializer(RecordSerializer):
    """A part of the business that data belongs to; domains may lie inside others."""

    parent = serializers.CharField(source="parent.name", read_only=True, allow_null=True)
    owner = serializers.CharField(source="owner.name", read_only=True, allow_null=True)

    class Meta:
        model = Domain
        fields = ["id", "name", "description", "parent_id", "parent", "owner_id", "owner", "meta", *TIMES]
        example = {
            "id": "0198c0de-0000-7000-8000-000000000005",
            "name": "Sales",
            "parent_id": None,
            "parent": None,
            "description": "What is sold, to whom and for how much.",
        }


class DomainViewSet(ReferenceViewSet):
    """Domains: parts of the business that data belongs to."""

    queryset = Domain.objects.all()
    serializer_class = DomainSerializer
    filterset_class = DomainFilter
    orderings = {
        "name": "name",
        "parent": ("parent__name", "name"),
        "created_at": "created_at",
        "updated_at": "updated_at",
    }
    default_order = ("name",)
    permissions = {
        "create": "catalog.add_domain",
        "update": "catalog.change_domain",
        "partial_update": "catalog.change_domain",
        "destroy": "catalog.change_domain",
    }

    def change_record(self, record, values):
        if domains.would_circle(record, values.get("parent")):
            raise serializers.ValidationError({"parent_id": [_("A domain cannot lie in itself.")]})
        return super().change_record(record, values)


class OwnerSerializer(RecordSerializer):
    """A team or a person who answers for data."""

    class Meta:
        model = Owner
        fields = ["id", "name", "owner_type", "email", "slack_channel", "meta", *TIMES]
        extra_kwargs = {"email": {"validators": [validate_email]}}
        example = {
            "id": "0198c0de-0000-7000-8000-000000000006",
            "name": "Finance data",
            "owner_type": "team",
            "email": "finance-data@example.org",
        }


class OwnerViewSet(ReferenceViewSet):
    """Owners: teams and people who answer for data."""

    queryset = Owner.objects.all()
    serializer_class = OwnerSerializer
    filterset_class = OwnerFilter
    orderings = {
        "name": ("name", "kind"),
        "owner_type": ("kind", "name"),
        "created_at": "created_at",
        "updated_at": "updated_at",
    }
    default_order = ("name", "kind")
    permissions = {
        "create": "catalog.add_owner",
        "update": "catalog.change_owner",
        "partial_update": "catalog.change_owner",
        "destroy": "catalog.change_owner",
    }


class TagSerializer(RecordSerializer):
    """A word that people attach to capsules and columns, perhaps within a category."""

    color = serializers.RegexField(r"^#[0-9a-fA-F]{6}$", required=False, allow_null=True, max_length=7)

    class Meta:
        model = Tag
        fields = ["id", "name", "category", "description", "color", "meta", *TIMES]
        example = {
            "id": "0198c0de-0000-7000-8000-000000000007",
            "name": "daily",
            "category": "cadence",
            "description": "Rebuilt every night.",
        }


class TagViewSet(ReferenceViewSet):
    """Tags: words that people attach to capsules and columns."""

    queryset = Tag.objects.all()
    serializer_class = TagSerializer
    filterset_class = TagFilter
    orderings = {
        "name": ("name", "category"),
        "category": ("category", "name"),
        "created_at": "created_at",
        "updated_at": "updated_at",
    }
    default_order = ("name", "category")
    permissions = {
        "create": "catalog.add_tag",
        "update": "catalog.change_tag",
        "partial_update": "catalog.change_tag",
        "destroy": "catalog.change_tag",
    }


class SourceSystemSerializer(RecordSerializer):
    """A system that data lies in or comes from.

    `connection_info` holds facts and, for each secret, the name of an environment variable in a key that ends in
    `_env`. It is absent for those who neither run checks nor administer connections.
    """

    class Meta:
        model = SourceSystem
        fields = ["id", "name", "source_type", "description", "connection_info", "meta", *TIMES]
        example = {
            "id": "0198c0de-0000-7000-8000-000000000008",
            "name": "warehouse",
            "source_type": "postgres",
            "connection_info": {
                "host": "warehouse",
                "database": "jaffle",
                "password_env": "WAREHOUSE_PASSWORD",
            },
            "description": "The warehouse of the jaffle shop.",
        }

    @classmethod
    def hidden_from(cls, reader):
        able = reader.may("catalog.change_sourcesystem") or reader.may("catalog.ingest")
        return set() if able else {"connection_info"}

    def validate_connection_info(self, connection):
        if problems := connections.problems(connection):
            raise serializers.ValidationError(problems)
        return connection

    def validate(self, values):
        """An address is taken apart, and what would lead elsewhere is refused (quality-engine.md, section 2.1)."""
        if "connection" in values:
            kind = values.get("kind") or (self.instance.kind if self.instance is not None else "")
            try:
                values["connection"] = engines.settled(values["connection"], kind)
            except engines.Unfit as error:
                raise serializers.ValidationError({"connection_info": error.problems}) from None
        return values


class SourceSystemViewSet(ReferenceViewSet):
    """Source systems: where data lies and comes from."""

    queryset = SourceSystem.objects.all()
    serializer_class = SourceSystemSerializer
    filterset_class = SourceSystemFilter
    orderings = {
        "name": "name",
        "source_type": ("kind", "name"),
        "created_at": "created_at",
        "updated_at": "updated_at",
    }
    default_order = ("name",)
    permissions = {
        "create": "catalog.add_sourcesystem",
        "update": "catalog.change_sourcesystem",
        "partial_update": "catalog.change_sourcesystem",
        "destroy": "catalog.delete_sourcesystem",
    }


class TagLinkSerializer(serializers.Serializer):
    """A tag on a capsule or on a column."""

    id = serializers.UUIDField()
    capsule_id = serializers.UUIDField(required=False)
    column_id = serializers.UUIDField(required=False)
    tag_id = serializers.UUIDField()
    name = serializers.CharField()
    category = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()


class Tagging(PlainView):
    """Put a tag on a capsule, or take it off."""

    links, subject = CapsuleTag, "capsule"
    examples = {
        "post": {
            "id": "0198c0de-0000-7000-8000-00000000000f",
            "tag_id": "0198c0de-0000-7000-8000-000000000007",
            "name": "daily",
            "category": "cadence",
            "created_at": "2026-01-31T08:00:00Z",
        }
    }

    @extend_schema(request=None, responses={201: TagLinkSerializer})
    def post(self, request, urn, tag):
        """Put the tag on; 409 if it is there already."""
        record, tag = self.record(), self.tag()
        with transaction.atomic():
            link = self.links.objects.create(**{self.subject: record, "tag": tag})
        link.refresh_from_db()
        shown = {
            "id": link.pk,
            f"{self.subject}_id": record.pk,
            "tag_id": tag.pk,
            "name": tag.name,
            "category": tag.category,
            "created_at": link.created_at,
        }
        return Response(shown, status=201)

    @extend_schema(responses={204: None})
    def delete(self, request, urn, tag):
        """Take the tag off."""
        found = self.links.objects.filter(**{self.subject: self.record(), "tag": self.tag()})
        if not found.delete()[0]:
            raise NotFound(_("The tag is not on it."))
        return Response(status=204)

    def record(self):
        """What carries the tag, locked; the reader may change it."""
        capsule = addresses.capsule(self.kwargs["urn"], self.request.reader, lock=True)
        access.may_edit(self.request.reader, capsule).or_refuse()
        return capsule

    def tag(self):
        found = Tag.objects.visible_to(self.request.reader).filter(pk=self.kwargs["tag"]).first()
        if found is None:
            raise NotFound(_("There is no tag with this address."))
        return found


class ColumnTagging(Tagging):
    """Put a tag on a column, or take it off."""

    links, subject = ColumnTag, "column"

    def record(self):
        column = addresses.column(self.kwargs["urn"], self.request.reader, lock=True)
        access.may_edit(self.request.reader, column.capsule).or_refuse()
        return column

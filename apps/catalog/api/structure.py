"""Constraints and indexes in the API."""

from django.urls import reverse
from django.utils.translation import gettext as _
from rest_framework import serializers

from apps.catalog import access, constraints
from apps.catalog.filters import ConstraintFilter, IndexFilter
from apps.catalog.models import Capsule, Column, Constraint, Index
from apps.people.rest.fields import SubjectReference
from apps.people.rest.serializers import RecordSerializer
from apps.people.rest.viewsets import RecordViewSet

from . import addresses
from .rows import refuse_kept, tell


class ConstraintSerializer(RecordSerializer):
    """A key, check or default of one column; the rows of a composite key share a name and have an `ordinal` each."""

    column_id = SubjectReference(source="column", queryset=Column.objects)
    column_urn = serializers.CharField(source="column.urn", read_only=True)
    column_name = serializers.CharField(source="column.name", read_only=True)
    capsule_id = serializers.UUIDField(source="column.capsule_id", read_only=True)

    class Meta:
        model = Constraint
        fields = [
            "id",
            "capsule_id",
            "column_id",
            "column_urn",
            "column_name",
            "constraint_type",
            "constraint_name",
            "ordinal",
            "referenced_table_urn",
            "referenced_column_urn",
            "on_delete_action",
            "on_update_action",
            "check_expression",
            "default_value",
            "default_expression",
            "is_enforced",
            "is_deferrable",
            "meta",
            "capsule_version_id",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["capsule_version_id"]
        create_only_fields = ["column_id"]
        extra_kwargs = {
            "ordinal": {"min_value": 1},
            "check_expression": {"trim_whitespace": False},
            "default_value": {"trim_whitespace": False},
            "default_expression": {"trim_whitespace": False},
        }
        example = {
            "id": "0198c0de-0000-7000-8000-000000000003",
            "column_id": "0198c0de-0000-7000-8000-000000000002",
            "constraint_type": "foreign_key",
            "referenced_table_urn": "urn:dcs:dbt:model:jaffle_shop.marts:customers",
            "referenced_column_urn": "urn:dcs:dbt:model:jaffle_shop.marts:customers.customer_id",
            "on_delete_action": "RESTRICT",
            "is_enforced": True,
            "constraint_name": "orders_customer_fk",
        }

    @classmethod
    def complete(cls, rows, reader, names):
        for row in rows:
            tell(row)

    def validate_meta(self, meta):
        return refuse_kept(meta)


class ConstraintViewSet(RecordViewSet):
    """Keys, checks and defaults of all columns."""

    queryset = Constraint.objects.all()
    serializer_class = ConstraintSerializer
    filterset_class = ConstraintFilter
    orderings = {
        "constraint_type": ("kind", "name", "ordinal"),
        "constraint_name": ("name", "ordinal"),
        "column": ("column__urn", "kind"),
        "created_at": "created_at",
        "updated_at": "updated_at",
    }
    default_order = ("column__urn", "kind", "name", "ordinal")

    def check_may(self, record):
        access.may_edit(self.request.reader, record.column.capsule).or_refuse()

    def change_record(self, record, values):
        constraints.revise(record, values, by=self.request.user)
        return record

    def remove_record(self, record):
        constraints.remove(record, by=self.request.user)

    def location(self, record):
        return reverse("api:constraint-detail", args=[record.pk])


class ConstraintsOfCapsule(addresses.UnderCapsule, ConstraintViewSet):
    """Keys, checks and defaults of all columns of one capsule."""

    default_order = ("kind", "name", "ordinal", "column__ordinal_position")

    def get_queryset(self):
        return super().get_queryset().filter(column__capsule=self.capsule)

    def create_record(self, values):
        access.may_edit(self.request.reader, self.capsule).or_refuse()
        if values["column"].capsule_id != self.capsule.pk:
            raise serializers.ValidationError({"column_id": [_("This column belongs to another capsule.")]})
        return constraints.add(Constraint(**values), by=self.request.user)


class IndexSerializer(RecordSerializer):
    """An index of a capsule, over columns or expressions."""

    capsule_id = SubjectReference(source="capsule", queryset=Capsule.objects, required=False)
    capsule_urn = serializers.CharField(source="capsule.urn", read_only=True)

    class Meta:
        model = Index
        fields = [
            "id",
            "capsule_id",
            "capsule_urn",
            "index_name",
            "index_type",
            "is_unique",
            "is_primary",
            "column_names",
            "column_expressions",
            "is_partial",
            "partial_predicate",
            "tablespace",
            "fill_factor",
            "meta",
            "capsule_version_id",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["capsule_version_id"]
        create_only_fields = ["capsule_id"]
        extra_kwargs = {
            "fill_factor": {"min_value": 10, "max_value": 100},
            "partial_predicate": {"trim_whitespace": False},
            "column_names": {"required": False},
        }
        example = {
            "id": "0198c0de-0000-7000-8000-000000000004",
            "index_type": "btree",
            "column_names": ["customer_id", "ordered_at"],
            "is_unique": False,
            "is_partial": False,
            "index_name": "orders_by_customer",
        }

    @classmethod
    def complete(cls, rows, reader, names):
        for row in rows:
            tell(row)

    def validate_meta(self, meta):
        return refuse_kept(meta)


class IndexViewSet(RecordViewSet):
    """Indexes of all capsules."""

    queryset = Index.objects.all()
    serializer_class = IndexSerializer
    filterset_class = IndexFilter
    orderings = {
        "index_name": ("name", "capsule__urn"),
        "index_type": ("kind", "name"),
        "capsule": ("capsule__urn", "name"),
        "created_at": "created_at",
        "updated_at": "updated_at",
    }
    default_order = ("capsule__urn", "name")

    def check_may(self, record):
        access.may_edit(self.request.reader, record.capsule).or_refuse()

    def change_record(self, record, values):
        for name, value in values.items():
            setattr(record, name, value)
        if "is_partial" not in self.request.data:
            record.is_partial = bool(record.partial_predicate)
        self.check(record, changed="column_names" in values)
        record.save()
        return record

    def check(self, index, *, changed=True):
        """Refuse an index over nothing, or over columns that its capsule does not have."""
        names = set(Column.objects.filter(capsule=index.capsule_id).values_list("name", flat=True))
        constraints.check_index(index, names if changed else {*names, *index.column_names})

    def location(self, record):
        return reverse("api:index-detail", args=[record.pk])


class IndexesOfCapsule(addresses.UnderCapsule, IndexViewSet):
    """Indexes of one capsule."""

    default_order = ("name",)

    def get_queryset(self):
        return super().get_queryset().filter(capsule=self.capsule)

    def create_record(self, values):
        access.may_edit(self.request.reader, self.capsule).or_refuse()
        index = Index(**{"capsule": self.capsule, **values})
        if index.capsule_id != self.capsule.pk:
            problem = _("This is another capsule than the one in the address.")
            raise serializers.ValidationError({"capsule_id": [problem]})
        if "is_partial" not in values:
            index.is_partial = bool(index.partial_predicate)
        self.check(index)
        index.save(force_insert=True)
        return index

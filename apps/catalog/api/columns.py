"""Columns in the API: of one capsule, across all, one by its address."""

from django.db.models import Max
from django.urls import reverse
from django.utils.translation import gettext as _
from rest_framework import serializers

from apps.catalog import access, edits, retirement, urns
from apps.catalog.filters import ColumnFilter, current_unless_asked
from apps.catalog.models import Column, ColumnTag
from apps.catalog.vocabularies import SENSITIVITY
from apps.people.rest.fields import JSONField, SubjectReference
from apps.people.rest.serializers import RecordSerializer
from apps.people.rest.viewsets import RecordViewSet
from apps.people.roles import CONFIDENTIAL

from . import addresses
from .rows import claimed, refuse_kept, tags_of, tell


class ColumnSerializer(RecordSerializer):
    """A column of a capsule: its type, its meaning and the values it may hold.

    `stats` and `example_values` are absent for readers whose clearance is below confidential.
    """

    capsule_id = SubjectReference(
        source="capsule", queryset=Column.capsule.field.related_model.objects, required=False
    )
    capsule_urn = serializers.CharField(source="capsule.urn", read_only=True)
    sensitivity = serializers.ChoiceField(choices=SENSITIVITY, source="sensitivity_rank", read_only=True)
    tagged = serializers.ListField(child=serializers.DictField(), source="*", read_only=True)
    provenance = serializers.DictField(source="meta.provenance", read_only=True)
    allowed_values = serializers.ListField(child=JSONField(), allow_null=True, required=False)
    example_values = serializers.ListField(child=JSONField(), required=False)

    class Meta:
        model = Column
        fields = [
            "id",
            "urn",
            "capsule_id",
            "capsule_urn",
            "name",
            "data_type",
            "ordinal_position",
            "is_nullable",
            "semantic_type",
            "pii_type",
            "pii_detected_by",
            "description",
            "sensitivity",
            "tags",
            "tagged",
            "unit_of_measure",
            "value_domain",
            "value_domain_id",
            "value_range_min",
            "value_range_max",
            "allowed_values",
            "format_pattern",
            "format_kind",
            "example_values",
            "has_tests",
            "test_count",
            "stats",
            "meta",
            "provenance",
            "retired_at",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["has_tests", "test_count", "stats", "retired_at"]
        create_only_fields = ["urn", "capsule_id", "name"]
        extra_kwargs = {
            "urn": {
                "required": False,
                "help_text": "The capsule's URN, a dot, the name; it need not be sent.",
            },
            "ordinal_position": {"min_value": 1},
        }
        example = {
            "id": "0198c0de-0000-7000-8000-000000000002",
            "urn": "urn:dcs:dbt:model:jaffle_shop.marts:orders.amount",
            "capsule_id": "0198c0de-0000-7000-8000-000000000001",
            "name": "amount",
            "data_type": "numeric(12,2)",
            "ordinal_position": 4,
            "is_nullable": False,
            "semantic_type": "measure",
            "pii_type": None,
            "sensitivity": "internal",
            "tags": [],
            "value_range_min": 0,
            "meta": {},
            "description": "What the customer paid, in euros.",
        }

    @classmethod
    def hidden_from(cls, reader):
        below = set() if reader.clearance >= CONFIDENTIAL else {"stats", "example_values"}
        return super().hidden_from(reader) | below

    @classmethod
    def computed(cls, reader):
        return {"tagged": tags_of(ColumnTag, "column", reader)}

    @classmethod
    def complete(cls, rows, reader, names):
        for row in rows:
            tell(row)

    def validate_meta(self, meta):
        return refuse_kept(meta)

    def validate(self, values):
        least, most = (self._now(values, f"value_range_{end}") for end in ("min", "max"))
        if least is not None and most is not None and least > most:
            raise serializers.ValidationError(
                {"value_range_min": [_("The smallest value is above the largest.")]}
            )
        return values

    def _now(self, values, name):
        return values[name] if name in values else getattr(self.instance, name, None)


def add_columns(capsule, given, *, by, field=""):
    """Add columns to a capsule; each of `given` is what a `ColumnSerializer` has checked. Returns the rows.

    Raises `ValidationError` for an address or a capsule other than the ones that follow from where the column stands;
    `field` names the list that the columns came in, if there was one.
    """
    last = Column.objects.filter(capsule=capsule).aggregate(last=Max("ordinal_position"))["last"] or 0
    columns, problems = [], {}
    for place, values in enumerate(given):
        column = Column(**{"capsule": capsule, "ordinal_position": last + place + 1, **values})
        urn = urns.of_column(capsule.urn, column.name)
        if column.capsule_id != capsule.pk:
            problems[place] = {"capsule_id": [_("This is another capsule than the one in the address.")]}
        elif column.urn and urns.encoded(column.urn) != urn:
            problems[place] = {"urn": [_("The address of this column is %(urn)s.") % {"urn": urn}]}
        elif len(urn) > urns.LONGEST:
            problems[place] = {"name": [_("The address of this column would be longer than 500 characters.")]}
        column.urn = urn
        column.meta = edits.claim(column.meta, by=by, fields=claimed(values))
        columns.append(column)
    if problems:
        raise serializers.ValidationError({field: problems} if field else problems[0])
    return Column.objects.bulk_create(columns, batch_size=1000)


class ColumnViewSet(RecordViewSet):
    """Columns of all capsules."""

    queryset = Column.objects.all()
    serializer_class = ColumnSerializer
    filterset_class = ColumnFilter
    orderings = {
        "name": ("name", "capsule__urn"),
        "urn": "urn",
        "capsule": ("capsule__name", "capsule__urn", "ordinal_position"),
        "ordinal_position": ("ordinal_position", "name"),
        "data_type": "data_type",
        "sensitivity": "sensitivity_rank",
        "created_at": "created_at",
        "updated_at": "updated_at",
    }
    default_order = ("urn",)

    def get_queryset(self):
        found = super().get_queryset()
        return current_unless_asked(found, self.request.query_params) if self.action == "list" else found

    def found(self, queryset):
        return queryset.filter(addresses.matching(self.kwargs["urn"]))

    def check_may(self, record):
        access.may_edit(self.request.reader, record.capsule).or_refuse()

    def change_record(self, record, values):
        edits.revise(record, by=self.request.user, **values)
        return record

    def remove_record(self, record):
        """Retire the column: its rules and checks stay (errata row B10)."""
        retirement.retire(record)

    def location(self, record):
        return reverse("api:column-detail", args=[record.urn])


class ColumnsOfCapsule(addresses.UnderCapsule, ColumnViewSet):
    """The columns of one capsule, in order."""

    default_order = ("ordinal_position", "name")

    def get_queryset(self):
        found = Column.objects.visible_to(self.request.reader).filter(capsule=self.capsule)
        parameters = self.request.query_params
        if self.action == "list" and parameters.get("include_retired", "").lower() != "true":
            found = found.filter(retired_at__isnull=True)
        return found

    def create_record(self, values):
        access.may_edit(self.request.reader, self.capsule).or_refuse()
        (column,) = add_columns(self.capsule, [values], by=self.request.user)
        return column

"""Profiles in the API: the latest of a column, all of them, and new ones."""

from decimal import Decimal, InvalidOperation

from django.db import connection
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers, status
from rest_framework.exceptions import NotFound

from apps.catalog.api import addresses
from apps.people.rest.fields import JSONField
from apps.people.rest.serializers import RecordSerializer
from apps.people.rest.viewsets import RecordViewSet
from apps.people.roles import CONFIDENTIAL
from apps.quality import profile_store, profiling
from apps.quality.models import ColumnProfile
from apps.quality.profile import ColumnFigures, percentage

# What may tell values of the data.
VALUES = frozenset(
    "min_value max_value mean_value median_value std_dev variance percentile_25 percentile_75 min_length max_length"
    " avg_length min_text max_text most_common_values value_distribution detected_patterns earliest_timestamp"
    " latest_timestamp".split()
)
COUNTS = ("total_count", "null_count", "distinct_count")
SHARES = ("null_percentage", "unique_percentage", "completeness_score", "uniqueness_score", "validity_score")
ORDERED = (
    ("min_value", "percentile_25"), ("percentile_25", "median_value"), ("median_value", "percentile_75"),
    ("percentile_75", "max_value"), ("min_value", "max_value"), ("min_length", "max_length"),
    ("earliest_timestamp", "latest_timestamp"),
)  # fmt: skip
LONGEST = 200  # characters of a text that is a value
MOST = 20


class ProfileSerializer(RecordSerializer):
    """What the values of a column look like at one time.

    What may tell values is absent for readers whose clearance is below confidential, and null where the column is
    withheld (`meta.withheld`). Percentages are computed from the counts; sent ones must agree.
    """

    column_urn = serializers.CharField(source="column.urn", read_only=True)
    column_name = serializers.CharField(source="column.name", read_only=True)
    profiled_at = serializers.DateTimeField(required=False, help_text="Now, if it is left out.")
    most_common_values = JSONField(allow_null=True, required=False)
    value_distribution = JSONField(allow_null=True, required=False)
    detected_patterns = JSONField(allow_null=True, required=False)

    class Meta:
        model = ColumnProfile
        validators = ()  # a second profile of one moment is the database's to refuse
        fields = [
            "id",
            "column_id",
            "column_urn",
            "column_name",
            "total_count",
            "null_count",
            "null_percentage",
            "distinct_count",
            "unique_percentage",
            "min_value",
            "max_value",
            "mean_value",
            "median_value",
            "std_dev",
            "variance",
            "percentile_25",
            "percentile_75",
            "min_length",
            "max_length",
            "avg_length",
            "min_text",
            "max_text",
            "most_common_values",
            "value_distribution",
            "detected_patterns",
            "earliest_timestamp",
            "latest_timestamp",
            "completeness_score",
            "validity_score",
            "uniqueness_score",
            "profiled_at",
            "profiled_by",
            "sample_size",
            "sample_percentage",
            "meta",
        ]
        read_only_fields = ["column_id", "validity_score", "profiled_by", "meta"]
        example = {
            "id": "0198c0de-0000-7000-8000-0000000000d1",
            "column_id": "0198c0de-0000-7000-8000-0000000000d0",
            "column_urn": "urn:dcs:column:jaffle_shop.marts:orders.amount",
            "column_name": "amount",
            "total_count": 1000,
            "null_count": 5,
            "null_percentage": 0.5,
            "distinct_count": 640,
            "unique_percentage": 64.3216,
            "min_value": 0.99,
            "max_value": 412.5,
            "completeness_score": 99.5,
            "profiled_at": "2026-11-23T09:00:00Z",
        }

    @classmethod
    def hidden_from(cls, reader):
        below = set() if reader.clearance >= CONFIDENTIAL else VALUES
        return super().hidden_from(reader) | below

    def validate(self, values):
        """Figures agree with each other: what is computed is put in, and compared with what was sent."""
        if not values:
            return values
        faults = {name: [_("This is below zero.")] for name in COUNTS if (values.get(name) or 0) < 0}
        total, nulls, distinct = (values.get(name) for name in COUNTS)
        if total is None:
            raise serializers.ValidationError(
                {"total_count": [_("Figures begin with how many rows there are.")]}
            )
        if nulls is not None and nulls > total:
            faults["null_count"] = [_("More values are missing than there are rows.")]
        filled = None if nulls is None else total - nulls
        if distinct is not None and distinct > (total if filled is None else filled):
            faults["distinct_count"] = [_("There are more different values than values.")]
        for low, high in ORDERED:
            if None not in (values.get(low), values.get(high)) and values[low] > values[high]:
                faults.setdefault(low, [_("This is above %(high)s.") % {"high": high}])
        if (at := values.get("profiled_at")) is not None and at > timezone.now():
            faults["profiled_at"] = [_("This is still to come.")]
        if faults:
            raise serializers.ValidationError(faults)
        return values | _computed(values, total, nulls, distinct, filled)


def _computed(values, total, nulls, distinct, filled):
    """The percentages that follow from the counts; raises for a sent one that says otherwise."""
    found = {
        "null_percentage": percentage(nulls, total),
        "unique_percentage": percentage(distinct, filled),
        "uniqueness_score": percentage(distinct, filled),
    }
    if values.get("completeness_score") is None:
        found["completeness_score"] = None if nulls is None else percentage(total - nulls, total)
    faults = {}
    for name, computed in found.items():
        sent = values.get(name)
        if sent is not None and (computed is None or abs(Decimal(sent) - computed) > Decimal("0.0001")):
            faults[name] = [
                _("The counts give %(computed)s. Send that, or leave it out.")
                % {"computed": _("nothing") if computed is None else f"{computed.normalize():f}"}
            ]
    if faults:
        raise serializers.ValidationError(faults)
    return found


class ProfilesOfColumn(addresses.UnderColumn, RecordViewSet):
    """Profiles of one column, newest first.

    POST with figures stores them; without any the column is profiled now, or by a worker if that takes longer than ten
    seconds.
    """

    queryset = ColumnProfile.objects.all()
    serializer_class = ProfileSerializer
    permissions = {"create": profiling.RUN}
    orderings = {"profiled_at": ("profiled_at", "id")}
    default_order = ("-profiled_at", "-id")

    def get_queryset(self):
        return super().get_queryset().filter(column=self.column)

    def create(self, request, *args, **kwargs):
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        values = dict(serializer.validated_data)
        profiling.may_run(request.reader, self.column.capsule).or_refuse()
        if values:
            made = self.create_record(values)
        else:
            run, made = profiling.at_once(self.column, reader=request.reader)
            if made is None:
                return self._queued(run)
        connection.check_constraints()
        return self.answer(self.row(self.reading(made)), status=status.HTTP_201_CREATED)

    def _queued(self, run):
        told = {"id": str(run.pk), "number": run.number, "state": run.state}
        where = reverse("api:quality-run-detail", args=[run.pk])
        return self.answer(told, status=status.HTTP_202_ACCEPTED, location=where)

    def create_record(self, values):
        at = values.pop("profiled_at", None) or timezone.now()
        withheld = self.column.name in profiling.withheld(self.column.capsule)
        kept = {name: value for name, value in values.items() if not (withheld and name in VALUES)}
        figures = ColumnFigures(
            self.column.name, _kind(kept), meta={"withheld": True} if withheld else {}, **_fitting(kept)
        )
        (made,) = profile_store.store(
            self.column.capsule, [figures], by=self.request.reader, at=at, meta={"origin": "api"}
        )
        return made


def _fitting(values):
    known = ColumnFigures.__dataclass_fields__
    return {name: _number(value) for name, value in values.items() if name in known}


def _number(value):
    if isinstance(value, float):
        try:
            return Decimal(repr(value))
        except InvalidOperation:
            return None
    return value


def _kind(values):
    if values.get("min_value") is not None or values.get("mean_value") is not None:
        return "number"
    if values.get("earliest_timestamp") is not None:
        return "time"
    return "text" if values.get("max_length") is not None or values.get("min_text") is not None else "other"


class LatestProfileOfColumn(ProfilesOfColumn):
    """The latest profile of a column."""

    permissions: dict = {}

    def found(self, queryset):
        newest = queryset.order_by("-profiled_at", "-id").values("pk")[:1]
        return queryset.filter(pk__in=newest)

    def unknown(self):
        return NotFound(_("Nobody has counted the values of this column yet. Profile it first."))

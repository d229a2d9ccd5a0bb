"""Measurements of a contract in the API: their history, and values that were measured elsewhere."""

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status

from apps.contracts import monitor
from apps.contracts.filters import MeasurementFilter
from apps.contracts.models import Measurement, Promise
from apps.contracts.models.measurements import Aspect
from apps.people.rest.fields import NumberField, ObjectField
from apps.people.rest.serializers import BodySerializer, RecordSerializer
from apps.people.rest.viewsets import ReadingViewSet

from .contracts import one


class MeasurementSerializer(RecordSerializer):
    """One promise of a contract, measured once."""

    class Meta:
        model = Measurement
        fields = [
            "id", "contract_id", "metric", "aspect", "measured_at", "target_value", "actual_value", "unit", "is_met",
            "meta",
        ]  # fmt: skip
        read_only_fields = fields
        example = {
            "id": "0198c0de-0000-7000-8000-0000000000e2",
            "metric": "latency",
            "aspect": "p95",
            "measured_at": "2026-11-23T12:00:00Z",
            "target_value": 800,
            "actual_value": 640,
            "unit": "ms",
            "is_met": True,
        }


class ReportSerializer(BodySerializer):
    """A value that was measured elsewhere, in the unit of its metric: seconds, ms, percent, days, rows or rules."""

    metric = serializers.ChoiceField(choices=Promise.choices)
    aspect = serializers.ChoiceField(choices=Aspect.choices, required=False, default="")
    actual_value = NumberField(source="actual", min_value=0, max_value=10**15)
    measured_at = serializers.DateTimeField(required=False)
    meta = ObjectField(required=False)

    def validate_measured_at(self, value):
        if value > timezone.now():
            raise serializers.ValidationError(_("This lies in the future."))
        return value


class MeasurementsOfContract(ReadingViewSet):
    """What was measured of a contract, newest first."""

    queryset = Measurement.objects.all()
    serializer_class = MeasurementSerializer
    filterset_class = MeasurementFilter
    orderings = {"measured_at": ("measured_at", "id")}
    default_order = ("-measured_at", "-id")
    scopes = {"create": "execute"}

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        self.contract = one(self.kwargs["pk"], request.reader)

    def get_queryset(self):
        return super().get_queryset().filter(contract=self.contract)

    @extend_schema(request=ReportSerializer, responses={201: MeasurementSerializer})
    def create(self, request, *args, **kwargs):
        """Keep a value that was measured elsewhere; the promise is judged by it at once.

        400 if the contract promises nothing of the kind; 409 if it is not in force, or if this promise has a
        measurement of this moment.
        """
        body = ReportSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        try:
            row = monitor.report(self.contract, dict(body.validated_data), by=request.reader)
        except ValueError as error:
            raise serializers.ValidationError({"metric": [str(error)]}) from None
        where = reverse("api:contract-measurements", args=[self.contract.pk])
        shown = self.row(self.get_queryset().filter(pk=row.pk))
        return self.answer(shown, status=status.HTTP_201_CREATED, location=where)

"""When a capsule's rules are checked and its columns profiled by themselves, in the API."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from apps.catalog.api import addresses
from apps.people.rest.serializers import BodySerializer
from apps.people.rest.viewsets import PlainView
from apps.quality import running, schedules
from apps.quality.models import QualitySchedule

EXAMPLE = {
    "cron": "0 6 * * 1-5",
    "profile_cron": "0 3 * * 0",
    "zone": "Europe/Berlin",
    "is_on": True,
    "after_ingest": True,
}


class SchedulePutSerializer(BodySerializer):
    """The times of a capsule; what is left out is as it is at first."""

    cron = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=100, help_text="Five fields; empty: never."
    )
    profile_cron = serializers.CharField(required=False, allow_blank=True, default="", max_length=100)
    zone = serializers.CharField(required=False, default="UTC", max_length=64)
    is_on = serializers.BooleanField(required=False, default=True)
    after_ingest = serializers.BooleanField(required=False, default=False)


class ScheduleSerializer(SchedulePutSerializer):
    """The times of a capsule, and the next of them, those of single rules among them."""

    id = serializers.UUIDField(help_text="The capsule's.")
    capsule_urn = serializers.CharField()
    next_due = serializers.DateTimeField(allow_null=True)


class ScheduleOfCapsule(addresses.UnderCapsule, PlainView):
    """When a capsule is checked and profiled by itself."""

    permissions = {"put": running.RUN}
    examples = {
        "get": {
            "id": "0198c0de-0000-7000-8000-000000000001",
            "capsule_urn": "urn:dcs:dbt:model:jaffle_shop.marts:orders",
            **EXAMPLE,
            "next_due": "2026-11-24T05:00:00Z",
        },
        "put": EXAMPLE,
    }

    @extend_schema(responses=ScheduleSerializer)
    def get(self, request, urn):
        """The times; a capsule that nobody gave any answers with what holds then: none."""
        return self._shown()

    @extend_schema(request=SchedulePutSerializer, responses=ScheduleSerializer)
    def put(self, request, urn):
        """Set the times, all of them. An empty text is never."""
        body = SchedulePutSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        wanted = dict(body.validated_data)
        try:
            schedules.put(self.capsule, by=request.reader, cron_text=wanted.pop("cron"), **wanted)
        except schedules.WrongTimes as wrong:
            raise ValidationError({wrong.field: [str(wrong)]}) from None
        return self._shown()

    def _shown(self):
        stored = QualitySchedule.objects.filter(capsule=self.capsule).first()
        found = stored or QualitySchedule(capsule=self.capsule)
        names = ("cron", "profile_cron", "zone", "is_on", "after_ingest", "next_due")
        return self.answer(
            {
                "id": self.capsule.pk,
                "capsule_urn": self.capsule.urn,
                **{name: getattr(found, name) for name in names},
            }
        )

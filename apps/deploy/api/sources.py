"""Source systems at work: trying a connection, and reading what a database is made of."""

from zoneinfo import available_timezones

from django.db import transaction
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.response import Response

from apps.audit.context import acting
from apps.catalog.models import SourceSystem
from apps.deploy import databases, rights, schedules, sources
from apps.deploy.models import SourceSchedule
from apps.people.rest.serializers import BodySerializer
from apps.people.rest.viewsets import PlainView

from .views import IngestionJobSerializer, told


class TrialAnswer(serializers.Serializer):
    """How a trial of a connection went; `detail` says nothing about the network."""

    ok = serializers.BooleanField()
    detail = serializers.CharField()
    engine = serializers.CharField(help_text="Name and version of what answered; empty if nothing did.")
    notes = serializers.ListField(child=serializers.CharField())
    took_ms = serializers.IntegerField()


class TestSource(PlainView):
    """Tries the connection of a source system."""

    permissions = {"*": sources.RUN}
    scopes = {"*": "ingest"}
    throttle_scope = "ingest"
    examples = {
        "post": {
            "ok": False,
            "detail": "The server refused the sign-in. Look at the account and at its secret.",
            "engine": "",
            "notes": [],
            "took_ms": 12,
        }
    }

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        # Trying twice changes nothing twice: no answer is kept for a key, which would need a transaction around the call.
        self.__dict__.pop("post", None)

    def handle_exception(self, error):
        # A refusal undoes what its transaction did; this request has none, so it gets one for that.
        with transaction.atomic():
            return super().handle_exception(error)

    @extend_schema(request=None, responses={200: TrialAnswer, 404: None, 409: None})
    def post(self, request, pk):
        """Open the connection, read-only, and close it; 200 says how that went, also if it could not be opened."""
        with acting(request.reader):
            system = found(request.reader, pk)
        trial = sources.attempt(system, reader=request.reader)
        shown = trial.as_dict()
        return Response({"ok": shown.pop("ok"), "detail": shown.pop("said"), **shown})


class ScheduleBody(BodySerializer):
    """When a source is read by itself."""

    cron = serializers.CharField(max_length=100, help_text="Minute, hour, day of month, month, day of week.")
    zone = serializers.CharField(max_length=64, default="UTC")
    applies = serializers.BooleanField(
        default=False, help_text="Apply what breaks nothing and needs nobody; everything else waits."
    )
    is_on = serializers.BooleanField(default=True)
    next_due = serializers.DateTimeField(read_only=True, allow_null=True)
    asked_by = serializers.CharField(read_only=True, help_text="In whose name it is read.")


class SourceScheduleView(PlainView):
    """When a source system is read by itself."""

    permissions = {"put": sources.RUN, "delete": sources.RUN}
    scopes = {"put": "ingest", "delete": "ingest"}
    example = {
        "cron": "0 6 * * 1-5",
        "zone": "Europe/Berlin",
        "applies": False,
        "is_on": True,
        "next_due": "2026-11-25T05:00:00Z",
        "asked_by": "chen",
    }
    examples = {"get": example, "put": example}

    @extend_schema(responses={200: ScheduleBody, 404: None})
    def get(self, request, pk):
        """The schedule of a source; 404 if it is read only when somebody asks."""
        return self.answer(shown(self.stored(request, pk)))

    @extend_schema(request=ScheduleBody, responses={200: ScheduleBody, 400: None, 404: None, 409: None})
    def put(self, request, pk):
        """Set the schedule, in the name of who asks."""
        system = found(request.reader, pk)
        rights.need_right(request.reader)
        asked = ScheduleBody(data=request.data)
        asked.is_valid(raise_exception=True)
        values = dict(asked.validated_data)
        try:
            made = schedules.put(system, by=request.reader, cron_text=values.pop("cron"), **values)
        except ValueError as error:
            named = values["zone"] in available_timezones()
            raise serializers.ValidationError({"cron" if named else "zone": [str(error)]}) from None
        return self.answer(shown(made))

    @extend_schema(responses={204: None, 404: None})
    def delete(self, request, pk):
        """Take the schedule off; what it has read stays."""
        rights.need_right(request.reader)
        self.stored(request, pk).delete()
        return Response(status=204)

    def stored(self, request, pk):
        schedule = SourceSchedule.objects.visible_to(request.reader).select_related("asked_by")
        schedule = schedule.filter(source=found(request.reader, pk)).first()
        if schedule is None:
            raise NotFound(_("This source has no schedule."))
        return schedule


def shown(schedule):
    """A schedule as the API shows it."""
    plain = {name: getattr(schedule, name) for name in ("cron", "zone", "applies", "is_on", "next_due")}
    return {**plain, "asked_by": schedule.asked_by.get_username()}


class ReadSource(PlainView):
    """Reads what the database of a source system is made of, in the background."""

    permissions = {"*": sources.RUN}
    scopes = {"*": "ingest"}
    throttle_scope = "ingest"
    examples = {
        "post": {"number": 12, "source_type": "postgres", "source_name": "warehouse", "status": "pending"}
    }

    @extend_schema(request=None, responses={202: IngestionJobSerializer, 403: None, 404: None, 409: None})
    def post(self, request, pk):
        """Queue the job: 202 with it. When it has run, its `stats.plan` names the plan of what would change."""
        system = found(request.reader, pk)
        rights.need_right(request.reader)
        job = databases.accept(system, reader=request.reader, application="api")
        return told(job, request.reader, 202)


def found(reader, pk):
    """The source system of an address. Raises `NotFound`."""
    system = SourceSystem.objects.visible_to(reader).filter(pk=pk).first()
    if system is None:
        raise NotFound(_("There is no source system with this address."))
    return system


# The call goes out of the house: no transaction waits for it.
test_source = TestSource.as_view()
test_source.without_database = True

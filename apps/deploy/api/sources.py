"""Source systems at work: trying a connection, and reading what a database is made of."""

from django.db import transaction
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.response import Response

from apps.audit.context import acting
from apps.catalog.models import SourceSystem
from apps.deploy import databases, rights, sources
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

"""OpenLineage events over HTTP, as standard clients send them: checked, kept, and projected by a worker."""

import zlib

from django.conf import settings
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.exceptions import ParseError, UnsupportedMediaType, ValidationError
from rest_framework.parsers import BaseParser
from rest_framework.response import Response

from apps.deploy import events
from apps.deploy.readers import openlineage
from apps.people.rest.refusals import TooLargeBody
from apps.people.rest.throttling import AddressThrottle, PersonThrottle
from apps.people.rest.viewsets import PlainView

ENCODINGS = {"": 0, "identity": 0, "gzip": 31, "x-gzip": 31}  # to the window bits that zlib wants
MOST_MEMBERS = 20
EVENT = {
    "eventType": "COMPLETE",
    "eventTime": "2026-11-23T04:18:10.333451Z",
    "run": {"runId": "01a206a0-01fd-76bd-af33-d8892fa73e6a"},
    "job": {"namespace": "jaffle", "name": "jaffle_shop.orders"},
    "inputs": [{"namespace": "postgres://db:5432", "name": "shop.raw.orders"}],
    "outputs": [{"namespace": "postgres://db:5432", "name": "shop.main.orders"}],
    "producer": "https://example.org/pipeline",
    "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",
}


class EventsParser(BaseParser):
    """Reads a JSON body, compressed or not, without ever holding more of it than `EVENTS_MAX_BYTES`."""

    media_type = "application/json"

    def parse(self, stream, media_type=None, parser_context=None):
        most = settings.EVENTS_MAX_BYTES
        body = stream.read(most + 1)
        encoding = parser_context["request"].headers.get("Content-Encoding", "").strip().lower()
        if encoding not in ENCODINGS:
            raise UnsupportedMediaType(encoding, _("Send the body as it is, or compressed with gzip."))
        if len(body) <= most and ENCODINGS[encoding]:
            body = _expanded(body, ENCODINGS[encoding], most)
        if len(body) > most:
            raise TooLargeBody(
                _("More than %(most)d MB of events are too many for one request.")
                % {"most": most // 1_000_000}
            )
        try:
            return openlineage.decode(body)
        except openlineage.Malformed as error:
            raise ParseError(" ".join(error.problems["non_field_errors"])) from None


def _expanded(body, window, most):
    """The content of a compressed body, at most one byte more than `most`. Raises `ParseError`."""
    reader, found = zlib.decompressobj(window), b""
    try:
        found = reader.decompress(body, most + 1)
        # A body may have several members, one after the other; a sender has no reason for many.
        for _member in range(MOST_MEMBERS):
            body = reader.unused_data
            if not body or len(found) > most:
                break
            reader = zlib.decompressobj(window)
            found += reader.decompress(body, most + 1 - len(found))
    except zlib.error:
        raise ParseError(_("The body is not compressed as it says.")) from None
    if (not reader.eof or reader.unused_data) and len(found) <= most:
        raise ParseError(_("The compressed body ends too early."))
    return found


class ByEvents:
    """Counted by a bound of its own: events are many, and refusing one loses it."""

    scope = "events"


class SenderThrottle(ByEvents, PersonThrottle):
    """Bounds what one person's programs send."""


class StrangerThrottle(AddressThrottle):
    """Bounds what one address sends without a valid sign-in."""


class Receiver(PlainView):
    """What both routes have in common."""

    parser_classes = [EventsParser]
    permissions = {"*": "catalog.ingest"}
    scopes = {"*": "ingest"}
    throttle_classes = [SenderThrottle, StrangerThrottle]


class LineageEvents(Receiver):
    """Takes one OpenLineage event, or a list of them: all or none."""

    @extend_schema(
        request=OpenApiTypes.OBJECT,
        responses={201: None, 400: None, 413: None, 415: None},
        examples=[OpenApiExample("a run has ended", value=EVENT, request_only=True)],
    )
    def post(self, request):
        """Keep what a pipeline says of its runs; 201 without a body. What was sent before does no harm."""
        found, problems = _read(request.data)
        if problems:
            raise ValidationError({where: said for one in problems.values() for where, said in one.items()})
        events.store(found, reader=request.reader)
        return Response(status=201)


class LineageBatch(Receiver):
    """Takes a list of OpenLineage events: each for itself."""

    @extend_schema(
        request=OpenApiTypes.OBJECT,
        responses={200: OpenApiTypes.OBJECT, 204: None, 400: None, 413: None, 415: None},
        examples=[
            OpenApiExample("two events", value=[EVENT, EVENT | {"eventType": "START"}], request_only=True),
            OpenApiExample(
                "one of two was refused",
                value={
                    "status": "partial_success",
                    "summary": {"received": 2, "successful": 1, "failed": 1},
                    "results": [
                        {"index": 0, "status": 201},
                        {
                            "index": 1,
                            "status": 400,
                            "fields": {"/1/run/runId": ["A run is known by a UUID."]},
                        },
                    ],
                },
                response_only=True,
                status_codes=["200"],
            ),
        ],
    )
    def post(self, request):
        """Keep each event that holds together: 204 if all do, else 200 with a result for each."""
        found, problems = _read(request.data, listed=True)
        events.store(found, reader=request.reader)
        if not problems:
            return Response(status=204)
        taken = [{"index": place, "status": 201} for place, _event in found]
        refused = [{"index": place, "status": 400, "fields": said} for place, said in problems.items()]
        summary = {
            "received": len(taken) + len(refused),
            "successful": len(taken),
            "failed": len(refused),
        }
        results = sorted(taken + refused, key=lambda one: one["index"])
        return Response({"status": "partial_success", "summary": summary, "results": results})


def _read(value, **how):
    try:
        return openlineage.read(value, **how)
    except openlineage.Malformed as error:
        raise ValidationError(error.problems) from None

"""Plans and documents in the API: the same verbs as on the command line (format, section 7)."""

from datetime import UTC, datetime, time

from django.http import HttpResponse, StreamingHttpResponse
from django.urls import reverse
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.parsers import BaseParser, JSONParser
from rest_framework.renderers import BaseRenderer
from rest_framework.response import Response

from apps.catalog.api import addresses
from apps.deploy import applying, exporting, plan, showing
from apps.deploy.models import Plan
from apps.people.rest import etags
from apps.people.rest.refusals import PreconditionFailed
from apps.people.rest.viewsets import PlainView

FLAGS = ("keep_unlisted", "overwrite", "strict", "create_terms")
MOST_NAMED = 100


class TextParser(BaseParser):
    """The body as it came; which language it is in is told by its content.

    One byte more than a bundle may have is read: enough to refuse a longer one, without keeping it in memory.
    """

    media_type = "application/yaml"

    def parse(self, stream, media_type=None, parser_context=None):
        return stream.read(plan.limits().bundle + 1)


class JSONTextParser(TextParser):
    media_type = "application/json"


class PlainTextParser(TextParser):
    media_type = "text/*"


class PlanAnswer(serializers.Serializer):
    """What documents would change, by capsule and dimension (capsule-document.md, section 7)."""

    plan_id = serializers.UUIDField()
    number = serializers.CharField()
    document_hash = serializers.CharField()
    result = serializers.ChoiceField(choices=["changes", "no_change"])
    summary = serializers.DictField(help_text="The plan in numbers.")
    capsules = serializers.ListField(child=serializers.DictField())
    new_terms = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="Drafts that `create_terms` would make."
    )
    warnings = serializers.ListField(child=serializers.DictField())
    expires_at = serializers.DateTimeField()
    applied_at = serializers.DateTimeField(allow_null=True)
    scheduled_for = serializers.DateTimeField(
        allow_null=True, help_text="When it is applied by itself, in the name of who asked for it."
    )
    earliest = serializers.DateField(
        allow_null=True,
        help_text="The first day on which the contracts let it through, if they block it now.",
    )
    taken_over_by = serializers.CharField(
        allow_null=True, help_text="Who applied it, where that is not its author."
    )
    reviews = serializers.ListField(
        child=serializers.IntegerField(),
        help_text="Numbers of the reviews that policies and contracts wait for.",
    )


def shown(found, reader):
    """A plan as the API answers it to a reader."""
    return {
        **showing.answer(found, reader),
        "number": str(found),
        "expires_at": found.expires_at,
        "applied_at": found.applied_at,
        "scheduled_for": found.scheduled_for,
        "earliest": found.earliest,
        "taken_over_by": found.taken_over_by and found.taken_over_by.get_username(),
        "reviews": list(found.reviews.values_list("number", flat=True)),
    }


class Documents(PlainView):
    """What routes that take documents share."""

    parser_classes = [TextParser, JSONTextParser, PlainTextParser]
    query_parameters = frozenset(FLAGS)

    def options_asked(self):
        return plan.Options(**{name: self.flag(name) for name in FLAGS})

    def flag(self, name):
        given = self.request.query_params.get(name, "false").lower()
        if given not in ("true", "false"):
            raise ValidationError({name: [_("Write true or false.")]})
        return given == "true"

    def refused(self, error):
        """The answer to a file that cannot be planned: every problem with its place."""
        body = {
            "detail": str(error),
            "code": "document_invalid",
            "request_id": self.request.reader.request_id,
            "problems": [plan.problem_json(problem) for problem in error.problems],
        }
        code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE if error.too_large else status.HTTP_400_BAD_REQUEST
        return Response(body, status=code)

    def stale(self, error):
        """409 with the new plan; answered, not raised, so that the new plan is kept."""
        body = {
            "detail": error.detail,
            "code": error.code,
            "request_id": self.request.reader.request_id,
            "moved": error.moved,
            "plan": shown(error.plan, self.request.reader),
        }
        return Response(body, status=status.HTTP_409_CONFLICT)


class Plans(Documents):
    """Takes documents and says what they would change; nothing else is written."""

    @extend_schema(
        operation_id="plans_create",
        request={"application/yaml": OpenApiTypes.STR, "application/json": OpenApiTypes.OBJECT},
        responses={201: PlanAnswer, 400: None, 403: None, 413: None},
        parameters=[OpenApiParameter(name, bool) for name in FLAGS],
        examples=[
            OpenApiExample(
                "one capsule",
                value={"data_capsule": {"urn": "urn:dcs:dbt:model:shop:orders", "name": "orders"}},
                request_only=True,
            )
        ],
    )
    def post(self, request):
        """Plan a document or a bundle, YAML or JSON; the plan can be applied for a day."""
        try:
            found = plan.make(request.data, request.reader, self.options_asked())
        except plan.DocumentInvalid as error:
            return self.refused(error)
        location = reverse("api:plan-detail", args=[found.pk])
        return Response(
            shown(found, request.reader), status=status.HTTP_201_CREATED, headers={"Location": location}
        )


class OnePlan(PlainView):
    """Shows a plan."""

    @extend_schema(operation_id="plans_retrieve", responses={200: PlanAnswer, 404: None})
    def get(self, request, pk):
        """The plan as it was made."""
        return self.answer(shown(_plan(request.reader, pk), request.reader))


class ApplyAsked(serializers.Serializer):
    """When to apply; without `at`, now."""

    at = serializers.CharField(
        required=False,
        allow_null=True,
        max_length=40,
        help_text="A moment or a day to come (ISO 8601, UTC unless it says otherwise); null takes it off again.",
    )

    def validate_at(self, said):
        if said is None:
            return None
        try:
            day = parse_date(said)
            found = datetime.combine(day, time.min) if day else parse_datetime(said)
        except ValueError:
            found = None
        if found is None:
            raise ValidationError(_("Write a moment or a day, such as 2026-12-01T06:00:00Z or 2026-12-01."))
        return found if found.tzinfo else found.replace(tzinfo=UTC)


class ApplyPlan(Documents):
    """Carries a plan out: all of it in one transaction, or nothing."""

    query_parameters = frozenset()
    parser_classes = [JSONParser]

    @extend_schema(
        operation_id="plans_apply",
        request=ApplyAsked,
        responses={200: PlanAnswer, 202: PlanAnswer, 400: None, 404: None, 409: None},
    )
    def post(self, request, pk):
        """Apply the plan, or schedule it with `at`; 409 with a new plan if what is stored has moved since."""
        asked = ApplyAsked(data=request.data)
        asked.is_valid(raise_exception=True)
        found = _plan(request.reader, pk)
        try:
            if "at" not in asked.validated_data:
                return Response(shown(applying.apply(found, reader=request.reader), request.reader))
            if (at := asked.validated_data["at"]) is None:
                return Response(shown(applying.unschedule(found, reader=request.reader), request.reader))
            found = applying.schedule(found, at, reader=request.reader)
        except applying.PlanStale as error:
            return self.stale(error)
        return Response(shown(found, request.reader), status=status.HTTP_202_ACCEPTED)


def _plan(reader, pk):
    found = Plan.objects.visible_to(reader).filter(pk=pk).first()
    if found is None:
        raise NotFound(_("There is no plan with this address."))
    return found


class AllDocuments(PlainView):
    """Capsules as one bundle: all, those of a domain, or those that are named."""

    query_parameters = frozenset({"domain", "urn", "include"})

    @property
    def renderer_classes(self):
        return [*super().renderer_classes, YAMLRenderer]

    @extend_schema(
        operation_id="documents_retrieve",
        responses={
            (200, "application/yaml"): OpenApiTypes.STR,
            (200, "application/json"): OpenApiTypes.OBJECT,
        },
        parameters=[
            OpenApiParameter("domain", str, description="The name of a domain."),
            OpenApiParameter("urn", str, many=True, description="Addresses, at most 100."),
            OpenApiParameter("include", str, enum=["observed"]),
        ],
    )
    def get(self, request):
        """The canonical documents of capsules in use as far as the caller may see them, in order of their URNs.

        A document of which something is hidden says so in `x-export-complete` and cannot be planned.
        """
        found = exporting.capsules(request.reader, request.query_params.get("domain", ""))
        if urns := request.query_params.getlist("urn"):
            found = self._named(found, urns)
        form = "yaml" if "yaml" in request.accepted_renderer.media_type else "json"
        text = exporting.stream(found, request.reader, form, observed=_observed(request))
        return StreamingHttpResponse(
            text, content_type=f"application/{form}; charset=utf-8", headers={"Vary": "Accept"}
        )

    @staticmethod
    def _named(found, urns):
        if len(urns) > MOST_NAMED:
            raise ValidationError({"urn": [_("Name at most %(most)s capsules.") % {"most": MOST_NAMED}]})
        named = found.filter(urn__in={spelled for urn in urns for spelled in addresses.urns.spellings(urn)})
        if named.count() < len(set(urns)):
            raise NotFound(_("One of these capsules is not there, or out of use."))
        return named


def _observed(request):
    include = request.query_params.get("include", "")
    if include not in ("", "observed"):
        raise ValidationError({"include": [_("Write observed.")]})
    return bool(include)


class YAMLRenderer(BaseRenderer):
    """Documents and plans are written by their own module; this only lets clients ask for YAML."""

    media_type = "application/yaml"
    format = "yaml"

    def render(self, data, accepted_media_type=None, renderer_context=None):
        return b"" if data is None else data if isinstance(data, bytes) else str(data).encode()


class Moved(PreconditionFailed):
    """The capsule is not what the caller has read; `tag` is that of what it is now, empty if it is not there."""

    def __init__(self, tag):
        self.tag = tag
        super().__init__()


class DocumentOfCapsule(Documents):
    """The capsule as one document: read whole, or imported whole."""

    query_parameters = frozenset({*FLAGS, "dry_run", "accept", "include"})

    @property
    def renderer_classes(self):
        return (
            [*super().renderer_classes, YAMLRenderer] if self.request_is("GET") else super().renderer_classes
        )

    def request_is(self, method):
        request = getattr(self, "request", None)
        return request is not None and request.method == method

    @extend_schema(
        operation_id="capsules_document_retrieve",
        responses={
            (200, "application/yaml"): OpenApiTypes.STR,
            (200, "application/json"): OpenApiTypes.OBJECT,
        },
        parameters=[OpenApiParameter("include", str, enum=["observed"])],
    )
    def get(self, request, urn):
        """The canonical document; `X-Export-Complete: false` if rights hide something of it."""
        capsule = addresses.capsule(urn, request.reader)
        found = exporting.capsules(request.reader).filter(pk=capsule.pk)
        observed = _observed(request)
        exported = exporting.export(found, request.reader, observed=observed)
        if not exported.documents:
            raise NotFound(_("This capsule is out of use, or only a name."))
        form = "yaml" if "yaml" in request.accepted_renderer.media_type else "json"
        text = exported.text(form).encode()
        state = None if observed else exported.documents[0]
        tag = etags.tag_of(exporting.seen_hash(capsule, request.reader, state), text)
        headers = {"X-Export-Complete": str(exported.complete).lower(), "Vary": "Accept", "ETag": tag}
        if etags.matches(request.headers.get("If-None-Match", ""), tag):
            return HttpResponse(status=status.HTTP_304_NOT_MODIFIED, headers=headers)
        return HttpResponse(text, content_type=f"application/{form}; charset=utf-8", headers=headers)

    @extend_schema(
        operation_id="capsules_document_update",
        request={"application/yaml": OpenApiTypes.STR, "application/json": OpenApiTypes.OBJECT},
        responses={200: PlanAnswer, 201: PlanAnswer, 400: None, 403: None, 409: None, 412: None, 413: None},
        parameters=[
            OpenApiParameter(
                "If-Match", str, OpenApiParameter.HEADER, description="The `ETag` of what was read."
            ),
            OpenApiParameter("dry_run", bool),
            OpenApiParameter("accept", str, description="The document's hash, where it retires or breaks."),
            *(OpenApiParameter(name, bool) for name in FLAGS),
        ],
    )
    def put(self, request, urn):
        """Import the document in one transaction; with `dry_run=true` only plan it.

        `If-Match` with the entity tag that was read refuses with 412 if the capsule is another by now; so does
        `If-None-Match: *` if there is one.
        """
        options = self.options_asked()
        try:
            self._about_this(request, urn)
            if self.flag("dry_run"):
                self._require_match(request, urn)
                return Response(shown(plan.make(request.data, request.reader, options), request.reader))
            accept = request.query_params.get("accept", "")
            found = applying.apply_directly(
                request.data,
                reader=request.reader,
                options=options,
                accept=accept,
                require=lambda: self._require_match(request, urn),
            )
        except plan.DocumentInvalid as error:
            return self.refused(error)
        except Moved as error:
            return self.moved(error)
        made = any(capsule["action"] == "create" for capsule in found.answer["capsules"])
        return Response(
            shown(found, request.reader), status=status.HTTP_201_CREATED if made else status.HTTP_200_OK
        )

    def moved(self, error):
        """412 with the tag of what is there now; nothing was written."""
        body = {
            "detail": str(error.detail),
            "code": error.default_code,
            "request_id": self.request.reader.request_id,
        }
        return Response(body, status=error.status_code, headers={"ETag": error.tag} if error.tag else {})

    @staticmethod
    def _require_match(request, urn):
        """Raise `Moved` unless the caller's precondition holds for the capsule as it is now."""
        wanted, unwanted = request.headers.get("If-Match"), request.headers.get("If-None-Match")
        if wanted is None and unwanted is None:
            return
        spelled = addresses.urns.spellings(urn)
        capsule = exporting.capsules(request.reader).filter(urn__in=spelled).first()
        tag = etags.tag_of(exporting.seen_hash(capsule, request.reader), b"") if capsule else ""
        if wanted is not None and not (tag and (wanted.strip() == "*" or etags.names_state(wanted, tag))):
            raise Moved(tag)
        if unwanted is not None and tag and (unwanted.strip() == "*" or etags.names_state(unwanted, tag)):
            raise Moved(tag)

    @staticmethod
    def _about_this(request, urn):
        """The one document in the body is about the capsule of the address."""
        named = [document.urn for document in plan.read(request.data, request.reader).documents]
        meant = addresses.urns.spellings(urn)
        if len(named) != 1 or named[0] not in meant:
            raise ValidationError({"urn": [_("The body must hold the document of this capsule alone.")]})

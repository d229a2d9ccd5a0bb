"""Documents in the API: capsules read and imported whole, one or many (format, section 7)."""

from django.http import HttpResponse, StreamingHttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.renderers import BaseRenderer
from rest_framework.response import Response

from apps.catalog.api import addresses
from apps.deploy import applying, exporting, plan
from apps.people.rest import etags
from apps.people.rest.refusals import PreconditionFailed
from apps.people.rest.viewsets import PlainView

from .bodies import FLAGS, Documents, PlanAnswer, shown

MOST_NAMED = 100


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

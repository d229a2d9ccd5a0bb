"""Capsules as files: as they are, and as they were in a version."""

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404

from apps.catalog.addresses import at_its_urn
from apps.catalog.disclosure import disclosed
from apps.catalog.models import CapsuleVersion
from apps.catalog.urns import encoded

from . import exporting

FORMS = ("yaml", "json")


@at_its_urn
def live(request, capsule, form):
    """The capsule's document as this reader may see it; its first line says if something is hidden."""
    exported = exported_of(request, capsule)
    return _file(capsule, exported.text(_known(form)), form, complete=exported.complete)


@at_its_urn
def of_version(request, capsule, number, form):
    """The document of one version, as this reader may see it."""
    versions = CapsuleVersion.objects.visible_to(request.reader).filter(
        capsule=capsule, content_hash__isnull=False
    )
    version = get_object_or_404(versions, number=number)
    (seen,) = disclosed([version.snapshot], capsule, request.reader)
    whole = seen == version.snapshot
    found = exporting.Export([seen if whole else {**seen, exporting.MARK: False}], whole)
    return _file(capsule, found.text(_known(form)), form, complete=whole, number=number)


def exported_of(request, capsule):
    """The `Export` of one capsule. Raises `Http404` for one that has no document: retired, or only a name."""
    exported = exporting.export(exporting.capsules(request.reader).filter(pk=capsule.pk), request.reader)
    if not exported.documents:
        raise Http404
    return exported


def _known(form):
    if form not in FORMS:
        raise Http404
    return form


def _file(capsule, text, form, *, complete, number=None):
    name = encoded(capsule.name).replace('"', "")
    suffix = f".v{number}" if number else ""
    return HttpResponse(
        text,
        content_type=f"application/{form}; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name.encode("ascii", "replace").decode()}{suffix}.{form}"',
            "X-Export-Complete": str(complete).lower(),
        },
    )

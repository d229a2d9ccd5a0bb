"""Find the capsule that an address means: its URN, a spelling of it, a former one, its id."""

from functools import wraps
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef, Q, Subquery
from django.http import Http404, HttpResponsePermanentRedirect
from django.urls import NoReverseMatch, reverse

from . import urns
from .models import Capsule, CapsuleAlias, CapsuleVersion, Tag
from .statements import TEXT_KEY, statement


def page_of(name, *args, **query):
    """The address of a page by its name; empty where this portal has no such page."""
    try:
        return reverse(name, args=args, query={key: value for key, value in query.items() if value} or None)
    except NoReverseMatch:
        return ""


def find(urn, reader):
    """The capsule that `urn` means to this reader, or None; retired ones too.

    Tried in this order: the URN in either percent spelling, a former URN, the id, another letter case.
    """
    spelled = urns.spellings(urn)
    if urn.startswith("urn:"):
        asked = statement("at its URN", reader, lambda: _shown(reader).filter(urn__in=[TEXT_KEY]), many=True)
        if found := asked.run(spelled):
            return min(found, key=lambda capsule: spelled.index(capsule.urn))
    return _found(urn, spelled, _shown(reader), reader)


def _found(urn, spelled, capsules, reader):
    if not urn.startswith("urn:"):
        return capsules.filter(pk=UUID(urn)).first()
    former = CapsuleAlias.objects.visible_to(reader).filter(urn__in=spelled)
    return (
        capsules.filter(aliases__in=former).first()
        or capsules.filter(Q(urn__iexact=spelled[-1]) | Q(urn__iexact=spelled[0])).first()
    )


def _shown(reader):
    """Capsules with what stands around every page of theirs."""
    tags = Tag.objects.visible_to(reader).filter(capsule_links__capsule=OuterRef("pk")).order_by("name")
    versions = (
        CapsuleVersion.objects.visible_to(reader).filter(capsule=OuterRef("pk")).order_by().values("capsule")
    )
    return (
        Capsule.objects.visible_to(reader)
        .select_related("owner", "domain", "source_system", "ingestion")
        .annotate(
            shown_tags=ArraySubquery(tags.values("name")),
            version_count=Subquery(versions.annotate(found=Count("pk")).values("found")),
        )
        .order_by()
    )


def at_its_urn(view):
    """Give the view the capsule at the address; an address that is not its present one answers 301."""

    @login_required
    @wraps(view)
    def found(request, urn, **rest):
        capsule = find(urn, request.reader)
        if capsule is None:
            raise Http404
        if capsule.urn not in urns.spellings(urn):
            present = reverse(request.resolver_match.view_name, kwargs={"urn": capsule.urn, **rest})
            query = request.META.get("QUERY_STRING", "")
            return HttpResponsePermanentRedirect(f"{present}?{query}" if query else present)
        return view(request, capsule, **rest)

    return found

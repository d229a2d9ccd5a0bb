"""Domains and teams: who answers for which capsules, and what these lack.

A domain's or team's address is its name, percent-encoded: names are unique, people know them, and what
reads the address needs no table of slugs.
"""

from django.contrib.auth.decorators import login_required
from django.db.models import Count, IntegerField, OuterRef, Prefetch, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404
from django.template.response import TemplateResponse

from apps.catalog.models import Capsule, DataProduct, Domain, Owner, Stewardship, TeamMembership
from apps.ui import paging
from apps.ui.htmx import fragment

from . import completeness
from .filters import Filters
from .listing import Listing
from .views import announced

PEOPLE = Prefetch("stewardships", Stewardship.objects.select_related("user"))


@login_required
def domains(request):
    """All domains with their owners, stewards and capsules."""
    found = (
        Domain.objects.visible_to(request.reader).select_related("owner", "parent").prefetch_related(PEOPLE)
    )
    page = paging.page(found, request, size=100)
    counted = completeness.by_domain(request.reader)
    rows = [
        {
            "domain": domain,
            "parent": seen(domain.parent, request.reader),
            "owner": seen(domain.owner, request.reader),
            "counted": counted.get(domain.pk, (0, 0.0)),
        }
        for domain in page
    ]
    outside, _mean = counted.get(None, (0, 0.0))
    context = {"page": page, "rows": rows, "outside": outside}
    return TemplateResponse(request, fragment(request, "discovery/domains.html", "domains"), context)


@login_required
def domain(request, name):
    """One domain: what belongs to it, who looks after it, what is missing."""
    visible = Domain.objects.visible_to(request.reader)
    found = visible.filter(name=name).select_related("parent", "owner").prefetch_related(PEOPLE).first()
    if found is None:
        raise Http404
    context = {
        "domain": found,
        "parent": seen(found.parent, request.reader),
        "owner": seen(found.owner, request.reader),
        "children": visible.filter(parent=found),
        "products": DataProduct.objects.visible_to(request.reader).filter(domain=found),
    }
    return placed(request, "discovery/domain.html", context, domain=(found.name,))


@login_required
def teams(request):
    """All teams, and the people who own capsules by themselves, with who belongs to them and how much they own."""
    owned = Capsule.objects.visible_to(request.reader).current().filter(owner=OuterRef("pk")).order_by()
    counted = owned.values("owner").annotate(n=Count("pk")).values("n")
    found = (
        Owner.objects.visible_to(request.reader)
        .annotate(owns=Coalesce(Subquery(counted, output_field=IntegerField()), 0))
        .prefetch_related(Prefetch("team_memberships", TeamMembership.objects.select_related("user")))
    )
    page = paging.page(found, request, order=("name", "kind"), size=100)
    return TemplateResponse(request, fragment(request, "discovery/teams.html", "teams"), {"page": page})


@login_required
def team(request, name):
    """One team, or the person, that owns capsules: its people, its capsules, what is missing."""
    visible = Owner.objects.visible_to(request.reader).filter(name=name)
    # A team goes before a person of the same name.
    found = visible.prefetch_related(
        Prefetch("team_memberships", TeamMembership.objects.select_related("user")),
        Prefetch("domains", Domain.objects.visible_to(request.reader)),
        Prefetch("products", DataProduct.objects.visible_to(request.reader)),
    )
    found = found.order_by("-kind").first()
    if found is None:
        raise Http404
    return placed(request, "discovery/team.html", {"team": found}, owner=(found.name,))


def seen(record, reader):
    """The record if the reader may know of it, else None."""
    return record if record and record.visibility_rank <= reader.clearance else None


def placed(request, template, context, **place):
    """A page about the capsules of one place: its list, and how complete they are."""
    asked = Filters.parse(request.GET)
    filters = Filters(**place, sort="" if asked.sort.endswith("match") else asked.sort, errors=asked.errors)
    found = Listing(filters, request, request.path)
    context |= {"list": found, "catalog_url": f"?{filters.query()}"}
    if request.htmx and request.htmx.target == "results":
        return announced(TemplateResponse(request, f"{template}#results", context), found.result)
    context["parts"] = completeness.counted(filters, request.reader).parts() if found.page.rows else []
    return TemplateResponse(request, template, context)

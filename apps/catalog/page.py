"""What stands on every page of a capsule: title row, trust strip, tabs, notices, and the parts of a column."""

from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from apps.audit.activity import people_called
from apps.ui.formats import when
from apps.ui.htmx import is_for

from . import dimensions, facts, vocabularies
from .access import may_edit
from .addresses import page_of
from .models import ProductMember
from .retirement import MISSING

STRIP = ("sensitivity", "contract", "quality", "freshness", "incidents", "review")
MARK_HUES = {"partial": "caution", "missing": "caution", "alert": "critical"}


def frame(request, capsule, current):
    """Context around the tab `current`: one query for what all dimensions must know."""
    facts.learn([capsule], request.reader)
    found = tabs(capsule, request.reader, current)
    return {
        "capsule": capsule,
        "current": current,
        "kind": kind(capsule),
        "crumbs": crumbs(capsule),
        "strip": strip(capsule, request.reader),
        "tabs": found,
        "tab_title": next(tab["title"] for tab in found if tab["current"]),
        "columns_total": next((tab["count"] or 0 for tab in found if tab["slug"] == "structure"), 0),
        "structure_url": reverse("catalog:dimension", args=[capsule.urn, "structure"]),
        "notices": notices(capsule, request.reader),
    } | rights(request, capsule)


def rights(request, capsule):
    """Whether this reader may edit, and the sentence for one who may not."""
    verdict = may_edit(request.reader, capsule)
    return {"may_edit": bool(verdict), "locked": verdict.reason}


def kind(capsule):
    """What it is in two words and its layer: "dbt model", "silver"."""
    system, capsule_type = capsule.urn.split(":")[2], capsule.capsule_type
    known_system, known_type = (
        vocabularies.SOURCE_TYPES.get(system),
        vocabularies.CAPSULE_TYPES.get(capsule_type),
    )
    system = str(known_system.title) if known_system else system
    word = str(known_type.title).lower() if known_type else capsule_type.replace("_", " ")
    return _("%(system)s %(kind)s") % {"system": system, "kind": word}


def crumbs(capsule, *further):
    """Catalog, domain, capsule, and what lies below."""
    catalog = listing()
    found = [{"title": _("Catalog"), "url": catalog}]
    if capsule.domain_id:
        found.append({"title": capsule.domain.name, "url": page_of("discovery:domain", capsule.domain.name)})
    return [*found, {"title": capsule.name, "url": capsule.get_absolute_url()}, *further]


def listing(**filters):
    """The list of capsules under `filters`; empty where the portal has no such list."""
    return page_of("discovery:catalog", **filters)


def strip(capsule, reader):
    """The trust strip: an item a question, in one order; the later dimension knows a question better."""
    found = {}
    for dimension in dimensions.everything():
        for item in dimension.strip([capsule], reader).get(capsule.pk, ()):
            found[item["key"]] = item
    return [found[key] for key in STRIP if key in found]


def tabs(capsule, reader, current):
    """Overview, the dimensions, versions and activity; a dimension that lacks something is marked."""
    urn = capsule.urn
    found = [{"slug": "overview", "title": _("Overview"), "url": capsule.get_absolute_url()}]
    for dimension in dimensions.everything():
        state = dimension.state([capsule], reader).get(capsule.pk)
        alert = state is not None and state.mark == "alert"
        found.append(
            {
                "slug": dimension.slug,
                "title": dimension.title,
                "url": reverse("catalog:dimension", args=[urn, dimension.slug]),
                "count": dimension.count([capsule], reader).get(capsule.pk) or None,
                "hue": "caution" if alert else "",
                "icon": "triangle-alert" if alert else "",
                "icon_label": _("needs attention") if alert else "",
            }
        )
    versions = getattr(capsule, "version_count", None) or None
    found.append(
        {
            "slug": "versions",
            "title": _("Versions"),
            "url": reverse("catalog:versions", args=[urn]),
            "count": versions,
        }
    )
    found.append({"slug": "activity", "title": _("Activity"), "url": reverse("catalog:activity", args=[urn])})
    for tab in found:
        tab["current"] = tab["slug"] == current
    return found


def notices(capsule, reader):
    """What must be known before anything else: gone, only named, announced, suspended."""
    found = []
    for dimension in dimensions.everything():
        found += dimension.notices([capsule], reader).get(capsule.pk, ())
    if capsule.is_retired:
        found.append({"hue": "idle", "icon": "archive", "retired": capsule.retired_at})
    elif capsule.meta.get("placeholder"):
        found.append({"hue": "idle", "icon": "circle-dashed", "placeholder": True})
    elif since := parse_datetime(str(capsule.meta.get(MISSING, ""))):
        found.append({"hue": "caution", "icon": "unplug", "missing": since})
    return found


def completeness(capsule, reader):
    """One row a dimension: how far it has come, and the next step where something is missing."""
    found = []
    for dimension in dimensions.everything():
        state = dimension.state([capsule], reader).get(capsule.pk)
        gaps = dimension.gaps([capsule], reader).get(capsule.pk) or []
        step = next((gap for gap in gaps if gap.step and gap.url), None)
        found.append(
            {
                "slug": dimension.slug,
                "title": dimension.title,
                "icon": dimension.icon,
                "url": reverse("catalog:dimension", args=[capsule.urn, dimension.slug]),
                "state": state.mark if state else "missing" if gaps else "complete",
                "text": str(state) if state else "",
                "action": step.step if step else "",
                "action_url": step.url if step else "",
            }
        )
    return found


def rail(capsule, reader):
    """What stands at the side of the first page: where the domain leads, products, tags, and where it all comes from."""
    names = {*capsule.shown_tags, *capsule.tags}
    return {
        "products": products(capsule, reader),
        "domain_url": page_of("discovery:domain", capsule.domain.name) if capsule.domain_id else "",
        "owner_url": page_of("discovery:team", capsule.owner.name) if capsule.owner_id else "",
        "tags": [{"name": name, "url": listing(tag=name)} for name in sorted(names)],
        "source": source(capsule),
        "author": author(capsule),
    }


def products(capsule, reader):
    """The data products that the capsule is part of, and its part in each."""
    found = ProductMember.objects.visible_to(reader).filter(
        capsule=capsule, product__visibility_rank__lte=reader.clearance
    )
    return [
        {
            "name": member.product.name,
            "url": page_of("discovery:product", member.product.name),
            "part": member.get_role_display(),
        }
        for member in found.select_related("product").order_by("product__name")
    ]


def author(capsule):
    """Who wrote the description by hand; empty if it is the source's."""
    by = capsule.meta.get("provenance", {}).get("description", {}).get("by", "")
    return str(people_called({by}).get(by, by)) if by else ""


def _system(capsule):
    """The name of the capsule's source system and its page, each empty if there is none."""
    if not capsule.source_system_id:
        return {"value": ""}
    name = capsule.source_system.name
    return {"value": name, "url": page_of("deploy:source", name)}


def source(capsule):
    """Facts about where the capsule and what is known of it come from."""
    job = capsule.ingestion
    found = [
        {"title": _("System"), **_system(capsule)},
        {
            "title": _("Database"),
            "value": ".".join(filter(None, (capsule.database_name, capsule.schema_name))),
            "code": True,
        },
    ]
    if job is not None:
        found.append(
            {
                "title": _("Read"),
                "value": f"J-{job.number}",
                "url": job.get_absolute_url(),
                "note": when(job.started_at),
            }
        )
    return [fact for fact in found if fact["value"]]


def overviews(request, capsule):
    """What the dimensions show on the first page: in the text, and at the side."""
    found = [(one, one.overview(request, capsule)) for one in dimensions.everything()]
    return {
        "in_text": [
            {"template": one.overview_template, "part": part}
            for one, part in found
            if one.overview_template and part
        ],
        "at_side": [
            {"template": one.rail_template, "part": part} for one, part in found if one.rail_template and part
        ],
    }


def column_parts(request, column):
    """What each dimension shows of a column, in order: title, template, its context."""
    return [
        {
            "slug": one.slug,
            "title": one.title,
            "template": one.column_template,
            "part": one.column_panel(request, column),
        }
        for one in dimensions.everything()
        if one.column_template
    ]


def answer(request, body, context):
    """The capsule page around the tab `body`, or the region of it that htmx asks for."""
    template = "catalog/capsule.html"
    if is_for(request, "columns"):
        template = f"{body}#columns"
    elif is_for(request, "panel"):
        template = f"{template}#panel"
    response = TemplateResponse(request, template, {**context, "template": body, "alone": "#" in template})
    response["Vary"] = "HX-Request"
    return response

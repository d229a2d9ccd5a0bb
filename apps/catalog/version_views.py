"""Pages of a capsule's past: its versions, and what differs between two of them."""

from django.db.models import OuterRef, Subquery
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.audit.activity import people_called
from apps.ui import paging

from . import page, spoken
from .addresses import at_its_urn
from .changes.codes import DIMENSIONS
from .changes.titles import title
from .comparison import class_of, compare, moment
from .comparison_markdown import markdown, sentence
from .models import CapsuleVersion

VERSIONS = 50
HUNKS = 100  # on one page; each is a table of its own
LAYOUTS = {
    "sides": gettext_lazy("Side by side"),
    "unified": gettext_lazy("Unified"),
    "summary": gettext_lazy("Summary"),
}


@at_its_urn
def versions(request, capsule):
    """Every version of the capsule, newest first; two of them can be chosen to be compared."""
    found = CapsuleVersion.objects.visible_to(request.reader).filter(capsule=capsule).defer("snapshot")
    at = moment(request.GET.get("as_of", ""))
    if at is not None:
        found = found.filter(created_at__lte=at)
    dimension = request.GET.get("dimension", "")
    if dimension in DIMENSIONS:
        found = found.filter(meta__dimensions__contains=[dimension])
    earlier = CapsuleVersion.objects.kept().filter(capsule=capsule, number__lt=OuterRef("number"))
    found = found.annotate(before=Subquery(earlier.order_by("-number").values("number")[:1]))
    rows = paging.page(found, request, order=("-number",), size=VERSIONS)
    people = people_called({version.deployed_by for version in rows})
    for version in rows:
        version.author = people.get(version.deployed_by, version.deployed_by)
        version.pair = f"{version.before}..{version.number}" if version.before else ""
        version.touched = [spoken.dimension(each) for each in version.meta.get("dimensions", ())]
    for version in [each for each in rows if each.content_hash][1:2]:
        version.is_second = True
    context = page.frame(request, capsule, "versions")
    context |= {
        "as_of": at,
        "page": rows,
        "dimension": dimension,
        "dimensions": [(slug, spoken.dimension(slug)) for slug in DIMENSIONS],
    }
    return page.answer(request, "catalog/versions.html", context)


@at_its_urn
def choose(request, capsule):
    """From the two that were ticked to their address."""
    left, right = request.GET.get("a", ""), request.GET.get("b", "")
    if not left or not right:
        return HttpResponseRedirect(reverse("catalog:versions", args=[capsule.urn]))
    return HttpResponseRedirect(between(capsule, left, right))


@at_its_urn
def difference(request, capsule, pair):
    """What differs between two versions, days or what is there now; `format=md` gives it as Markdown."""
    left, dots, right = pair.partition("..")
    if not dots:
        raise Http404
    try:
        comparison = compare(capsule, left, right, request.reader)
    except LookupError:
        raise Http404 from None
    asked = request.GET.get("dimension", "")
    breaking = request.GET.get("breaking") == "true"
    changes = comparison.narrowed(dimension=asked if asked in DIMENSIONS else "", breaking=breaking)
    here = request.build_absolute_uri(between(capsule, left, right))
    if request.GET.get("format") == "md":
        text = markdown(capsule, comparison, changes, here)
        return HttpResponse(text, content_type="text/markdown; charset=utf-8")
    layout = request.GET.get("layout") if request.GET.get("layout") in LAYOUTS else "sides"
    start = _start(request, changes)
    shown = [
        {"number": number, "hunk": hunk, **words_of(hunk.change)}
        for number, hunk in enumerate(comparison.hunks(changes[start : start + HUNKS]), start + 1)
    ]
    context = page.rights(request, capsule) | {
        "capsule": capsule,
        "crumbs": page.crumbs(capsule, {"title": _("Difference")}),
        "comparison": comparison,
        "sentence": sentence(comparison),
        "hunks": shown,
        "total": len(changes),
        "start": start + 1,
        "end": start + len(shown),
        "previous": max(start - HUNKS, 0) if start else None,
        "next": start + HUNKS if start + HUNKS < len(changes) else None,
        "layout": layout,
        "layouts": LAYOUTS.items(),
        "breaking": breaking,
        "dimension": asked,
        "dimensions": [(each, spoken.dimension(each), n) for each, n in comparison.dimensions.items()],
        "said": _said(comparison),
        "markdown": markdown(capsule, comparison, changes, here),
        "pair": pair,
        "here": here,
    }
    return TemplateResponse(request, "catalog/difference.html", context)


def between(capsule, left, right):
    """The address of the comparison of two versions."""
    return reverse("catalog:difference", args=[capsule.urn, f"{left}..{right}"])


def words_of(change):
    """What a hunk says around its values."""
    return {
        "title": title(change, _),
        "class": class_of(change),
        "dimension": spoken.dimension(change.dimension),
        "why_consumer": change.why_consumer.read(_),
        "why_producer": change.why_producer.read(_),
    }


def _said(comparison):
    """Who made the later version, when and why, where it follows the earlier one directly."""
    one, other = comparison.left.version, comparison.right.version
    if one is None or other is None or other.number != one.number + 1:
        return None
    people = people_called({other.deployed_by})
    return {
        "who": str(people.get(other.deployed_by, other.deployed_by or "")),
        "at": other.created_at,
        "why": (other.deployment_context or {}).get("reason", ""),
    }


def _start(request, changes):
    """The first change of the asked page, from `from=`; the first where that is no number of one."""
    text = request.GET.get("from", "")
    start = int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0
    return start if start < len(changes) else 0

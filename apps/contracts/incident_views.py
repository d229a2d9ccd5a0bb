"""Pages of incidents: what is broken, worst first, and one incident from breach to lesson."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Case, IntegerField, Value, When
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_POST

from apps.catalog.models import CapsuleVersion
from apps.catalog.vocabularies import IncidentSeverity
from apps.dcs.refusals import Conflict
from apps.ui import paging
from apps.ui.htmx import fragment

from . import incidents as verbs
from . import spoken
from .consumers import known
from .filters import IncidentFilter
from .models import Incident, Measurement

VERSIONS = 10
WORST_FIRST = Case(
    *(When(severity=word, then=Value(rank)) for rank, word in enumerate(reversed(verbs.RANKS))),
    output_field=IntegerField(),
)
STANDING = Case(
    When(status__in=verbs.UNRESOLVED, then=Value(0)), default=Value(1), output_field=IntegerField()
)


@login_required
def incidents(request):
    """What is broken, worst and oldest first, then what is over; filters are in the address."""
    everything = Incident.objects.visible_to(request.reader).select_related("capsule", "root")
    found = IncidentFilter(request.GET, queryset=everything, request=request)
    rows = found.qs if found.is_valid() else everything
    rows = rows.annotate(standing=STANDING, rank=WORST_FIRST)
    page = paging.page(rows, request, order=("standing", "rank", "detected_at", "number"))
    context = {
        "page": page,
        "errors": {} if found.is_valid() else found.errors,
        "open": request.GET.get("open", ""),
        "severity": request.GET.get("severity", ""),
        "severities": IncidentSeverity.choices,
        "narrowed": bool(request.GET),
    }
    return TemplateResponse(request, fragment(request, "contracts/incidents.html", "incidents"), context)


def one(request, number):
    """The incident of a number that the reader may see. Raises `Http404`."""
    found = Incident.objects.visible_to(request.reader).select_related(
        "contract__owner", "contract__capsule__owner", "contract__capsule__domain", "capsule", "root"
    )
    return get_object_or_404(found, number=number)


@login_required
def incident(request, number, *, error="", status=200):
    """One incident: what was promised, what was measured, who is hit, what was done."""
    found = one(request, number)
    good = Measurement.objects.visible_to(request.reader).filter(
        contract=found.contract, metric=found.kind, is_met=True, measured_at__lte=found.detected_at
    )
    good = good.order_by("-measured_at").first()
    steps = list(found.steps_taken)
    seen = next((step for step in reversed(steps) if step.name != "recover"), None)
    began = found.breach_started_at or found.detected_at
    context = {
        "incident": found,
        "target": spoken.measure(found.target, found.unit),
        "actual": spoken.measure(found.actual, found.unit),
        "missed_by": spoken.measure(found.breach_magnitude, found.unit),
        "good": good,
        "changed": _changed(found, good, request.reader),
        "consumers": known(found.affected_consumers, []),
        "children": Incident.objects.visible_to(request.reader)
        .filter(root=found)
        .select_related("capsule")
        .order_by("number")[:50],
        "root": found.root
        if found.root and Incident.objects.visible_to(request.reader).filter(pk=found.root_id)
        else None,
        "log": steps,
        "steps": found.steps_for(request.reader),
        "causes": Incident.RootCause.choices,
        "times": {
            "detect": found.detected_at - began,
            "acknowledge": seen.taken_at - found.detected_at if seen else None,
            "resolve": found.resolved_at - found.detected_at if found.resolved_at else None,
        },
        "error": error,
    }
    return TemplateResponse(request, "contracts/incident.html", context, status=status)


def _changed(incident, good, reader):
    """The versions of the capsule between the last good measurement and the breach."""
    if good is None:
        return []
    found = CapsuleVersion.objects.visible_to(reader).filter(
        capsule=incident.capsule, created_at__gt=good.measured_at, created_at__lte=incident.detected_at
    )
    return list(found.order_by("-created_at")[:VERSIONS])


@login_required
def incident_by_key(request, key):
    """The address by id leads to the one by number."""
    found = get_object_or_404(Incident.objects.visible_to(request.reader), pk=key)
    return redirect(found, permanent=True)


@require_POST
@login_required
def take_step(request, number, step):
    """Take one step, then show the incident as it stands; 409 if somebody was faster."""
    found = one(request, number)
    given = {}
    if step == "resolve":
        given = {"category": request.POST.get("category", ""), "cause": request.POST.get("cause", "").strip()}
    try:
        verbs.take(found, step, by=request.reader, comment=request.POST.get("comment", "").strip(), **given)
    except KeyError:
        raise Http404 from None
    except Conflict as refused:
        return incident(request, number, error=str(refused.detail), status=409)
    except ValidationError as refused:
        return incident(request, number, error=" ".join(refused.messages), status=422)
    except PermissionDenied as refused:
        return incident(request, number, error=str(refused), status=403)
    return redirect(found)

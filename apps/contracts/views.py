"""Pages of contracts: the list, one contract, and its measurements."""

from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_POST

from apps.catalog.addresses import at_its_urn
from apps.dcs.refusals import Conflict
from apps.ui import paging, querystring
from apps.ui.htmx import fragment

from . import calendar as coming
from . import contract_page, monitor, spoken
from .consumers import effective
from .filters import ContractFilter, MeasurementFilter
from .models import Contract, Measurement, Watch


@login_required
def contracts(request):
    """Every contract, those in force first; filters are in the address."""
    everything = Contract.objects.visible_to(request.reader).select_related(
        "capsule__domain", "owner", "watch"
    )
    found = ContractFilter(request.GET, queryset=everything, request=request)
    rows = found.qs if found.is_valid() else everything
    page = paging.page(rows.ranked(), request, order=("rank", "capsule__name", "-created_at"))
    chosen = [
        (name, value)
        for name in request.GET
        for value in request.GET.getlist(name)
        if name in ContractFilter.parameters() and value and name not in ("q", "contract_status", "health")
    ]
    context = {
        "page": page,
        "errors": {} if found.is_valid() else found.errors,
        "text": request.GET.get("q", ""),
        "status": request.GET.get("contract_status", ""),
        "health": request.GET.get("health", ""),
        "statuses": Contract.Status.choices,
        "healths": Watch.Health.values,
        "chips": [
            {
                "text": f"{name}:",
                "value": value,
                "url": querystring.url(
                    request.path,
                    request.GET,
                    **{name: [one for one in request.GET.getlist(name) if one != value]},
                ),
            }
            for name, value in chosen
        ],
        "narrowed": bool(request.GET),
    }
    return TemplateResponse(request, fragment(request, "contracts/contracts.html", "contracts"), context)


@login_required
def calendar(request):
    """What ends and what changes in the coming year, month by month."""
    months = coming.coming(request.reader, today=timezone.now().date())
    return TemplateResponse(request, "contracts/calendar.html", {"months": months})


@at_its_urn
def contract_of(request, capsule):
    """The address without a version leads to the contract in force, else to the newest."""
    found = effective(Contract.objects.visible_to(request.reader).filter(capsule=capsule)).first()
    if found is None:
        raise Http404
    found.capsule = capsule
    return redirect(found)


def one(request, capsule, version):
    """The contract of this version that the reader may see. Raises `Http404`."""
    found = Contract.objects.visible_to(request.reader).filter(capsule=capsule, version=version)
    contract = found.select_related("owner", "approved_by_user", "watch").first()
    if contract is None:
        raise Http404
    contract.capsule = capsule
    return contract


@at_its_urn
def contract(request, capsule, version, *, error="", status=200):
    """What is promised, to whom, and whether it is kept."""
    context = contract_page.context(one(request, capsule, version), request.reader)
    return TemplateResponse(request, "contracts/contract.html", {**context, "error": error}, status=status)


@at_its_urn
def measurements(request, capsule, version):
    """What was measured of a contract, newest first: the numbers behind the lights."""
    contract = one(request, capsule, version)
    everything = Measurement.objects.visible_to(request.reader).filter(contract=contract)
    asked = request.GET.copy()
    # The weeks of the lights say from and to, as days.
    for old, new in (("from", "measured_at__gte"), ("to", "measured_at__lt")):
        if day := asked.pop(old, [""])[-1]:
            asked[new] = f"{day}T00:00:00Z" if old == "from" else f"{day}T23:59:59.999999Z"
    found = MeasurementFilter(asked, queryset=everything, request=request)
    page = paging.page(found.qs if found.is_valid() else everything, request, order=("-measured_at", "-id"))
    for row in page:
        row.name = spoken.NAMES.get((row.metric, row.aspect), row.get_metric_display())
        row.promised = spoken.measure(row.target, row.unit)
        row.found = spoken.measure(row.actual, row.unit)
        row.health = "kept" if row.is_met else "maintenance" if row.meta.get("in_window") else "broken"
        row.by = row.meta.get("by") or row.meta.get("from") or row.meta.get("source") or ""
    kind = (request.GET.get("metric", ""), request.GET.get("aspect", ""))
    context = {
        "contract": contract,
        "capsule": capsule,
        "page": page,
        "errors": {} if found.is_valid() else found.errors,
        "kind": spoken.NAMES.get(kind, ""),
        "narrowed": bool(request.GET),
    }
    return TemplateResponse(
        request, fragment(request, "contracts/measurements.html", "measurements"), context
    )


@require_POST
@at_its_urn
def evaluate(request, capsule, version):
    """Measure now, then show the contract as it stands."""
    found = one(request, capsule, version)
    try:
        monitor.evaluate(found, by=request.reader)
    except Conflict as refused:
        return contract(request, capsule.urn, version=version, error=str(refused.detail), status=409)
    return redirect(found)

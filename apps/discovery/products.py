"""Data products: what is offered together, by whom, what goes in and what comes out."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Count, F, IntegerField, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from apps.audit.context import acting
from apps.catalog import access
from apps.catalog import products as verbs
from apps.catalog.filters import DataProductFilter
from apps.catalog.forms import NewProductForm, ProductForm
from apps.catalog.models import DataProduct, ProductMember
from apps.catalog.revising import revision
from apps.provenance import nodes
from apps.provenance.models import CapsuleEdge
from apps.ui import formats, paging, spreadsheets
from apps.ui.htmx import fragment

from .organisation import seen

Role = ProductMember.Role
PARTS = (
    (Role.INPUT, gettext_lazy("Goes in")),
    (Role.MEMBER, gettext_lazy("Inside")),
    (Role.OUTPUT, gettext_lazy("Comes out")),
)
EDGES = 200  # between products that are read
HEAD = (
    "name", "status", "version", "domain", "owner", "inputs", "inside", "outputs", "fresh_within_hours",
    "availability_percent", "quality_score",
)  # fmt: skip


def counted(reader):
    """Products that the reader may know of, each with how many of its capsules play which part."""
    members = ProductMember.objects.visible_to(reader).filter(
        product=OuterRef("pk"), capsule__retired_at__isnull=True
    )
    found = {
        f"{role}_count": Coalesce(
            Subquery(
                members.filter(role=role).order_by().values("product").annotate(n=Count("pk")).values("n"),
                output_field=IntegerField(),
            ),
            0,
        )
        for role in Role.values
    }
    return DataProduct.objects.visible_to(reader).annotate(**found).select_related("domain", "owner")


@login_required
def products(request):
    """All data products, narrowed by name, state, domain and owner."""
    filters = DataProductFilter(request.GET, queryset=counted(request.reader), request=request)
    found = filters.qs if filters.is_valid() else counted(request.reader)
    if request.GET.get("format") == "csv":
        return _sheet(found.order_by("name"), request.reader)
    page = paging.page(found, request, order=("name",))
    context = {
        "page": page,
        "rows": [_row(product, request.reader) for product in page],
        "text": request.GET.get("q", ""),
        "status": request.GET.get("status", ""),
        "states": DataProduct.Status.choices,
        "errors": [] if filters.is_valid() else [error for each in filters.errors.values() for error in each],
        "result": _result(page),
        "may_add": bool(access.may_edit(request.reader, DataProduct())),
        "is_narrowed": any(request.GET.get(name) for name in filters.filters),
    }
    return TemplateResponse(request, fragment(request, "discovery/products.html", "products"), context)


def _row(product, reader):
    return {
        "product": product,
        "domain": seen(product.domain, reader),
        "owner": seen(product.owner, reader),
        "promises": promises(product),
    }


def _result(page):
    number = formats.grouped(page.total) + ("+" if page.capped else "")
    return ngettext("%(n)s data product", "%(n)s data products", page.total) % {"n": number}


def promises(product):
    """What the product promises, as (title, promise); only what it says."""
    hours = product.slo_freshness_hours
    said = [
        (
            _("Fresh within"),
            hours is not None and ngettext("%(n)s hour", "%(n)s hours", hours) % {"n": hours},
        ),
        (_("Available"), _percent(product.slo_availability_percent)),
        (_("Quality score, at least"), _plain(product.slo_quality_threshold)),
    ]
    return [(title, value) for title, value in said if value]


def _plain(number):
    return "" if number is None else f"{number.normalize():f}"


def _percent(number):
    return "" if number is None else _("%(value)s %%") % {"value": _plain(number)}


def _sheet(found, reader):
    lines = spreadsheets.lines(HEAD, (_cells(product, reader) for product in found))
    response = HttpResponse("".join(lines), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="data-products.csv"'
    return response


def _cells(product, reader):
    domain, owner = seen(product.domain, reader), seen(product.owner, reader)
    return (
        product.name, product.status, product.version, domain.name if domain else "", owner.name if owner else "",
        product.input_count, product.member_count, product.output_count, product.slo_freshness_hours,
        product.slo_availability_percent, product.slo_quality_threshold,
    )  # fmt: skip


@login_required
def product(request, name, *, said="", role=Role.OUTPUT, error="", status=200):
    """One data product: what goes in, what is inside, what comes out, what it promises, what it is made of."""
    found = _named(request, name)
    context = about(found, request.reader) | {"said": said, "role": role, "error": error}
    template = fragment(request, "discovery/product.html", "members")
    return TemplateResponse(request, template, context, status=status)


def about(found, reader):
    """What the page of a product shows; six queries."""
    members = ProductMember.objects.visible_to(reader).filter(product=found, capsule__retired_at__isnull=True)
    members = list(members.select_related("capsule__owner", "capsule__domain").order_by("capsule__name"))
    for member in members:
        member.kind = nodes.kind_of(member.capsule)
        member.owner = seen(member.capsule.owner, reader)
    verdict = access.may_edit(reader, found)
    return {
        "product": found,
        "domain": seen(found.domain, reader),
        "owner": seen(found.owner, reader),
        "promises": promises(found),
        "parts": [(role, title, [one for one in members if one.role == role]) for role, title in PARTS],
        "total": len(members),
        "roles": [(role, title) for role, title in PARTS],
        "neighbours": neighbours(found, reader),
        "may_edit": bool(verdict),
        "locked": verdict.reason,
    }


def neighbours(found, reader):
    """Other products that feed this one, and that it feeds, each with the edges that say so."""
    members = ProductMember.objects.visible_to(reader).filter(product__visibility_rank__lte=reader.clearance)
    mine = list(members.filter(product=found).values_list("capsule", flat=True))
    sides = []
    for title, near, far in (
        (_("Made of what these offer"), "target", "source"),
        (_("Offers it to these"), "source", "target"),
    ):
        edges = CapsuleEdge.objects.visible_to(reader).filter(
            **{f"{near}__in": mine, f"{far}__retired_at__isnull": True}
        )
        edges = edges.filter(**{f"{far}__product_links__in": members.exclude(product=found)})
        rows = edges.annotate(other=F(f"{far}__product_links__product__name")).exclude(other=found.name)
        rows = rows.order_by("other", "source__name", "target__name").values_list(
            "other", "source__name", "target__name"
        )
        by_name = {}
        for other, up, down in rows.distinct()[:EDGES]:
            by_name.setdefault(other, []).append(f"{up} → {down}")
        sides.append((title, list(by_name.items())))
    return sides


def _named(request, name):
    found = DataProduct.objects.visible_to(request.reader).filter(name=name)
    found = found.select_related("domain", "owner").first()
    if found is None:
        raise Http404
    return found


def address(product):
    return reverse("discovery:product", args=[product.name])


@login_required
def new(request):
    """Make a data product, empty at first."""
    form = NewProductForm(request.POST or None, instance=DataProduct(), reader=request.reader)
    if request.method == "POST" and form.is_valid():
        made = DataProduct(**form.changes())
        access.may_edit(request.reader, made).or_refuse()
        try:
            with transaction.atomic(), acting(request.reader, reason=form.cleaned_data["reason"]):
                made.save(force_insert=True)
        except IntegrityError:
            form.add_error("name", _("There is a data product of this name already."))
        else:
            return redirect(address(made))
    elif not access.may_edit(request.reader, DataProduct()):
        raise PermissionDenied(access.may_edit(request.reader, DataProduct()).reason)
    context = {
        "form": form,
        "title": _("New data product"),
        "crumbs": [{"title": _("Data products"), "url": reverse("discovery:products")}, {"title": _("New")}],
        "back": reverse("discovery:products"),
    }
    return TemplateResponse(
        request, "discovery/product_form.html", context, status=422 if form.errors else 200
    )


@login_required
def edit(request, name):
    """Say what a data product is, who answers for it and what it promises."""
    found = _named(request, name)
    crumbs = [
        {"title": _("Data products"), "url": reverse("discovery:products")},
        {"title": found.name, "url": address(found)},
        {"title": _("Edit")},
    ]
    title = _("Edit %(name)s") % {"name": found.name}
    return revision(
        request, found, ProductForm, capsule=found, back=address(found), crumbs=crumbs, title=title
    )


@require_POST
@login_required
def members(request, name):
    """Put a capsule in, give it another part, or take it out."""
    found = verbs.locked(request.reader, name=name)
    if found is None:
        raise Http404
    access.may_edit(request.reader, found).or_refuse()
    if key := request.POST.get("remove", ""):
        member = ProductMember.objects.visible_to(request.reader).filter(product=found, capsule__urn=key)
        member = member.select_related("capsule").first()
        if member and verbs.take_out(found, member.capsule):
            messages.success(request, _("%(name)s is no longer part of it.") % {"name": member.capsule.name})
        return redirect(address(found))
    said, role = request.POST.get("capsule", "").strip(), request.POST.get("role", Role.OUTPUT)
    capsules = verbs.meant(said, request.reader) if said else []
    error = _fault(said, role, capsules)
    if error:
        return product(request, name, said=said, role=role, error=error, status=422)
    verbs.put(found, capsules[0], role)
    messages.success(request, _("%(name)s is part of it now.") % {"name": capsules[0].name})
    return redirect(address(found))


def _fault(said, role, capsules):
    if not said:
        return _("Capsule: write a name or a URN.")
    if role not in Role.values:
        return _("Part: choose one of the three.")
    if not capsules:
        return _("No capsule is called “%(text)s”.") % {"text": said}
    if len(capsules) > 1:
        return _("Several capsules are called “%(text)s”: write the URN.") % {"text": said}
    return ""

"""Pages of a capsule: overview, the tabs of its dimensions, versions, activity, and its columns."""

from django.contrib.postgres.expressions import ArraySubquery
from django.http import Http404, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.audit.activity import activity as told

from . import dimensions, page, structure
from .addresses import at_its_urn
from .comparison import moment
from .forms import CapsuleForm, ColumnForm
from .models import Column, Constraint, Index
from .past_views import or_as_it_was
from .revising import revision

LAST = 5


@at_its_urn
@or_as_it_was
def capsule(request, capsule):
    """The first page: what it is, what is known and missing, its columns and neighbours, what changed last."""
    context = page.frame(request, capsule, "overview") | page.overviews(request, capsule)
    context |= page.rail(capsule, request.reader)
    context |= {
        "dimensions": page.completeness(capsule, request.reader),
        "columns": structure.key_columns(capsule, request.reader),
        "last": told(subjects(capsule), request.reader, limit=LAST),
    }
    return page.answer(request, "catalog/overview.html", context)


@at_its_urn
@or_as_it_was
def dimension(request, capsule, slug):
    """One dimension's tab."""
    try:
        asked = dimensions.get(slug)
    except KeyError:
        raise Http404 from None
    context = page.frame(request, capsule, slug) | {"dimension": asked}
    context |= {"gaps": asked.gaps([capsule], request.reader).get(capsule.pk, ())}
    context |= asked.panel(request, capsule)
    if opened := context.get("opened"):
        context |= column_context(request, capsule, opened)
        context |= structure.links(capsule, request.GET, context)
    return page.answer(request, asked.template, context)


@at_its_urn
def activity(request, capsule):
    """Who did what to the capsule and to what belongs to it, newest first."""
    who, before = request.GET.get("who", ""), request.GET.get("before") or None
    at = moment(request.GET.get("as_of", ""))
    try:
        found = told(subjects(capsule), request.reader, before=before, until=at, who=who)
    except ValueError:
        found = told(subjects(capsule), request.reader, until=at, who=who)
    people = sorted({(entry.username, entry.who) for entry in found if entry.username})
    context = page.frame(request, capsule, "activity") | {"activity": found, "who": who, "people": people}
    context["as_of"] = at
    return page.answer(request, "catalog/activity.html", context)


@at_its_urn
@or_as_it_was
def column(request, capsule, name):
    """Everything about one column; beside the table of the structure tab it is the same fragment."""
    found = structure.named(capsule, name, request.reader)
    if found is None:
        raise Http404
    further = [{"title": found.name}]
    context = {"capsule": capsule, "crumbs": page.crumbs(capsule, *further)} | page.rights(request, capsule)
    context |= column_context(request, capsule, found)
    return TemplateResponse(request, "catalog/column.html", context)


@at_its_urn
def edit(request, capsule):
    """Say what a capsule is, who answers for it and where it belongs."""
    return revision(
        request,
        capsule,
        CapsuleForm,
        capsule=capsule,
        back=capsule.get_absolute_url(),
        crumbs=page.crumbs(capsule, {"title": _("Edit")}),
        title=_("Edit %(name)s") % {"name": capsule.name},
    )


@at_its_urn
def edit_column(request, capsule, name):
    """Say what a column means."""
    column = structure.named(capsule, name, request.reader)
    if column is None:
        raise Http404
    here = reverse("catalog:column", args=[capsule.urn, column.name])
    crumbs = page.crumbs(capsule, {"title": column.name, "url": here}, {"title": _("Edit")})
    title = _("Edit %(name)s") % {"name": column.name}
    return revision(request, column, ColumnForm, capsule=capsule, back=here, crumbs=crumbs, title=title)


@at_its_urn
def ddl(request, capsule):
    """The statement that would make the capsule's table, as text."""
    return HttpResponse(structure.ddl(capsule, request.reader), content_type="text/plain; charset=utf-8")


def column_context(request, capsule, column):
    """What the column panel shows: the parts of the dimensions, the neighbours, what happened to it."""
    before, after = structure.neighbours(capsule, column, request.reader)
    return {
        "column": column,
        "parts": page.column_parts(request, column),
        "before": before,
        "after": after,
        "column_last": told({"columns": [column.pk]}, request.reader, limit=LAST),
    }


def subjects(capsule):
    """The rows whose log tells the story of the capsule: itself, its columns, keys and indexes."""
    return {
        "capsules": [capsule.pk],
        "columns": _keys(Column.objects.filter(capsule=capsule)),
        "column_constraints": _keys(Constraint.objects.filter(column__capsule=capsule)),
        "capsule_indexes": _keys(Index.objects.filter(capsule=capsule)),
    }


def _keys(rows):
    return ArraySubquery(rows.order_by().values("pk"))

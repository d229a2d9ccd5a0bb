"""The glossary list, the page of a term, and its form."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models.functions import Lower
from django.http import Http404, HttpResponsePermanentRedirect
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django_htmx.http import trigger_client_event

from apps.catalog.models import Domain
from apps.dcs.refusals import Conflict
from apps.ui import paging
from apps.ui.htmx import fragment

from .. import access, linter, listing, proposals, writing
from ..forms import TermForm
from ..models import Term
from .past import or_as_it_was

USES_SHOWN = 20
COMPARED = ("name", "display_name", "abbreviation", "synonyms", "definition")


@login_required
def terms(request):
    """Browse the glossary: letters, filters and words narrow the list; the tree of domains stands beside it."""
    found = listing.Listing(request)
    context = {"list": found, "may_write": access.may_write(request.reader, permission="glossary.add_term")}
    template = fragment(request, "glossary/terms.html", "terms")
    if template.endswith("#terms"):
        response = TemplateResponse(request, template, context)
        return trigger_client_event(
            response, "announce", {"value": _("%d terms") % (found.page.total or 0)}, after="settle"
        )
    context["tree"], context["homeless"] = found.tree()
    return TemplateResponse(request, template, context)


@login_required
def branch(request, pk):
    """What lies below a domain in the tree; without script the domain's own list."""
    domain = get_object_or_404(Domain.objects.visible_to(request.reader), pk=pk)
    found = listing.branch(domain, request.reader)
    if not request.htmx:
        return redirect(found["url"])
    return TemplateResponse(request, "glossary/_branch.html", found)


def at_its_name(view):
    """Give the view the term at the address; another spelling of its name answers 301."""

    @login_required
    def found(request, name, **rest):
        terms = Term.objects.visible_to(request.reader).select_related("domain", "owner", "author")
        term = terms.filter(name=name).first() or terms.called(name).first()
        if term is None:
            raise Http404
        if term.name != name and request.method == "GET":
            return HttpResponsePermanentRedirect(
                reverse(request.resolver_match.view_name, kwargs={"name": term.name, **rest})
            )
        return view(request, term, **rest)

    return found


@at_its_name
@or_as_it_was
def term(request, term, *, error="", status=200):
    """One term: what it means, what is proposed, where it applies, who decided."""
    reader = request.reader
    uses, uses_total = _uses_shown(term, reader)
    waiting = proposals.waiting(term)
    own = next((review for review in waiting if review.subject_id == term.pk), None)
    context = {
        "term": term,
        "around": listing.around(term, reader),
        "letters": listing.alphabet(
            Term.objects.visible_to(reader).initials(), listing.letter_of(term.name), {}
        ),
        "relations": listing.relations(term, reader),
        "homonyms": listing.homonyms(term, reader),
        "examples": term.meta.get("examples", []),
        "successor": _successor(term, reader),
        "uses": uses,
        "uses_total": uses_total,
        "proposals": [_shown(term, review) for review in waiting],
        "decisions": proposals.steps_taken(term),
        "steps": term.steps_for(reader, waiting=own),
        "may_write": access.may_write(reader, term),
        "may_remove": access.may_remove(reader, term),
        "error": error,
    }
    return TemplateResponse(request, "glossary/term.html", context, status=status)


def _uses_shown(term, reader):
    """The first uses of a term, and how many there are: counted only if these are not all."""
    found = listing.uses(term, reader)
    shown = list(found[: USES_SHOWN + 1])
    return shown[:USES_SHOWN], len(shown) if len(shown) <= USES_SHOWN else found.count()


def _successor(term, reader):
    key = term.meta.get("successor")
    return Term.objects.visible_to(reader).filter(pk=key).first() if key else None


def _shown(term, review):
    """A proposal beside the text in force: the definition word by word, the other fields named."""
    content, now = proposals.content_for(term, review), term.canonical_content()
    return {
        "review": review,
        "pieces": proposals.pieces(term.definition, content["definition"])
        if term.is_in_force and "definition" in content
        else [],
        "others": [
            str(field.verbose_name)
            for column, field in Term.governed().items()
            if column != "definition" and content.get(column, now.get(column)) != now.get(column)
        ],
    }


@at_its_name
def uses(request, term):
    """Everything that a term explains: the list to work through when it is given up."""
    page = paging.page(
        listing.uses(term, request.reader).order_by("added_at", "pk"), request, order=("added_at", "pk")
    )
    context = {"term": term, "page": page, "successor": _successor(term, request.reader)}
    return TemplateResponse(request, fragment(request, "glossary/uses.html", "uses"), context)


@login_required
def create(request):
    """Write a new term; it is a draft until somebody else has approved it."""
    access.may_write(request.reader, permission="glossary.add_term").or_refuse()
    form = TermForm(
        request.POST or None, reader=request.reader, initial={"name": request.GET.get("name", "")}
    )
    if request.method == "POST" and form.is_valid():
        made = writing.create(form.values(), by=request.reader, reason=form.cleaned_data["reason"])
        messages.success(request, _("%s is a draft. Submit it when it is ready.") % made)
        return redirect(made)
    return _form(request, form, _("New term"), reverse("glossary:terms"))


@at_its_name
def edit(request, term):
    """Change a term: a draft at once, what is in force by a proposal."""
    access.may_write(request.reader, term).or_refuse()
    form = TermForm(request.POST or None, reader=request.reader, term=term)
    if request.method == "POST" and form.is_valid():
        try:
            outcome = writing.change(
                term,
                form.values(),
                by=request.reader,
                reason=form.cleaned_data["reason"],
                seen=form.cleaned_data["seen"],
            )
        except Conflict as error:
            form.add_error(None, error.detail)
            return _form(request, form, _("Edit %s") % term, term.get_absolute_url(), term=term, status=409)
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            if outcome.review:
                messages.success(
                    request,
                    _("%s waits for a decision. What is approved stays as it is.") % outcome.review.label,
                )
            return redirect(outcome.term)
    title = _("Propose a change of %s") % term if term.status != Term.Status.DRAFT else _("Edit %s") % term
    return _form(request, form, title, term.get_absolute_url(), term=term)


def _form(request, form, title, back, *, term=None, status=None):
    invalid = request.method == "POST" and form.errors
    context = {"form": form, "title": title, "back": back, "term": term}
    return TemplateResponse(
        request, "glossary/edit.html", context, status=status or (422 if invalid else 200)
    )


@login_required
@require_POST
def hints(request):
    """Remarks on a definition while it is written."""
    posted = request.POST
    draft = {
        "name": posted.get("name", "")[:255],
        "display_name": posted.get("display_name", "")[:255],
        "definition": posted.get("definition", "")[:20_000],
        "abbreviation": posted.get("abbreviation", "")[:50],
        "synonyms": [word.strip() for word in posted.get("synonyms", "").split(",") if word.strip()],
        "examples": posted.get("examples", "").split(),
    }
    known = Term.objects.visible_to(request.reader)
    own = posted.get("term", "")
    columns = []
    if own:
        mine = known.annotate(plain_name=Lower("name")).filter(plain_name=own.lower()).first()
        if mine is not None:
            columns = profiles(mine, request.reader)
            known = known.exclude(pk=mine.pk)
    found = (
        linter.hints(draft, known.values(*COMPARED), columns=columns)
        if draft["definition"] or draft["name"]
        else []
    )
    return TemplateResponse(request, "glossary/_hints.html", {"hints": found})


def profiles(term, reader):
    """What is known of the values that a term explains, for readers who may see values."""
    if reader.clearance < 3:
        return []
    links = listing.uses(term, reader).filter(column__isnull=False)[:50]
    return [{**link.column.stats, "name": link.column.name} for link in links if link.column.stats]


@require_POST
@at_its_name
def take(request, term, step):
    """Take one step, then show the term as it now stands; 409 if somebody was faster."""
    given = {}
    if step == "deprecate" and (name := request.POST.get("successor", "").strip()):
        successor = Term.objects.visible_to(request.reader).called(name).exclude(pk=term.pk).first()
        if successor is None:
            return again(request, term, _("There is no other term “%s”.") % name, 422)
        given["successor"] = successor
    try:
        term.take(step, by=request.reader, comment=request.POST.get("comment", ""), **given)
    except KeyError:
        raise Http404 from None
    except Conflict as error:
        return again(request, term, error.detail, 409)
    except ValidationError as error:
        return again(request, term, " ".join(error.messages), 422)
    except PermissionDenied as error:
        return again(request, term, str(error), 403)
    return redirect(term)


def again(request, shown, error, status):
    return term(request, name=shown.name, error=error, status=status)


@require_POST
@at_its_name
def delete(request, term):
    """Delete a term that explains nothing."""
    try:
        writing.remove(term, by=request.reader, reason=request.POST.get("comment", ""))
    except Conflict as error:
        return again(request, term, error.detail, 409)
    messages.success(request, _("%s is deleted.") % term)
    return redirect("glossary:terms")

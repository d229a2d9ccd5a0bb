"""A term as it was at an earlier moment: only read, and only what was in force then."""

from functools import wraps

from django.template.response import TemplateResponse

from apps.catalog.comparison import moment
from apps.workflow import past

from .. import listing
from ..models import Term

TOLD = ("name", "display_name", "definition")  # stand in the heading and below it


def or_as_it_was(view):
    """Let `?as_of=` (a day, or a moment) show the term's content in force then; `view` is the term as it is."""

    @wraps(view)
    def shown(request, term, **rest):
        at = moment(request.GET.get("as_of", ""))
        return view(request, term, **rest) if at is None else as_it_was(request, term, at)

    return shown


def as_it_was(request, term, at):
    """The term at the moment `at`."""
    found = past.in_force(term, at)
    content = found.content
    facts = [
        (field.verbose_name, _said(term.in_words(column, content[column])))
        for column, field in Term.governed().items()
        if content.get(column) and field.name not in TOLD
    ]
    context = {
        "term": term,
        "as_of": at,
        "past": found,
        "name": content.get("display_name") or content.get("term_name") or term.display_name or term.name,
        "definition": content.get("definition", ""),
        "facts": facts,
        "letters": listing.alphabet(
            Term.objects.visible_to(request.reader).initials(), listing.letter_of(term.name), {}
        ),
    }
    return TemplateResponse(request, "glossary/term_past.html", context)


def _said(value):
    return ", ".join(value) if isinstance(value, list) else value

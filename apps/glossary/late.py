"""Names in capsule documents that no term had when they were written: linked when such a term appears (section 3.3)."""

from django.db.models import Q

from apps.catalog.models import Capsule, Column
from apps.catalog.remainder import meta_with, noted

from .document import link_values
from .models import Term, TermLink

WAITING = Q(meta__doc__has_key="unresolved_terms")  # as the two partial indexes say it
TO_BE_DEFINED = "To be defined: {name}"


def link_waiting(terms):
    """Link the capsules and columns whose documents named one of these terms before there was one; returns how many.

    By name, synonym or abbreviation, in any case. What the documents say, and so their hashes, stay as they are.
    """
    named = {}
    for term in terms:
        for word in (term.name, term.abbreviation or "", *term.synonyms):
            named.setdefault(word.casefold(), term)
    named.pop("", None)
    return sum(_link(model, named) for model in (Capsule, Column)) if named else 0


def _link(model, named):
    links, moved = [], []
    for subject in model._base_manager.filter(WAITING).order_by("pk"):
        kept = noted(subject.meta)["unresolved_terms"]
        found = [(one, link_values(subject, one["entry"], one["position"], named)) for one in kept]
        values = {id(one): value for one, value in found if value is not None}
        if values:
            links += [TermLink(**value) for value in values.values()]
            left = [one for one in kept if id(one) not in values]
            subject.meta = meta_with(subject.meta, unresolved_terms=left)
            moved.append(subject)
    TermLink.objects.bulk_create(links, ignore_conflicts=True)
    model._base_manager.bulk_update(moved, ["meta"], batch_size=500)
    return len(links)


def missing(states):
    """The names of terms in canonical documents that no term has, in order of their first use."""
    found = {}
    for state in states:
        entries = [*state.get("business_terms", ())]
        for column in state.get("columns", {}).values():
            entries += column.get("business_terms", ())
        for entry in entries:
            name = entry if isinstance(entry, str) else entry["term"]
            found.setdefault(name.casefold(), name)
    if found:
        for term in Term._base_manager.only("name", "abbreviation", "synonyms"):
            for word in (term.name, term.abbreviation or "", *term.synonyms):
                found.pop(word.casefold(), None)
    return list(found.values())


def create_missing(names, *, by):
    """Draft terms of these names, to be defined by somebody; the caller has asked whether `by` may."""
    drafts = [Term(name=name, definition=TO_BE_DEFINED.format(name=name), author=by.user) for name in names]
    return Term.objects.bulk_create(drafts)

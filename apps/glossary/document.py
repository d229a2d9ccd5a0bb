"""Meaning in a capsule document: the business terms of a capsule and of its columns (section 3.3)."""

from collections import defaultdict

from django.db.models import Q

from apps.catalog.documents.keys import TERM
from apps.catalog.models import Capsule, Column
from apps.catalog.remainder import entry_of, meta_with, noted, remainder
from apps.catalog.rewriting import rewrite

from .models import Term, TermLink

LAST = 1_000_000


def snapshot(capsules):
    """{capsule id: {business_terms, columns}}, the columns with their terms alone; two queries."""
    terms, columns = defaultdict(list), defaultdict(lambda: defaultdict(list))
    for link in _links(capsules).order_by("term__name", "relationship"):
        entry = _entry(link)
        if link.column_id:
            columns[link.column.capsule_id][link.column.name].append(entry)
        else:
            terms[link.capsule_id].append(entry)
    for row in _with_unresolved(capsules):
        columns[row["capsule_id"]][row["name"]] += _unresolved(row["meta"])
    return {
        capsule.pk: {
            "business_terms": _ordered(terms[capsule.pk] + _unresolved(capsule.meta)),
            "columns": {
                name: {"business_terms": _ordered(found)} for name, found in columns[capsule.pk].items()
            },
        }
        for capsule in capsules
    }


def _links(capsules):
    about = Q(capsule__in=capsules) | Q(column__capsule__in=capsules, column__retired_at__isnull=True)
    return TermLink._base_manager.filter(about).select_related("term", "column")


def _with_unresolved(capsules):
    found = Column._base_manager.filter(
        capsule__in=capsules, retired_at__isnull=True, meta__doc__has_key="unresolved_terms"
    )
    return found.order_by("capsule_id", "name").values("capsule_id", "name", "meta")


def _entry(link):
    """(position, entry): the term under the name that the document used, as long as that still means it."""
    said = noted(link.meta).get("said")
    name = said if said and said.casefold() in _names(link.term) else link.term.name
    entry = entry_of({"term": name, "relationship": link.relationship}, link.meta, TERM)
    position = noted(link.meta).get("position")
    return (LAST if position is None else position), _short(entry)


def _names(term):
    return {word.casefold() for word in (term.name, term.abbreviation or "", *term.synonyms) if word}


def _unresolved(meta):
    kept = noted(meta).get("unresolved_terms") or []
    return [(one["position"], one["entry"]) for one in kept]


def _short(entry):
    return entry["term"] if entry.keys() == {"term"} else entry


def _ordered(found):
    return [entry for _position, entry in sorted(found, key=lambda one: one[0])]


def write(wanted):
    """Make the term links of each (capsule, state) equal to it; links that it does not name are deleted.

    A name that no term has is kept as text, at the capsule or column, and exported again (R8, W210).
    """
    capsules = [capsule for capsule, _state in wanted]
    columns = {
        (column.capsule_id, column.name): column
        for column in Column._base_manager.filter(capsule__in=capsules, retired_at__isnull=True).defer(
            "stats"
        )
    }
    said = _said(wanted, columns)
    terms = _terms_called({_named(entry)["term"] for _subject, entries in said for entry in entries})
    links, unresolved = {}, {}
    for subject, entries in said:
        unresolved[subject] = []
        for position, entry in enumerate(entries):
            values = link_values(subject, entry, position, terms)
            key = values and _key(values)
            if values is None or key in links:
                unresolved[subject].append({"position": position, "entry": entry})
            else:
                links[key] = values
    stored = {}
    for link in _links(capsules):
        stored[link.capsule_id, link.column_id, link.term_id, link.relationship] = link
    left = rewrite(TermLink, stored, links)
    TermLink._base_manager.filter(pk__in=[link.pk for link in left]).delete()
    for model in (Capsule, Column):
        _keep(model, {subject: kept for subject, kept in unresolved.items() if isinstance(subject, model)})


def _said(wanted, columns):
    found = [(capsule, state.get("business_terms", [])) for capsule, state in wanted]
    for capsule, state in wanted:
        meaning = state.get("columns", {})
        for (capsule_id, name), column in columns.items():
            if capsule_id == capsule.pk:
                found.append((column, meaning.get(name, {}).get("business_terms", [])))
    return found


def _named(entry):
    return {"term": entry} if isinstance(entry, str) else entry


def _terms_called(names):
    """{name in small letters: term}: by its name, else a synonym, else its abbreviation."""
    if not names:
        return {}
    folded = {name.casefold() for name in names}
    found = {}
    for term in Term._base_manager.only("pk", "name", "synonyms", "abbreviation").order_by("name"):
        for rank, words in enumerate(([term.name], term.synonyms, [term.abbreviation or ""])):
            for word in words:
                key = word.casefold()
                if key in folded and (key not in found or rank < found[key][0]):
                    found[key] = (rank, term)
    return {key: term for key, (_rank, term) in found.items()}


def link_values(subject, entry, position, terms):
    """The values of the `TermLink` that an entry of a capsule or column means; None if no term is called so.

    `terms` is {name in small letters: term}.
    """
    entry = _named(entry)
    term = terms.get(entry["term"].casefold())
    if term is None:
        return None
    relationship = entry.get("relationship", TermLink.Relationship.IMPLEMENTS)
    rest = remainder(entry, {"term": term.name, "relationship": relationship})
    said = entry["term"] if entry["term"] != term.name else None
    return {
        "capsule_id": subject.pk if isinstance(subject, Capsule) else None,
        "column_id": None if isinstance(subject, Capsule) else subject.pk,
        "term_id": term.pk,
        "relationship": relationship,
        "meta": meta_with({}, position=position, said=said, rest=rest),
    }


def _key(values):
    return values["capsule_id"], values["column_id"], values["term_id"], values["relationship"]


def _keep(model, unresolved):
    changed = []
    for subject, kept in unresolved.items():
        meta = meta_with(subject.meta, unresolved_terms=kept)
        if meta != subject.meta:
            subject.meta = meta
            changed.append(subject)
    if changed:
        model._base_manager.bulk_update(changed, ["meta"], batch_size=500)

"""Making, changing, removing and linking terms: every way in — page, API, import, suggestion — comes through here.

A draft is edited directly. Once a term is approved, what it means changes by a review only; examples, relations,
tags, owner and steward stay direct edits (errata rows B23, E22).
"""

from dataclasses import dataclass, field

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.audit.context import acting
from apps.dcs.refusals import Conflict

from . import access, proposals
from .models import Term, TermLink

# Where the fields of a form, a file or a body are kept: most are columns, these lie in `meta`.
IN_META = ("examples", "relations", "skos")
FIELDS = (
    "name", "display_name", "definition", "abbreviation", "synonyms", "domain", "category",
    "owner", "steward_email", "tags", "visibility_rank",
)  # fmt: skip


@dataclass
class Outcome:
    """What became of a change: the term, the fields that changed at once, and the review of the others, if any."""

    term: Term
    changed: list[str] = field(default_factory=list)
    review: object = None


def create(values, *, by, reason=""):
    """A new term, always a draft. `values` has the names of FIELDS and of IN_META."""
    access.may_write(by, permission="glossary.add_term").or_refuse()
    with acting(by, reason=reason or _("New term")):
        term = Term(author=by.user, meta=dict(values.get("meta") or {}), **columns(values))
        into_meta(term, values)
        term.save(force_insert=True)
        term.refresh_from_db()
    return term


def change(term, values, *, by, reason="", seen=None):
    """Set fields of `term`; what is in force and governed is proposed instead. Returns an `Outcome`.

    `seen` is the `updated_at` that the person saw: raises `Conflict` if the row has moved since, or if it is under
    review: its text then changes through the review.
    """
    access.may_write(by, term).or_refuse()
    with acting(by, reason=reason or _("Edited")):
        stored = Term.objects.select_for_update(no_key=True).get(pk=term.pk)
        if seen is not None and stored.updated_at != seen:
            raise Conflict(_("Somebody changed this meanwhile. Read it again."), code="changed_meanwhile")
        wanted = {name: value for name, value in columns(values).items() if getattr(stored, name) != value}
        governed = {name: wanted[name] for name in wanted if name in Term.governed_fields}
        direct = {name: value for name, value in wanted.items() if name not in governed}
        if stored.status in (Term.Status.DRAFT,):
            direct, governed = wanted, {}
        elif governed and stored.status == Term.Status.UNDER_REVIEW:
            raise Conflict(
                _("%(term)s is under review: change the proposal, or withdraw it.") % {"term": stored},
                code="under_review",
            )
        for name, value in direct.items():
            setattr(stored, name, value)
        before = dict(stored.meta)
        if "meta" in values:
            stored.meta = {
                **{key: stored.meta[key] for key in IN_META if key in stored.meta},
                **values["meta"],
            }
        into_meta(stored, values)
        changed = list(direct) + (["meta"] if stored.meta != before else [])
        if changed:
            stored.save(update_fields=changed)
            stored.refresh_from_db()
        review = None
        if governed:
            content = {Term._meta.get_field(name).column: _plain(value) for name, value in governed.items()}
            review = proposals.propose(stored, content, by=by, reason=reason)
    return Outcome(stored, changed, review)


def remove(term, *, by, reason=""):
    """Delete a term that explains nothing. Raises `Conflict` naming its uses otherwise."""
    access.may_remove(by, term).or_refuse()
    uses = term.links.count()
    if uses:
        said = ngettext(
            "%(term)s is used %(n)s time, so it cannot be deleted. Deprecate it and name a successor.",
            "%(term)s is used %(n)s times, so it cannot be deleted. Deprecate it and name a successor.",
            uses,
        )
        raise Conflict(said % {"term": term, "n": f"{uses:,}"}, code="in_use")
    with acting(by, reason=reason or _("Deleted")):
        term.delete()


def link(term, *, capsule=None, column=None, relationship=TermLink.Relationship.IMPLEMENTS, by, reason=""):
    """Say that `term` explains a capsule or a column. The caller has asked whether the capsule may be edited.

    Raises `Conflict` if it says so already.
    """
    subject = {"column": column} if column is not None else {"capsule": capsule}
    with acting(by, reason=reason or _("Linked to a term")), transaction.atomic():
        if TermLink.objects.filter(term=term, relationship=relationship, **subject).exists():
            raise Conflict(
                _("%(term)s explains this already.") % {"term": term},
                code="already_exists",
                fields={"relationship_type": [_("This is taken already.")]},
            )
        made = TermLink.objects.create(term=term, relationship=relationship, added_by=by.name, **subject)
        made.refresh_from_db()
    return made


def unlink(term, *, capsule=None, column=None, relationship=None, by, reason=""):
    """Take the links of a term off; returns how many there were."""
    subject = {"column": column} if column is not None else {"capsule": capsule}
    found = TermLink.objects.filter(term=term, **subject)
    if relationship:
        found = found.filter(relationship=relationship)
    with acting(by, reason=reason or _("Unlinked from a term")):
        return found.delete()[0]


def columns(values):
    """`values` as the columns of a term: an empty text is stored as missing."""
    found = {name: values[name] for name in FIELDS if name in values}
    for name in ("display_name", "abbreviation", "category", "steward_email"):
        if name in found and found[name] == "":
            found[name] = None
    return found


def into_meta(term, values):
    """Keep what has no column in `meta`; an empty value is taken out."""
    meta = dict(term.meta)
    for name in IN_META:
        if name in values:
            meta.pop(name, None)
            if values[name]:
                meta[name] = values[name]
    term.meta = meta


def _plain(value):
    return str(value.pk) if hasattr(value, "pk") else value

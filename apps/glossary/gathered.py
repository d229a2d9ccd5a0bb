"""What an import proposes: one review of all its rows, and what the approval of it writes, by sets."""

import uuid

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.catalog.models import Domain, Owner
from apps.dcs.canonical import plain
from apps.dcs.keys import uuid7
from apps.dcs.refusals import Conflict
from apps.workflow import members
from apps.workflow.models import Review
from apps.workflow.reviewable import Affected, Member

from . import imports, late, listing, plans, writing
from .models import Term, TermLink

STATE = "approval_status"
# What an import says about a term, besides its key.
COLUMNS = (
    "term_name", "display_name", "definition", "abbreviation", "synonyms", "domain_id", "category",
    "owner_id", "steward_email", "tags", "meta", STATE,
)  # fmt: skip
IN_FORCE = (Term.Status.APPROVED, Term.Status.DEPRECATED)
SHOWN = 20
NAMED = 5


def members_of(found, reader):
    """The `Member`s of an import: what its file says, planned against what is stored now.

    Raises `Conflict` for terms that wait for a decision of their own.
    """
    rows = imports.planned_again(found, reader)
    resolve = imports.resolver(reader)
    terms = Term.objects.in_bulk([row["term"] for row in rows if row["action"] == plans.CHANGE])
    terms = {str(key): term for key, term in terms.items()}
    keys = _keys_of_new(found)
    planned, busy = [], []
    for row in rows:
        if row["action"] == plans.CREATE:
            planned.append(_new(row["values"], resolve, keys.get(row["name"]) or uuid7()))
        elif row["action"] == plans.CHANGE:
            term, values = terms[row["term"]], {name: row["values"][name] for name in row["changes"]}
            member = _changed(term, values, resolve)
            planned.append(member)
            if term.status == Term.Status.UNDER_REVIEW and "term_name" in member.content:
                busy.append(member.title)
    if busy:
        names = ", ".join(busy[:NAMED]) + (" …" if len(busy) > NAMED else "")
        said = ngettext(
            "%(names)s waits for a decision of its own. Decide on it or withdraw it, then propose the import.",
            "%(names)s wait for decisions of their own. Decide on them or withdraw them, then propose the import.",
            len(busy),
        )
        raise Conflict(said % {"names": names}, code="under_review")
    return planned


def _keys_of_new(found):
    """{name: key} of the new terms of the revision before, so that merging keeps what did not move."""
    review = Review.objects.of(found).undecided().order_by("-number").first()
    if review is None:
        return {}
    return dict(review.current_members.filter(action="create").values_list("title", "subject_id"))


def _new(values, resolve, key):
    term = Term(**writing.columns(resolve(values)))
    writing.into_meta(term, values)
    if values.get("enters_as"):
        term.status = values["enters_as"]
    elif term.definition != plans.NO_DEFINITION:
        term.status = Term.Status.DEPRECATED if _is_given_up(values) else Term.Status.APPROVED
    return Member(Term, key, term.name, _content(term, COLUMNS), new=True)


def _is_given_up(values):
    """True if the source calls the concept deprecated (interop.md, section 7)."""
    said = ((values.get("skos") or {}).get("says") or {}).get("owl:deprecated", ())
    return any(str(one.get("@value")).lower() in ("true", "1") for one in said)


def _changed(term, values, resolve):
    before = Term.governed()
    unchanged = {column: getattr(term, field.attname) for column, field in before.items()}
    for name, value in writing.columns(resolve(values)).items():
        setattr(term, name, value)
    meta = dict(term.meta)
    writing.into_meta(term, values)
    columns = [STATE]
    if any(getattr(term, field.attname) != unchanged[column] for column, field in before.items()):
        columns += before
    columns += [
        column
        for column, name in (("owner_id", "owner"), ("steward_email", "steward_email"), ("tags", "tags"))
        if name in values
    ]
    if term.meta != meta:
        columns.append("meta")
    return Member(Term, term.pk, term.name, _content(term, columns))


def _content(term, columns):
    fields = {field.column: field for field in Term._meta.concrete_fields}
    return plain({column: getattr(term, fields[column].attname) for column in columns})


def summed_up(members):
    """Counts of an import's members, and the names of the domains whose stewards decide."""
    states = [member.content[STATE] for member in members if member.new]
    changed = [member for member in members if not member.new]
    before = Term.objects.in_bulk([member.key for member in changed])
    touched = {member.content["domain_id"] for member in members if member.new}
    renamed = moved = 0
    for member in changed:
        if "term_name" in member.content:
            stored = before[member.key]
            touched.add(stored.domain_id and str(stored.domain_id))
            renamed += member.content["term_name"] != stored.name
            moved += member.content["domain_id"] != (stored.domain_id and str(stored.domain_id))
    domains = Domain.objects.filter(pk__in=touched - {None}).order_by("name")
    return {
        "new": len(states),
        "changed": len(changed),
        "approved": states.count(Term.Status.APPROVED),
        "drafts": states.count(Term.Status.DRAFT),
        "deprecated": states.count(Term.Status.DEPRECATED),
        "renamed": renamed,
        "other_domain": moved,
        "domains": list(domains.values_list("name", flat=True)),
    }


def names_taken(review):
    """Titles of the members of an import whose name another term has by now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT m.title FROM review_members m JOIN business_terms t"
            " ON lower(t.term_name) = lower(m.content ->> 'term_name') AND t.id <> m.subject_id"
            " WHERE m.review_id = %s AND m.revision = %s ORDER BY m.title",
            [review.pk, review.revision],
        )
        return [title for (title,) in cursor.fetchall()]


def carry_out(found, review, *, by, reason):
    """Write what an approved import says: new terms, changed drafts, changed terms in force; each set at once."""
    wrote = {"author_id": review.created_by_id, "submitted_by_id": review.submitted_by_id}
    signed = {
        "approved_by_user_id": by.user.pk,
        "approved_by": str(by.user),
        "approved_at": review.decided_at,
    }
    all_of_them = review.current_members
    in_force = all_of_them.filter(content__approval_status__in=IN_FORCE)
    meant = in_force.filter(content__has_key="term_name")
    members.change(meant, Term, COLUMNS, **wrote, **signed)
    members.change(all_of_them.exclude(pk__in=meant.values("pk")), Term, COLUMNS)
    members.create(in_force, Term, COLUMNS, **wrote, **signed)
    members.create(
        all_of_them.exclude(pk__in=in_force.values("pk")), Term, COLUMNS, author_id=found.author_id
    )
    start = Term.Status.DRAFT
    members.note_steps(meant, review=review, name="approve", state=STATE, start=start, reason=reason)
    late.link_waiting(Term._base_manager.filter(pk__in=all_of_them.values("subject_id")))
    found.state, found.applied_at = found.State.APPLIED, review.decided_at
    found.outcome = {
        name: review.proposal[name] for name in ("new", "changed", "approved", "drafts", "deprecated")
    }
    found.save(update_fields=["state", "applied_at", "outcome"])


def affected(found, reader):
    """(how many columns and capsules the changed terms of an import explain, the first of them)."""
    review = Review.objects.of(found).order_by("-number").first()
    if review is None:
        return 0, []
    changed = review.current_members.filter(action="change", content__has_key="term_name")
    links = TermLink.objects.visible_to(reader).filter(term__in=changed.values("subject_id"))
    first = links.select_related("capsule", "column__capsule", "term").order_by("added_at")[:SHOWN]
    return links.count(), [
        Affected(str(link.subject), link.subject.get_absolute_url(), str(link.term)) for link in first
    ]


def effect(proposal):
    """ "makes 12 terms (10 approved, 2 drafts) and changes 3." """
    said = []
    if proposal["new"]:
        parts = [
            ngettext("%(n)s approved", "%(n)s approved", proposal["approved"])
            % {"n": f"{proposal['approved']:,}"},
            ngettext("%(n)s draft", "%(n)s drafts", proposal["drafts"]) % {"n": f"{proposal['drafts']:,}"},
            ngettext("%(n)s deprecated", "%(n)s deprecated", proposal["deprecated"])
            % {"n": f"{proposal['deprecated']:,}"},
        ]
        counts = [proposal["approved"], proposal["drafts"], proposal["deprecated"]]
        parts = ", ".join(part for part, count in zip(parts, counts, strict=True) if count)
        made = ngettext("makes %(n)s term (%(parts)s)", "makes %(n)s terms (%(parts)s)", proposal["new"])
        said.append(made % {"n": f"{proposal['new']:,}", "parts": parts})
    if proposal["changed"]:
        changed = ngettext("changes %(n)s term", "changes %(n)s terms", proposal["changed"])
        said.append(changed % {"n": f"{proposal['changed']:,}"})
    if len(said) == 2:
        return _("%(made)s and %(changed)s, all at once.") % {"made": said[0], "changed": said[1]}
    return _("%(said)s, all at once.") % {"said": said[0]}


def read_as(contents):
    """What people compare of terms in an import, [{title: value}]: keys as the names behind them, lists in `meta` apart."""
    words = listing.titles()
    named = {
        "domain_id": Domain.objects.in_bulk({one["domain_id"] for one in contents if one.get("domain_id")}),
        "owner_id": Owner.objects.in_bulk({one["owner_id"] for one in contents if one.get("owner_id")}),
    }
    titles = {field.column: str(field.verbose_name) for field in Term._meta.concrete_fields}
    titles[STATE] = _("becomes")
    told = []
    for content in contents:
        facts = {}
        for column in COLUMNS:
            value = content.get(column)
            if column in named and value:
                value = str(named[column].get(uuid.UUID(value), _("something that is gone")))
            elif column == STATE:
                value = str(Term.Status(value).label) if value else ""
            elif column == "meta":
                continue
            facts[titles[column]] = value
        meta = content.get("meta") or {}
        facts[_("examples")] = meta.get("examples")
        for word, others in (meta.get("relations") or {}).items():
            facts[words.get(word, word)] = others
        told.append({title: value for title, value in facts.items() if value not in (None, "", [])})
    return told

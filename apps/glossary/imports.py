"""Files of terms: read, planned, looked at, and let happen in one transaction. Nothing in force is ever overwritten.

New terms enter as drafts, drafts are changed, and for each term in force one proposal is opened under the name of
whoever applies the plan (interop.md, section 7: the import never approves).
"""

import uuid

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.audit.context import acting
from apps.catalog.models import Domain, Owner
from apps.dcs.refusals import Conflict

from . import access, plans, sheets, skos, writing
from .models import Term, TermImport

FORMATS = ("csv", *skos.FORMATS)


def format_of(name):
    """The format that a file's name tells; empty if none."""
    suffix = name.rpartition(".")[2].lower()
    return "csv" if suffix == "csv" else skos.SUFFIXES.get(suffix, "")


def plan(data, *, name, by, format="", language="en", classes=False):
    """The stored plan for a file (bytes). Raises `sheets.Unreadable` for what is no such file."""
    access.may_write(by, permission="glossary.add_term").or_refuse()
    format = format or format_of(name)
    if format not in FORMATS:
        raise sheets.Unreadable(_("Choose a file that ends in .csv, .ttl, .rdf or .jsonld."))
    warnings = []
    if format == "csv":
        entries = sheets.read(data)
    else:
        found = skos.read(data, format=format, language=language, classes=classes)
        entries, warnings = found.entries, found.warnings
    rows = plans.plan(entries, stored(), known(by))
    with acting(by, reason=_("Import of %s") % name):
        return TermImport.objects.create(
            file_name=name[:255],
            format=format,
            options={"language": language, "classes": classes} if format != "csv" else {},
            rows=[row.told() for row in rows],
            warnings=warnings,
            author=by.user,
        )


def stored():
    """The terms as a plan compares with them; a hidden one still takes its name."""
    for term in Term.objects.all().as_entries():
        yield {**term, "uri": skos.uri_of(term)}


def known(reader):
    return {
        "domain": Domain.objects.visible_to(reader).values_list("name", flat=True),
        "owner": Owner.objects.visible_to(reader).values_list("name", flat=True),
    }


def apply(found, *, by):
    """Let a plan happen, all or nothing; errors stay out. Returns how many rows became what.

    Raises `Conflict` if the plan was applied before, or if a term has changed since it was made.
    """
    reason = _("Import of %s") % found.file_name
    with acting(by, reason=reason), transaction.atomic():
        found = TermImport.objects.select_for_update().get(pk=found.pk)
        if found.state != TermImport.State.PLANNED:
            raise Conflict(_("This import was settled before."), code="illegal_step")
        resolve = _resolver(by)
        made = dict.fromkeys(("created", "changed", "proposed", "same", "errors"), 0)
        terms = Term.objects.in_bulk([row["term"] for row in found.rows if row["action"] == plans.CHANGE])
        reviews, fresh = [], []
        for row in found.rows:
            if row["action"] == plans.CREATE:
                fresh.append(_drafted(row, resolve, by))
                made["created"] += 1
            elif row["action"] == plans.CHANGE:
                term = terms.get(uuid.UUID(row["term"]))
                outcome = _changed(row, term, resolve, by, reason)
                made["proposed" if outcome.review else "changed"] += 1
                if outcome.review:
                    reviews.append(str(outcome.review.pk))
            else:
                made["same" if row["action"] == plans.SAME else "errors"] += 1
        _store(fresh)
        found.state, found.applied_at = TermImport.State.APPLIED, timezone.now()
        found.outcome = {**made, "reviews": reviews}
        found.save(update_fields=["state", "applied_at", "outcome"])
    return found


def drop(found, *, by):
    """Set a plan aside. Raises `Conflict` if it was applied."""
    with acting(by, reason=_("Import of %s dropped") % found.file_name):
        found = TermImport.objects.select_for_update().get(pk=found.pk)
        if found.state != TermImport.State.PLANNED:
            raise Conflict(_("This import was settled before."), code="illegal_step")
        found.state = TermImport.State.DROPPED
        found.save(update_fields=["state"])
    return found


def _resolver(reader):
    """Names of domains and owners in any case → rows."""
    kinds = {
        "domain": {plans.folded(row.name): row for row in Domain.objects.visible_to(reader)},
        "owner": {plans.folded(row.name): row for row in Owner.objects.visible_to(reader)},
    }

    def resolve(values):
        found = dict(values)
        for kind, rows in kinds.items():
            if kind in found:
                found[kind] = rows.get(plans.folded(found[kind])) if found[kind] else None
        return found

    return resolve


def _drafted(row, resolve, by):
    values = resolve(row["values"])
    term = Term(author=by.user, **writing.columns(values))
    writing.into_meta(term, values)
    return term


def _store(terms):
    names = [term.name.lower() for term in terms]
    taken = Term.objects.called_any(names)
    if taken:
        raise Conflict(
            _("Since the plan was made somebody added %(names)s. Plan again.")
            % {"names": ", ".join(taken[:5])},
            code="plan_stale",
        )
    Term.objects.bulk_create(terms, batch_size=1000)


def _changed(row, term, resolve, by, reason):
    if term is None:
        raise Conflict(_("%s is gone since the plan was made. Plan again.") % row["name"], code="plan_stale")
    now = next(iter(Term.objects.filter(pk=term.pk).as_entries()))
    for field, (before, _after) in row["changes"].items():
        if (now.get(field) or None) != (before or None):
            raise Conflict(_("%s has changed since the plan was made. Plan again.") % term, code="plan_stale")
    values = resolve({field: row["values"][field] for field in row["changes"]})
    return writing.change(term, values, by=by, reason=reason)

"""Files of terms: read, planned, looked at, and proposed as one review. Nothing changes until it is approved.

With the approval everything happens in one transaction: see `apps.glossary.proposals`. The import itself approves
nothing (interop.md, section 7).
"""

import json

from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.context import acting
from apps.catalog.models import Domain, Owner
from apps.dcs.models import JobProgress
from apps.dcs.refusals import Conflict

from . import access, plans, proposals, sheets, skos
from .models import Term, TermImport

FORMATS = ("csv", *skos.FORMATS)
NAMED = 5


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
    rows = plans.plan(entries, stored(by), known(by))
    with acting(by, reason=_("Import of %s") % name):
        return TermImport.objects.create(
            file_name=name[:255],
            format=format,
            options={"language": language, "classes": classes} if format != "csv" else {},
            rows=[row.told() for row in rows],
            warnings=warnings,
            author=by.user,
        )


def stored(reader):
    """The terms as a plan compares with them; of a hidden one nothing but its name."""
    for term in Term.objects.all().as_entries():
        if term["visibility_rank"] > reader.clearance:
            yield {"id": term["id"], "name": term["name"], "uri": skos.uri_of(term), "hidden": True}
        else:
            yield {**term, "uri": skos.uri_of(term)}


def known(reader):
    return {
        "domain": Domain.objects.visible_to(reader).values_list("name", flat=True),
        "owner": Owner.objects.visible_to(reader).values_list("name", flat=True),
    }


def planned_again(found, reader):
    """The rows of an import, as JSON, planned once more from what its file says.

    A plan that somebody looks at is proposed as it stands: raises `Conflict` if it would be another now. One that is
    proposed already, and is merged, takes the new rows.
    """
    rows = [row.told() for row in plans.plan(plans.entries_of(found.rows), stored(reader), known(reader))]
    rows = json.loads(json.dumps(rows, default=str))
    if found.state == TermImport.State.PLANNED:
        moved = [now["name"] for now, shown in zip(rows, found.rows, strict=True) if _other(now, shown)]
        if moved:
            names = ", ".join(moved[:NAMED]) + (" …" if len(moved) > NAMED else "")
            raise Conflict(
                _("Since the plan was made something has changed: %(names)s. Plan again.") % {"names": names},
                code="plan_stale",
            )
    elif rows != found.rows:
        found.rows = rows
        found.save(update_fields=["rows"])
    return rows


def _other(now, shown):
    return any(now[part] != shown[part] for part in ("action", "term", "changes", "values"))


def plan_again(found, *, by):
    """Compare the file with what is stored by now. Raises `Conflict` once the import is proposed, applied or dropped."""
    access.may_write(by, permission="glossary.add_term").or_refuse()
    with acting(by, reason=_("Import of %s planned again") % found.file_name), transaction.atomic():
        found = still_a_plan(found)
        rows = plans.plan(plans.entries_of(found.rows), stored(by), known(by))
        found.rows = [row.told() for row in rows]
        found.save(update_fields=["rows"])
    return found


def propose(found, *, by, reason="", job=None):
    """Ask for a decision on the whole plan: one review with every row that makes or changes a term.

    `job` is the progress row of the work that does it, if that is not the request itself (`apps.glossary.proposing`).
    Returns the review; rows with errors stay out. Raises `Conflict` if the import is proposed, applied or dropped, if
    the plan would be another by now (`plan_stale`), or if nothing would change.
    """
    access.may_write(by, permission="glossary.add_term").or_refuse()
    reason = reason or _("Import of %s") % found.file_name
    with acting(by, reason=reason), transaction.atomic():
        found = still_a_plan(found, job=job)
        review = proposals.propose(found, {}, by=by, reason=reason)
        TermImport.objects.filter(pk=found.pk).update(state=TermImport.State.PROPOSED)
    return review


def drop(found, *, by):
    """Set a plan aside. Raises `Conflict` once it is proposed, applied or dropped."""
    access.may_write(by, permission="glossary.add_term").or_refuse()
    with acting(by, reason=_("Import of %s dropped") % found.file_name):
        found = still_a_plan(found)
        found.state = TermImport.State.DROPPED
        found.save(update_fields=["state"])
    return found


def still_a_plan(found, *, job=None):
    """The import, locked. Raises `Conflict` if it is no plan any more, or another job than `job` works on it."""
    found = TermImport.objects.select_for_update(no_key=True).defer("rows").get(pk=found.pk)
    working = JobProgress.objects.of(found).unfinished()
    if working.exclude(pk=job.pk if job is not None else None).exists():
        raise Conflict(_("The review of this import is being made. Wait until it is there."), code="running")
    if found.state != TermImport.State.PLANNED:
        said = {
            TermImport.State.PROPOSED: _("This import is in review already."),
            TermImport.State.APPLIED: _("This import was applied before."),
            TermImport.State.DROPPED: _("This import was dropped. Upload the file again."),
        }[found.state]
        raise Conflict(said, code="illegal_step")
    return found


def resolver(reader):
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

"""Reading schemas: files or a database are read in a job, and what was found becomes a plan (interop.md, sections 5 and 6).

A reader is registered by its kind (`READERS`) and returns a `Found`. The plan is shown before it is applied; without
any change there is none. The same jobs run from pages, commands, the API and, for connections, by schedule.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import orjson
from django.conf import settings
from django.utils.translation import gettext as _

from apps.audit.context import acting
from apps.catalog import documents
from apps.catalog.models import IngestionJob
from apps.dcs import jobs

from . import ingestion, origins, plan, uploads
from .known import known_to
from .readers.found import Found, Missed, ReaderError

KIND = "read schema"
STEPS = 3
SHOWN = 500  # notes and missed statements that the page of a job lists
MOST_DOCUMENTS = 10_000
UNKNOWN_TYPE = "W219"


@dataclass(frozen=True)
class Given:
    """What a reader is given: uploaded files as (name, path), or a location below the roots; and the person's choices."""

    files: tuple[tuple[str, Path], ...]
    choices: dict
    job: IngestionJob


# {kind: reader}. A reader takes a `Given` and `say(phase, done, total)`, which may raise to stop it, and returns a
# `Found`; it raises `ReaderError` and nothing else.
READERS: dict[str, Callable[[Given, Callable], Found]] = {}


def reader(kind):
    """Register the decorated function as the reader of a kind."""

    def register(read):
        READERS[kind] = read
        return read

    return register


# ---------- accepting ----------


def accept(kind, *, reader, choices, files=(), application=""):
    """Make the job that reads `files`, pairs of name and file object, or what `choices` names; returns it, pending.

    `choices` are kept with the job and shown: nothing secret. Raises `uploads.TooLarge` and `KeyError` for a kind
    that nobody reads.
    """
    READERS[kind]  # noqa: B018 - an unknown kind is the caller's mistake
    job = IngestionJob(
        source_type=kind,
        source_name=(choices.get("source") or "")[:255] or None,
        status=IngestionJob.Status.PENDING,
        triggered_by=reader.name,
        config={"reads": "schema", "choices": choices, "via": application or reader.via},
    )
    if files:
        uploads.keep(job, files, most=settings.SCHEMA_UPLOAD_MAX_BYTES, setting="SCHEMA_UPLOAD_MAX_BYTES")
    ingestion.store(job, KIND, _("A schema is to be read"), reader=reader)
    return job


def is_reading(job):
    """True for the job that read a schema; others ingest artifacts."""
    return job.config.get("reads") == "schema"


def enqueue(job):
    """Let a worker run `job` once the current transaction has committed."""
    from .tasks import ingest

    jobs.enqueue(ingest, queue="default", job_id=str(job.pk))


# ---------- running ----------


def run(job, say=None, *, at_once=False):
    """Read what `job` names and plan it; the job then names the plan. `at_once` and `say` as for ingestions."""
    return ingestion.run(job, say, at_once=at_once, work=_work)


def _work(job, reader, report):
    report(_("Reading"), 0, STEPS)
    given = Given(tuple(uploads.kept(job)), job.config["choices"], job)
    found = READERS[job.source_type](given, report)
    report(_("Comparing"), 1, STEPS)
    with acting(reader, reason=_("What J-%(number)d read is planned") % {"number": job.number}):
        made, drafted, found = planned(found, reader, job)
        report(_("Finishing"), 2, STEPS)
        job.source_name = found.source[:255]
        job.records_processed = len(drafted.steps)
        job.stats = told(found, drafted, made)
        ingestion.finish(job)


def planned(found, reader, job=None):
    """(plan or None, its draft, what was found): what the documents would change, stored if it is anything at all.

    Documents that the rules of the format refuse are left out, and count as missed.
    """
    taken, warnings, found = _taken(found, reader)
    drafted = plan.draft(taken, reader, plan.Options(), warnings, read=origins.read_by(found, job))
    return (plan.keep(drafted, reader) if drafted.moves else None), drafted, found


def _taken(found, reader):
    """(documents of the format, its warnings, what was found without the documents that it refuses)."""
    if not found.documents:
        return [], [], found
    if len(found.documents) > MOST_DOCUMENTS:
        words = _("There are %(n)d tables, more than %(most)d.")
        raise ReaderError(
            "too_many",
            words % {"n": len(found.documents), "most": MOST_DOCUMENTS},
            _("Read one schema at a time."),
        )
    found = replace(found, documents=origins.with_renames(found.documents))
    known = known_to(reader)
    result = _checked(found.documents, known)
    while not result.valid:
        kept = {document.number - 1 for document in result.documents}
        if (
            len(kept) == len(found.documents)
            or not result.documents
            and len(found.documents) > len(result.errors)
        ):
            problem = result.errors[0]
            raise ReaderError(problem.code, problem.message, problem.hint, problem.pointer)
        found = _without_refused(found, kept, result.errors)
        if not found.documents:
            return [], [], found
        result = _checked(found.documents, known)
    return result.documents, _warnings(result, found), found


def _warnings(result, found):
    """What the rules doubt, but for the names of types: the source itself knows them."""
    return [_placed(problem, found) for problem in result.warnings if problem.code != UNKNOWN_TYPE]


def _placed(problem, found):
    """A warning with the line of the file that was read, which its document came from."""
    urn = found.documents[problem.document - 1]["urn"]
    return replace(problem, line=(found.places or {}).get(urn, 1), column=1)


def _without_refused(found, kept, errors):
    """What was found with the documents at `kept` only; the others count as missed, each with its first fault."""
    why = {problem.document - 1: f"{problem.message} {problem.hint}".strip() for problem in reversed(errors)}
    missed, left = list(found.missed), []
    for position, each in enumerate(found.documents):
        if position in kept:
            left.append(each)
        else:
            words = why.get(position, _("The rules of documents refuse it."))
            missed.append(
                Missed(str(each.get("name", ""))[:200], words, (found.places or {}).get(each["urn"]))
            )
    return replace(found, documents=tuple(left), missed=tuple(missed))


def _checked(contents, known):
    limits = replace(
        plan.limits(), documents=MOST_DOCUMENTS, bundle=2**30, document=2**26, nodes=10**8, depth=100
    )
    return documents.read(
        orjson.dumps([{"data_capsule": each} for each in contents]), known=known, limits=limits
    )


def told(found, drafted, made):
    """What the job says for ever: how many capsules it read, what was noted and what was missed.

    No capsule is named here: whoever may see the plan learns from it which these are.
    """
    counts = plan.summary(drafted)
    return {
        "plan": {"id": str(made.pk), "number": made.number} if made else None,
        "origin": found.origin,
        "planned": {
            "create": counts["create"],
            "change": counts["change"],
            "no_change": counts["no_change"],
            "vanished": len(drafted.read.get("vanished", ())),
        },
        "missed": [asdict(each) for each in found.missed[:SHOWN]],
        "missed_count": len(found.missed),
        "notes": [asdict(note) for note in found.notes[:SHOWN]],
        "notes_count": len(found.notes),
    }

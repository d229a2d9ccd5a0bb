"""Reading the databases of source systems: opened, asked what they are made of, closed; the plan is made elsewhere."""

from pathlib import Path

from django.utils.translation import gettext as _

from apps.audit.context import acting
from apps.catalog import engines
from apps.catalog.models import IngestionJob, SourceSystem
from apps.dcs.refusals import Conflict
from apps.payload.sources import open_system
from apps.people.reader import system as as_system

from . import reading
from .readers import duckdb_tables, postgres, sqlite
from .readers.found import ReaderError

DEADLINE_S = 60  # of one query of a catalogue


def readable(system):
    """True for a source that names a database which the portal opens."""
    return bool(system.connection) and engines.engine_of(system.connection, system.kind) in engines.READ


def accept(system, *, reader, application=""):
    """Queue the job that reads a source system; asked again while one waits or runs, it is that one. Returns the job.

    Raises `Conflict` for a source without a database that the portal opens.
    """
    if not readable(system):
        raise Conflict(
            _("%(source)s names no database that the portal opens.") % {"source": system},
            code="no_data_source",
        )
    with acting(reader, reason=_("%(source)s is to be read") % {"source": system}):
        SourceSystem._base_manager.select_for_update().only("pk").get(pk=system.pk)
        waiting = IngestionJob._base_manager.filter(
            status__in=[IngestionJob.Status.PENDING, IngestionJob.Status.RUNNING],
            source_name=system.name,
            config__choices__system=str(system.pk),
        ).first()
        if waiting is not None:
            return waiting
        choices = {"source": system.name, "system": str(system.pk)}
        kind = engines.engine_of(system.connection, system.kind)
        job = reading.accept(kind, reader=reader, choices=choices, application=application)
        reading.enqueue(job)
    return job


def read(given, say):
    """Read the database of the source system that the job names; a reader of `reading`."""
    with acting(as_system("read_source")):
        system = SourceSystem._base_manager.filter(pk=given.choices["system"]).first()
    if system is None:
        raise ReaderError("no_source", _("The source system is gone."), _("Register it again."))
    return read_system(system, say)


for _engine in engines.READ:
    reading.reader(_engine)(read)


def read_system(system, say=None):
    """The `Found` of a source system's database. Raises `Unreadable`, `ReaderError`, and whatever `say` raises."""
    stored = system.connection
    engine = engines.engine_of(stored, system.kind)
    wanted = tuple(str(name) for name in stored.get("schemas") or ())
    with open_system(system, deadline_s=DEADLINE_S) as source:
        if engine == engines.POSTGRES:
            rows = postgres.gather(source.fetch, schemas=wanted, say=say)
        elif engine == engines.DUCKDB:
            rows = duckdb_tables.gather(source.fetch, say=say)
        else:
            rows = sqlite.gather(source.fetch, say=say)
    # What follows needs no connection: it is not held while queries are followed.
    if engine == engines.POSTGRES:
        return postgres.read(rows, source=system.name, database=stored["database"], schemas=wanted, say=say)
    database = Path(stored["path"]).stem
    if engine == engines.DUCKDB:
        return duckdb_tables.read(rows, source=system.name, database=database, schemas=wanted, say=say)
    return sqlite.read(rows, source=system.name, database=database, say=say)

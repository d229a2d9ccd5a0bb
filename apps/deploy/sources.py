"""Source systems: who may do what with them, trying their connections, removing them."""

from django.utils.translation import gettext as _

from apps.audit.context import acting
from apps.catalog.models import Capsule, SourceSystem
from apps.dcs import jobs
from apps.dcs.jobs import Progress
from apps.dcs.models import JobProgress
from apps.dcs.refusals import Conflict
from apps.payload import trials

RUN = "catalog.ingest"
ADD, CHANGE, REMOVE = "catalog.add_sourcesystem", "catalog.change_sourcesystem", "catalog.delete_sourcesystem"
TRIAL = "try connection"


def may_see_connection(reader):
    """True for those who run reads and those who administer connections (api.md)."""
    return reader.may(CHANGE) or reader.may(RUN)


def attempt(system, *, reader):
    """Try the connection and keep how it went; returns the `Trial`. Raises `Conflict` if there is no connection.

    Called outside of any transaction: the server may be slow to answer.
    """
    if not system.connection:
        raise Conflict(_("%(source)s has no connection yet.") % {"source": system}, code="no_data_source")
    trial = trials.attempt(system)
    with acting(reader, reason=_("Connection of %(source)s tried") % {"source": system}):
        row = jobs.start(TRIAL, asked_by=reader, subject=system)
        progress = Progress(row.pk, using="default")
        progress.begin()
        if trial.ok:
            progress.finish(trial.as_dict(), trial.said)
        else:
            progress.fail(trial.said)
            progress.rows.update(result=trial.as_dict())
    return trial


def last_trial(system):
    """The progress row of the last trial, None if nobody has tried."""
    return JobProgress.objects.of(system).filter(kind=TRIAL).order_by("-created_at").first()


def change(system, values, *, by, seen):
    """Store what people wrote of a source. Raises `Conflict` if it has changed since they saw it (`seen`)."""
    with acting(by, reason=_("Source system changed")):
        stored = SourceSystem._base_manager.select_for_update().get(pk=system.pk)
        if seen is not None and stored.updated_at != seen:
            raise Conflict(
                _("Somebody changed this source while you were writing. Open it again, then write."),
                code="stale",
            )
        moved = [name for name, value in values.items() if getattr(stored, name) != value]
        for name in moved:
            setattr(stored, name, values[name])
        if moved:
            stored.save(update_fields=moved)
    return stored


def remove(system, *, by):
    """Delete a source system that no capsule comes from. Raises `Conflict` if one does, hidden ones included."""
    with acting(by, reason=_("Source system removed")):
        held = Capsule._base_manager.filter(source_system=system)
        if held.exists():
            raise Conflict(
                _("Capsules come from %(source)s, so it stays. Its connection can be emptied.")
                % {"source": system},
                code="in_use",
            )
        system.delete()

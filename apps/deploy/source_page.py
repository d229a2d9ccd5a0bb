"""What the pages of source systems show: where each leads, what came from it, how its last runs went."""

from itertools import islice

from django.db.models import Count
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.catalog import engines
from apps.catalog.models import Capsule, IngestionJob, SourceSystem
from apps.catalog.page import listing
from apps.dcs import cron
from apps.payload.sources.secrets import reference_of

from . import databases, rights, sources
from .models import Plan, SourceSchedule
from .source_forms import ENGINES, ScheduleForm

RUNS = 10
TIMES = 3  # of a schedule, that its page tells


def told(systems, reader):
    """Each of a page of systems with `count` (of capsules), `listing` (where they are), `last` (run) and `next_due`; three queries."""
    counts = capsules_of(systems, reader)
    runs = (
        IngestionJob.objects.visible_to(reader)
        .of_pipelines(False)
        .filter(source_name__in=[system.name for system in systems])
        .order_by("source_name", "-started_at", "-number")
        .distinct("source_name")
    )
    last = {run.source_name: run for run in runs}
    due = dict(
        SourceSchedule.objects.visible_to(reader)
        .filter(source__in=[each.pk for each in systems], is_on=True)
        .values_list("source", "next_due")
    )
    for system in systems:
        system.count = counts.get(system.pk, 0)
        system.listing = listing(source=system.name)
        system.last = last.get(system.name)
        system.next_due = due.get(system.pk)
        system.engine = engine_words(system)
    return systems


def capsules_of(systems, reader):
    """{system id: how many capsules in use came from it, as far as the reader may know}."""
    found = (
        Capsule.objects.visible_to(reader).current().filter(source_system__in=[each.pk for each in systems])
    )
    return dict(found.order_by().values_list("source_system").annotate(n=Count("pk")))


def engine_words(system):
    """The engine that the portal opens, for people; empty for a source without a connection."""
    if not system.connection:
        return ""
    engine = engines.engine_of(system.connection, system.kind)
    return str(ENGINES.get(engine, engine))


def context(system, reader, form=None):
    """What the page of one source wants; `form` is that of its schedule as somebody has filled it in."""
    told([system], reader)
    schedule = (
        SourceSchedule.objects.visible_to(reader).filter(source=system).select_related("asked_by").first()
    )
    sees = sources.may_see_connection(reader)
    runs = reader.may(sources.RUN)
    readable = databases.readable(system)
    may_read = runs and readable and rights.may_plan(reader)
    return {
        "system": system,
        "facts": connection_facts(system) if sees else None,
        "trial": sources.last_trial(system) if sees else None,
        "runs": list(runs_of(system, reader)),
        "may_edit": reader.may(sources.CHANGE),
        "may_remove": reader.may(sources.REMOVE) and not system.count,
        "may_test": runs and readable,
        "read_url": reverse("deploy:read_source", args=[system.name]) if may_read else "",
        "schedule": schedule,
        "times": times_of(schedule),
        "reads": reads_of(schedule, reader),
        "form": (form or ScheduleForm(schedule=schedule)) if may_read else None,
        "readable": readable,
    }


def times_of(schedule):
    """The next times at which a schedule reads, an overdue one first."""
    if schedule is None or schedule.next_due is None:
        return []
    more = cron.slots(schedule.cron, schedule.zone, after=max(schedule.next_due, timezone.now()))
    return [schedule.next_due, *islice(more, TIMES - 1)]


def reads_of(schedule, reader):
    """The last times at which the schedule has read, each with its plan if the reader may know of it."""
    found = list(schedule.reads.select_related("job")[:RUNS]) if schedule else []
    plans = Plan.objects.visible_to(reader).filter(pk__in=[read.plan_id for read in found if read.plan_id])
    known = plans.only("number").in_bulk()
    for read in found:
        read.shown_plan = known.get(read.plan_id)
    return found


def runs_of(system, reader):
    """The last runs that read this source."""
    found = IngestionJob.objects.visible_to(reader).of_pipelines(False).filter(source_name=system.name)
    return found.order_by("-started_at", "-number")[:RUNS]


def connection_facts(system):
    """How the source is reached, as facts; its secrets by their names."""
    stored = system.connection
    said = [
        (_("Engine"), engine_words(system), False),
        (_("Host"), stored.get("host"), True),
        (_("Port"), stored.get("port"), True),
        (_("Database"), stored.get("database"), True),
        (_("Account"), stored.get("user"), True),
        (_("Password"), reference_of(stored, "password"), True),
        (_("Encryption"), stored.get("sslmode"), True),
        (_("File"), stored.get("path"), True),
        (_("Schemas"), ", ".join(map(str, stored.get("schemas") or ())), True),
    ]
    return [
        {"title": title, "value": str(value), "code": code}
        for title, value, code in said
        if value not in (None, "")
    ]


def found(reader, name):
    """The source of this name that the reader may know of, or None."""
    return SourceSystem.objects.visible_to(reader).filter(name=name).first()

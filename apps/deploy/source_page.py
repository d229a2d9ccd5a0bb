"""What the pages of source systems show: where each leads, what came from it, how its last runs went."""

from django.db.models import Count
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.catalog import engines
from apps.catalog.models import Capsule, IngestionJob, SourceSystem
from apps.catalog.page import listing
from apps.payload.sources.secrets import reference_of

from . import databases, rights, sources
from .source_forms import ENGINES

RUNS = 10


def told(systems, reader):
    """Each of a page of systems with `capsules` (how many), `listing` (where they are) and `last` (run); two queries."""
    counts = capsules_of(systems, reader)
    runs = (
        IngestionJob.objects.visible_to(reader)
        .of_pipelines(False)
        .filter(source_name__in=[system.name for system in systems])
        .order_by("source_name", "-started_at", "-number")
        .distinct("source_name")
    )
    last = {run.source_name: run for run in runs}
    for system in systems:
        system.count = counts.get(system.pk, 0)
        system.listing = listing(source=system.name)
        system.last = last.get(system.name)
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


def context(system, reader):
    """What the page of one source wants."""
    told([system], reader)
    sees = sources.may_see_connection(reader)
    runs = reader.may(sources.RUN)
    readable = databases.readable(system)
    return {
        "system": system,
        "facts": connection_facts(system) if sees else None,
        "trial": sources.last_trial(system) if sees else None,
        "runs": list(runs_of(system, reader)),
        "may_edit": reader.may(sources.CHANGE),
        "may_remove": reader.may(sources.REMOVE) and not system.count,
        "may_test": runs and readable,
        "read_url": reverse("deploy:read_source", args=[system.name])
        if runs and readable and rights.may_plan(reader)
        else "",
        "readable": readable,
    }


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

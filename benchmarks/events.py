"""A dbt build of 22 OpenLineage events, repeated to a thousand: received and projected, against reading them alone.

The measure is `json.loads` and the checks of each event, which nobody who receives them can do without.
"""

import json
import time
import uuid
from pathlib import Path

from .ingest import fresh_database

ESTATE = False  # it makes its own database
SESSION = (
    Path(__file__).parent.parent / "tests" / "fixtures" / "openlineage" / "dbt_ol_jaffle_classic_build.ndjson"
)
EVENTS = 1000


def run(small):
    """Receive and project a thousand events in one body, one by one, and once more; print each with its ratio."""
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connections

    many = repeated(EVENTS // (4 if small else 1))
    body = [json.dumps(one).encode() for one in many]
    with fresh_database(settings, connections):
        call_command("migrate", verbosity=0, interactive=False)
        alone = seconds(read, body)
        report(f"{len(many):,} events read and checked alone", alone, alone, len(many))
        report("kept, in one body", seconds(keep, [b"[" + b",".join(body) + b"]"]), alone, len(many))
        report("projected", seconds(project), alone, len(many))
        report("kept again, each in a body of its own", seconds(keep, body), alone, len(many))
        later = [json.dumps(one).encode() for one in repeated(len(many), start=10_000)]
        report("the next runs of the same jobs, kept", seconds(keep, later), alone, len(many))
        report("the next runs of the same jobs, projected", seconds(project), alone, len(many))


def repeated(number, start=0):
    """The recorded build again and again, each time with runs of its own."""
    session = [json.loads(line) for line in SESSION.read_text().splitlines()]
    found = []
    for turn in range(start, start + number // len(session) + 1):
        text = json.dumps(session)
        for run_id in {one["run"]["runId"] for one in session}:
            text = text.replace(run_id, str(uuid.uuid5(uuid.UUID(run_id), str(turn))))
        found += json.loads(text)
    return found[:number]


def read(body):
    from apps.deploy.readers import openlineage

    for one in body:
        _found, problems = openlineage.read(json.loads(one))
        assert not problems


def keep(body):
    from apps.audit.context import acting
    from apps.deploy import events
    from apps.deploy.readers import openlineage
    from apps.people.reader import system

    for one in body:
        found, _problems = openlineage.read(openlineage.decode(one))
        with acting(system("benchmark")):
            events.store(found, reader=system("benchmark"))


def project():
    from apps.deploy import events

    events.project_waiting()


def seconds(call, *arguments):
    begun = time.perf_counter()
    call(*arguments)
    return time.perf_counter() - begun


def report(name, took, alone, number):
    from .measure import record

    print(f"  {name:<45}{took:7.2f} s  {number / took:9,.0f} events/s  ×{took / alone:.1f} of reading alone")
    record(name, seconds=took, events=number, ratio=took / alone)

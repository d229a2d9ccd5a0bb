"""The jaffle shop, told through the same verbs that people use: ingested, then given owners and domains."""

from contextlib import ExitStack
from pathlib import Path

from apps.audit.context import acting
from apps.catalog import edits
from apps.catalog.models import (
    Capsule,
    Domain,
    IngestionJob,
    Owner,
    SourceSystem,
    Stewardship,
    TeamMembership,
)
from apps.deploy import applying, ingestion, plan
from apps.people.reader import reader_of, system
from apps.quality import profiling, running
from apps.workflow import reviews

from . import people

FILES = Path(__file__).parent / "jaffle_shop"
GOVERNED = FILES / "governed.yaml"
ARTIFACTS = ("manifest.json", "catalog.json", "run_results.json")
# Which of the shop's tables belong to which domain; the build itself says nothing of domains.
DOMAINS = {
    "Sales": (
        "Orders placed in the shops, and the customers who place them.",
        ("customers", "orders", "stg_customers", "stg_orders", "raw_customers", "raw_orders"),
    ),
    "Finance": ("What was paid, how, and when.", ("stg_payments", "raw_payments")),
}
TEAM = "Jaffle analytics"
# The tables that the build left in its file: those with rules, and the seeds. The others' last results are those of dbt.
CHECKED = ("customers", "orders", "stg_orders")
PROFILED = (*CHECKED, "raw_customers", "raw_orders", "raw_payments")


class DemoFailed(Exception):
    """The demo could not be made; the message says why."""


def tell():
    """Make the demo, all of it or nothing; returns the ingestion job. Raises `DemoFailed`."""
    with acting(system("demo"), reason="The demo"):
        return _tell(people.bring_in())


def _tell(found):
    """Ingest the shop as the producer would, and give it domains and keepers as the steward would."""
    producer, steward = found["producer"], found["steward"]
    with ExitStack() as stack:
        files = [(name, stack.enter_context((FILES / name).open("rb"))) for name in ARTIFACTS]
        job = ingestion.accept(files, reader=reader_of(producer, via="task"), application="demo")
    ingestion.run(job, at_once=True)
    if job.status != IngestionJob.Status.COMPLETED:
        raise DemoFailed(job.error_message)
    with acting(reader_of(found["admin"], via="task"), reason="The build left its tables in a DuckDB file"):
        SourceSystem.objects.filter(name="jaffle_shop").update(
            connection={"driver": "duckdb", "path": "jaffle_shop/jaffle_classic.duckdb"},
            description="The classic jaffle shop, built by dbt on DuckDB.",
        )
    with acting(reader_of(steward, via="task"), reason="The shop's tables get their owners"):
        team, _made = Owner.objects.get_or_create(
            name=TEAM,
            kind="team",
            defaults={"email": "analytics@jaffle.example", "slack_channel": "#jaffle-data"},
        )
        TeamMembership.objects.get_or_create(owner=team, user=producer)
        for name, (description, tables) in DOMAINS.items():
            domain, _made = Domain.objects.get_or_create(
                name=name, defaults={"description": description, "owner": team}
            )
            for keeper in (steward, found["steward2"]):
                Stewardship.objects.get_or_create(domain=domain, user=keeper)
            for capsule in Capsule.objects.current().filter(
                name__in=tables, source_system__name="jaffle_shop"
            ):
                edits.revise(capsule, by=steward, owner=team, domain=domain)
    agree(found)
    ask_for_checks()
    return job


def agree(found):
    """The producer proposes policies and a contract, and whoever decides on them agrees."""
    reader = reader_of(found["producer"], via="task")
    proposed = applying.apply(plan.make(GOVERNED.read_bytes(), reader), reader=reader)
    for review in proposed.reviews.order_by("number"):
        decider = found["contractowner" if review.kind == "contract" else "policyadmin"]
        reviews.decide(review, "approve", shown=review.proposal_hash, by=decider, reason="As we agreed.")


def ask_for_checks():
    """Let the worker check the shop's rules on its data and profile its columns, once the portal runs; returns the runs."""
    shop = Capsule.objects.current().filter(source_system__name="jaffle_shop")
    return [
        accept(capsule, reader=system("demo"))
        for accept, names in ((running.accept, CHECKED), (profiling.accept, PROFILED))
        for capsule in shop.filter(name__in=names).select_related("source_system").order_by("urn")
    ]

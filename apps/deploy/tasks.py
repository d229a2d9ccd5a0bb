"""Ingestion, and applying large plans, in the background."""

from procrastinate.contrib.django import app

from apps.catalog.models import IngestionJob
from apps.policy import detecting

from . import background, due, events, ingestion, reading, schedules


@app.task(name="deploy.ingest", queue="default", pass_context=False)
def ingest(job_id):
    """Run one ingestion, or reading of a schema; a second run of a finished job does nothing, one of a killed job begins anew."""
    job = IngestionJob.objects.filter(pk=job_id).first()
    if job is not None:
        job = (reading if reading.is_reading(job) else ingestion).run(job)
        schedules.settle(job)
        if job.status == job.Status.COMPLETED and job.started_at:
            detecting.after(job.started_at)


@app.task(name="deploy.apply", queue="default", pass_context=False)
def apply_plan(job_id):
    """Apply the plan of one job; a second run of a finished job does nothing, one of a killed job begins anew."""
    background.run(job_id)


@app.periodic(cron="* * * * *")
@app.task(
    name="deploy.apply_due", queueing_lock="deploy.apply_due", lock="deploy.apply_due", pass_context=False
)
def apply_due(timestamp=0):
    """Apply the plans whose moment has come; one run after another, and a plan is applied once."""
    due.apply_due()


@app.periodic(cron="* * * * *")
@app.task(name="deploy.read_due", queueing_lock="deploy.read_due", lock="deploy.read_due", pass_context=False)
def read_due(timestamp=0):
    """Queue the readings of sources whose time has come; each time is used once, however many schedulers look."""
    schedules.enqueue_due()


@app.task(name="deploy.project_events", queue="default", pass_context=False)
def project_events():
    """Project the lineage events that wait; one run after another, and one without any does nothing."""
    events.project_waiting()

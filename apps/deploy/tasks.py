"""Ingestion in the background."""

from procrastinate.contrib.django import app

from apps.catalog.models import IngestionJob

from . import ingestion


@app.task(name="deploy.ingest", queue="default", pass_context=False)
def ingest(job_id):
    """Run one ingestion; a second run of a finished job does nothing, one of a killed job begins anew."""
    job = IngestionJob.objects.filter(pk=job_id).first()
    if job is not None:
        ingestion.run(job)

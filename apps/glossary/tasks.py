"""What takes longer than a page may, in the background; every task may run twice without harm."""

from procrastinate.contrib.django import app

from . import proposing


@app.task(name="glossary.propose", queue="default")
def propose(job_id):
    """Make the review of a long import."""
    proposing.run(job_id)

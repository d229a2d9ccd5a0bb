"""Keeping the log in order, in the background."""

from django.db import connection
from procrastinate.contrib.django import app

from . import seals


@app.periodic(cron="10 0 * * *")
@app.task(name="audit.make_partitions", queueing_lock="audit.make_partitions")
def make_partitions(timestamp=0):
    """Make the log's partitions for the months to come; does nothing when they are there."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT dcs.make_audit_partitions()")


@app.periodic(cron="*/5 * * * *")
@app.task(name="audit.seal", queueing_lock="audit.seal")
def seal(timestamp=0):
    """Seal what is finished; two at once, or one after a day without any, make the same chain."""
    seals.seal()

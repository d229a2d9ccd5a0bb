"""Keeping the catalogue's own tables in order, in the background."""

from procrastinate.contrib.django import app

from apps.audit.context import acting
from apps.people.reader import system

from . import summary


@app.periodic(cron="*/15 * * * *")
@app.task(name="discovery.refresh_summary", queueing_lock="discovery.refresh_summary")
def refresh_summary(timestamp=0):
    """Count the materialised summary anew; does nothing while somebody else does."""
    try:
        summary.refresh(system("refresh_summary"))
    except summary.SummaryIsRefreshing:
        return


@app.periodic(cron="* * * * *")
@app.task(name="discovery.follow", queueing_lock="discovery.follow")
def follow(timestamp=0):
    """Count the summary anew soon after something was ingested or applied."""
    with acting(system("refresh_summary")):
        behind = summary.is_behind()
    if behind:
        refresh_summary()


@app.periodic(cron="5 0 * * *")
@app.task(name="discovery.recount", queueing_lock="discovery.recount")
def recount(timestamp=0):
    """Count what a new day changes, and forget names that nothing has any more."""
    with acting(system("recount")):
        summary.recount()

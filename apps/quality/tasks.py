"""Checking rules in the background: runs that were asked for, and those whose time has come."""

from procrastinate.contrib.django import app

from . import keeping, running, schedules


@app.task(name="quality.check", queue="profile", pass_context=False)
def check(run_id, tries=0):
    """Carry out one run; a second time does nothing once it is over, and begins anew after a worker's death."""
    running.carry_out(run_id, tries=tries)


@app.periodic(cron="* * * * *")
@app.task(
    name="quality.check_due", queueing_lock="quality.check_due", lock="quality.check_due", pass_context=False
)
def check_due(timestamp=0):
    """Queue a run for each capsule whose time has come; each time is used once, however many schedulers look."""
    schedules.enqueue_due()


@app.periodic(cron="40 2 * * *")
@app.task(
    name="quality.forget",
    queueing_lock="quality.forget",
    lock="quality.forget",
    pass_context=False,
)
def forget(timestamp=0):
    """Delete profiles, results and runs that have outlived their time; a second run on a day finds nothing."""
    keeping.forget()

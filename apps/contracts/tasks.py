"""Contracts in the background: looked at when their time has come, and at once after checks and runs."""

from procrastinate.contrib.django import app

from . import monitor


@app.task(name="contracts.evaluate", queue="default", pass_context=False)
def evaluate(capsule_id):
    """Look at the contract in force of a capsule; a second time stores nothing again."""
    monitor.evaluate_capsule(capsule_id)


@app.periodic(cron="* * * * *")
@app.task(
    name="contracts.evaluate_due",
    queueing_lock="contracts.evaluate_due",
    lock="contracts.evaluate_due",
    pass_context=False,
)
def evaluate_due(timestamp=0):
    """Look at every contract whose time has come."""
    monitor.evaluate_due()


@app.periodic(cron="5 * * * *")
@app.task(name="contracts.end_due", queueing_lock="contracts.end_due", pass_context=False)
def end_due(timestamp=0):
    """End the contracts whose last day has come."""
    monitor.end_due()

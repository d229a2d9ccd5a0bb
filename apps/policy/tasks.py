"""Looking for personal data in the background; every task may run twice without harm."""

import datetime

from procrastinate.contrib.django import app

from . import detecting


@app.task(name="policy.look_for_personal_data", queue="profile", pass_context=False)
def look_for_personal_data(job_id):
    """Look at one capsule."""
    detecting.run(job_id)


@app.task(name="policy.look_at_new", queue="profile", lock="policy.look_at_new", pass_context=False)
def look_at_new(since):
    """Look at what an ingestion has added or changed."""
    detecting.look_at_new(datetime.datetime.fromisoformat(since))

"""Looking for personal data and reminding of reviews in the background; every task may run twice without harm."""

import datetime

from django.utils import timezone
from procrastinate.contrib.django import app

from apps.audit.context import acting
from apps.people.reader import system

from . import detecting, reminding


@app.task(name="policy.look_for_personal_data", queue="profile", pass_context=False)
def look_for_personal_data(job_id):
    """Look at one capsule."""
    detecting.run(job_id)


@app.task(name="policy.look_at_new", queue="profile", lock="policy.look_at_new", pass_context=False)
def look_at_new(since):
    """Look at what an ingestion has added or changed."""
    detecting.look_at_new(datetime.datetime.fromisoformat(since))


@app.periodic(cron="20 * * * *")
@app.task(name="policy.remind_of_reviews", queueing_lock="policy.remind_of_reviews")
def remind_of_reviews(timestamp=0):
    """Remind of policies whose review comes near, is due or overdue; each stage is told once."""
    with acting(system("remind_of_policy_reviews")):
        reminding.remind(on=timezone.now().date())

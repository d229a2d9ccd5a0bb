"""Reminding and mailing, in the background; every task may run twice without harm."""

from django.utils import timezone
from procrastinate.contrib.django import app

from apps.audit.context import acting
from apps.people.reader import system

from . import notices
from .models import Review


@app.periodic(cron="30 6 * * *")
@app.task(name="workflow.remind", queueing_lock="workflow.remind")
def remind(timestamp=0):
    """Remind those who can decide after two working days, escalate after five; each stage is told once."""
    with acting(system("remind_of_reviews")):
        today = timezone.localdate()
        for review in Review.objects.submitted().order_by("number"):
            notices.remind(review, on=today)


@app.periodic(cron="*/5 * * * *")
@app.task(name="workflow.mail", queueing_lock="workflow.mail")
def mail(timestamp=0):
    """Send what people want by mail: at once, or together once a day."""
    with acting(system("mail_notices")):
        notices.send(at=timezone.now())

"""Project the lineage events that wait, or all of them anew."""

import sys

from django.core.management.base import BaseCommand

from apps.deploy import events
from apps.deploy.models import LineageEvent


class Command(BaseCommand):
    help = "Project the OpenLineage events that wait. The worker does this by itself."

    def add_arguments(self, parser):
        parser.add_argument("--failed", action="store_true", help="Try those again that failed.")
        parser.add_argument(
            "--rebuild", action="store_true", help="Work out everything from all events anew."
        )

    def handle(self, *args, failed, rebuild, **options):
        if failed:
            events.retry()
        done = (events.rebuild if rebuild else events.project_waiting)(say=self._say)
        left = LineageEvent.objects.filter(projected_at__isnull=True).exclude(error="").count()
        self.stdout.write(f"{done} events projected, {left} failed.")

    def _say(self, done):
        if sys.stderr.isatty():
            self.stderr.write(f"{done} events\r", ending="")

"""Fill an empty portal with the jaffle shop."""

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from apps.catalog.models import Capsule
from apps.demo import story


class Command(BaseCommand):
    help = "Bring in the demo's people and the jaffle shop."

    def add_arguments(self, parser):
        parser.add_argument(
            "--if-empty", action="store_true", help="Do nothing when there is a person or a capsule."
        )

    def handle(self, *args, if_empty, **options):
        if if_empty and (get_user_model().objects.exists() or Capsule.objects.exists()):
            return
        try:
            job = story.tell()
        except story.DemoFailed as error:
            raise CommandError(f"The demo could not be made: {error}") from None
        capsules = job.stats["counts"]["capsules"]["created"] if "counts" in job.stats else 0
        self.stdout.write(f"The jaffle shop is in: {capsules} capsules.")

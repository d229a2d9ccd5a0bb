"""Write the description of the API where people and programs find it: `docs/openapi.yaml`."""

from django.conf import settings
from django.core.management.base import BaseCommand

from portal.api import docs


class Command(BaseCommand):
    help = "Write docs/openapi.yaml from the code."

    def handle(self, *args, **options):
        path = settings.BASE_DIR / "docs" / "openapi.yaml"
        path.write_bytes(docs.as_yaml())
        self.stdout.write(f"Wrote {path.relative_to(settings.BASE_DIR)}.")

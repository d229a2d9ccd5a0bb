"""Make the groups of the roles, or write down what the roles are."""

from django.conf import settings
from django.core.management.base import BaseCommand

from apps.audit.context import acting
from apps.people import groups, permission_table
from apps.people.reader import system

DOCUMENT = settings.BASE_DIR / "docs" / "permissions.md"


class Command(BaseCommand):
    help = "Give every role's group exactly its permissions; changes only what differs."

    def add_arguments(self, parser):
        parser.add_argument("--database", default="default", help="The connection to use (default: default).")
        parser.add_argument(
            "--document", action="store_true", help="Write docs/permissions.md instead; touches no database."
        )

    def handle(self, *args, database, document, verbosity, **options):
        if document:
            DOCUMENT.write_text(permission_table.as_markdown())
            self.stdout.write(f"Wrote {DOCUMENT.relative_to(settings.BASE_DIR)}.")
            return
        with acting(system("sync_roles"), reason="Roles as the portal's table has them", using=database):
            report = groups.sync(using=database)
        if verbosity:
            self._tell(report)

    def _tell(self, report):
        for name in report.made:
            self.stdout.write(f"{name}: made")
        for name, permissions in report.given.items():
            self.stdout.write(f"{name}: given {', '.join(permissions)}")
        for name, permissions in report.taken.items():
            self.stdout.write(f"{name}: taken {', '.join(permissions)}")
        if not (report.made or report.given or report.taken):
            self.stdout.write("Every role has its permissions already.")
        if report.missing:
            self.stdout.write(self.style.WARNING("No installed app declares these permissions:"))
            for permission, names in sorted(report.missing.items()):
                self.stdout.write(f"  {permission} (for {', '.join(names)})")

"""Delete results and profiles that have outlived their time, or say how many these are."""

import json

from django.core.management.base import BaseCommand, CommandError

from apps.quality import keeping


class Command(BaseCommand):
    help = (
        "Delete old profiles, checks and runs, as PROFILES_KEPT, QUALITY_CHECKS_KEPT and QUALITY_CHECKS_KEPT_DAYS say. The "
        "portal does it each night by itself. The newest stay, and the checks of capsules with an open incident."
    )

    def add_arguments(self, parser):
        parser.add_argument("--dry-run", action="store_true", help="Count, and delete nothing.")
        parser.add_argument("--profiles", type=int, help="Profiles of each column that stay.")
        parser.add_argument("--checks", type=int, help="Checks of each rule that stay, whatever their age.")
        parser.add_argument("--days", type=int, help="Days for which all checks stay.")
        parser.add_argument("--json", action="store_true", help="Print the numbers as JSON and nothing else.")

    def handle(self, *args, dry_run, profiles, checks, days, **options):
        stated = keeping.Terms.stated()
        given = {
            "profiles": stated.profiles if profiles is None else profiles,
            "checks": stated.checks if checks is None else checks,
            "days": stated.days if days is None else days,
        }
        if any(value < least for value, least in zip(given.values(), (1, 1, 0), strict=True)):
            raise CommandError("Keep at least one profile and one check, for no fewer than 0 days.")
        terms = keeping.Terms(**given)
        found = keeping.outlived(terms) if dry_run else keeping.forget(terms)
        if options["json"]:
            self.stdout.write(json.dumps({"dry_run": dry_run, **found}))
            return
        word = "would be deleted" if dry_run else "deleted"
        for table, rows in found.items():
            self.stdout.write(f"{rows:>12,} of {table} {word}")

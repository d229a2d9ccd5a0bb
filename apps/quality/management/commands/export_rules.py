"""Write the rules of a capsule as a file of another tool."""

from pathlib import Path

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from apps.catalog.addresses import find
from apps.people.reader import reader_of, system
from apps.quality import exports


class Command(BaseCommand):
    help = "Write the rules of CAPSULE (a URN) as a suite of Great Expectations or checks of Soda, and say what has no equivalent."

    def add_arguments(self, parser):
        parser.add_argument("capsule", help="The URN of a capsule.")
        parser.add_argument("--to", dest="tool", required=True, choices=list(exports.TOOLS))
        parser.add_argument("--out", type=Path, help="Write to this file instead of the standard output.")
        parser.add_argument("--as", dest="person", help="The person who acts; default: the system.")

    def handle(self, *args, capsule, tool, out, person, **options):
        reader = self._reader(person)
        found = find(capsule, reader)
        if found is None:
            raise CommandError(f"There is no capsule {capsule}.")
        made = exports.of(found, reader, tool)
        if out:
            out.write_text(made.text, encoding="utf-8")
        else:
            self.stdout.write(made.text, ending="")
        told = self.stdout if out else self.stderr
        told.write(f"{made.written} rules written, {len(made.left_out)} left out.")
        for each in made.unmapped:
            word = "note" if each.written else "left out"
            told.write(f"  {word}: R-{each.rule.number} {each.rule.name}: {each.why}")

    @staticmethod
    def _reader(person):
        if not person:
            return system("export_rules")
        user = get_user_model().objects.filter(username=person, is_active=True).first()
        if user is None:
            raise CommandError(f"Nobody who may sign in is called {person}.")
        return reader_of(user, application="command", via="task")

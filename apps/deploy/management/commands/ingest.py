"""Ingest the artifacts of a tool from a folder, as a pipeline would."""

import sys
from contextlib import ExitStack
from pathlib import Path

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from apps.catalog.models import IngestionJob
from apps.deploy import ingestion
from apps.people.reader import reader_of, system

NAMES = ("manifest.json", "catalog.json", "run_results.json", "sources.json")


class Command(BaseCommand):
    help = "Read dbt artifacts from PATH (a folder such as target/, or files) and apply them."

    def add_arguments(self, parser):
        parser.add_argument("source", choices=["dbt"])
        parser.add_argument("path", nargs="+", type=Path)
        parser.add_argument("--as", dest="person", help="The person who ingests; default: the system.")
        parser.add_argument(
            "--accept-vanished", action="store_true", help="Retire capsules even if many are gone."
        )
        parser.add_argument("--no-column-lineage", action="store_true", help="Do not read the models' code.")

    def handle(self, *args, source, path, person, accept_vanished, no_column_lineage, **options):
        options = ingestion.Options(accept_vanished=accept_vanished, column_lineage=not no_column_lineage)
        with ExitStack() as stack:
            files = [(found.name, stack.enter_context(found.open("rb"))) for found in self._files(path)]
            try:
                job = ingestion.accept(
                    files, reader=self._reader(person), options=options, application="command"
                )
            except ingestion.TooLarge as error:
                raise CommandError(str(error)) from None
        ingestion.run(job, say=self._say if sys.stderr.isatty() else None)
        self._report(job)

    @staticmethod
    def _files(paths):
        found = []
        for path in paths:
            if path.is_dir():
                found += [path / name for name in NAMES if (path / name).is_file()]
            elif path.is_file():
                found.append(path)
            else:
                raise CommandError(f"{path} does not exist.")
        if not found:
            raise CommandError(f"No manifest.json in {', '.join(map(str, paths))}. Name dbt's target folder.")
        return found

    @staticmethod
    def _reader(person):
        if not person:
            return system("ingestion")
        user = get_user_model().objects.filter(username=person, is_active=True).first()
        if user is None:
            raise CommandError(f"Nobody who may sign in is called {person}.")
        return reader_of(user, application="command", via="task")

    def _say(self, phase, done, total):
        self.stderr.write(f"{phase} {f'{done} of {total}' if total else ''}\r", ending="")

    def _report(self, job):
        if job.status != IngestionJob.Status.COMPLETED:
            raise CommandError(f"{job}: {job.error_message}")
        same = job.stats.get("identical_to")
        if same:
            self.stdout.write(f"{job}: no changes, the files are those of J-{same}.")
            return
        self.stdout.write(f"{job}: {job.duration_ms / 1000:.1f} s")
        for kind, numbers in job.stats["counts"].items():
            words = ", ".join(f"{number} {word}" for word, number in numbers.items() if number)
            self.stdout.write(f"  {kind.replace('_', ' '):<14}{words or 'none'}")
        for note in job.stats["notes"]:
            if note["severity"] != "info":
                self.stdout.write(f"  {note['severity']}: {note['message']}")
        for kept in job.stats["kept"]:
            self.stdout.write(f"  kept: {kept['field']} of {kept['urn']}, edited by {kept['by']}")

"""Ingest the artifacts of a tool from a folder, or read the schema of files, as a pipeline would."""

import sys
from contextlib import ExitStack
from pathlib import Path

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from apps.catalog.models import IngestionJob
from apps.deploy import ingestion, reading
from apps.deploy.readers.ddl import DIALECTS
from apps.deploy.schema_files import DDL, FILES
from apps.people.reader import reader_of, system
from portal_client import CHANGES

NAMES = ("manifest.json", "catalog.json", "run_results.json", "sources.json")


class Command(BaseCommand):
    help = (
        "Read dbt artifacts from PATH (a folder such as target/, or files) and apply them; or plan what SQL in the file"
        " PATH would change: `ingest ddl schema.sql --source shop`; or what data files would: `ingest files a.parquet --source"
        " lake`, `ingest files --location lake/orders --source lake`. Ends with 2 if a plan waits."
    )

    def add_arguments(self, parser):
        parser.add_argument("kind", choices=["dbt", DDL, FILES])
        parser.add_argument("path", nargs="*", type=Path)
        parser.add_argument("--location", default="", help="A place below PAYLOAD_ROOTS, instead of PATH.")
        parser.add_argument("--as", dest="person", help="The person who ingests; default: the system.")
        parser.add_argument(
            "--accept-vanished", action="store_true", help="Retire capsules even if many are gone."
        )
        parser.add_argument("--no-column-lineage", action="store_true", help="Do not read the models' code.")
        parser.add_argument("--source", help="The name of the source system that the files describe.")
        parser.add_argument("--dialect", choices=list(DIALECTS), default="postgres", help="Of SQL.")
        parser.add_argument("--database", default="", help="The database of names that say none.")
        parser.add_argument("--schema", default="", help="The schema of names that say none.")
        parser.add_argument(
            "--whole", action="store_true", help="What the files do not name has vanished from these schemas."
        )

    def handle(self, *args, kind, path, person, **options):
        if kind == "dbt":
            self._ingest(path, person, **options)
        else:
            self._read(kind, path, person, **options)

    def _read(self, kind, paths, person, **options):
        """Plan what files say; the plan is applied by `manage.py apply`."""
        if not options["source"]:
            raise CommandError("Name the source system that this describes: --source shop.")
        names = ["source", *(("dialect", "database", "schema", "whole") if kind == DDL else ())]
        choices = {name: options[name] for name in names}
        if bool(paths) == bool(options["location"]):
            raise CommandError("Name a file, or a place with --location; one of the two.")
        if options["location"]:
            choices["location"] = options["location"]
        with ExitStack() as stack:
            files = [(path.name, stack.enter_context(path.open("rb"))) for path in self._plain(paths)]
            try:
                job = reading.accept(
                    kind,
                    reader=self._reader(person),
                    choices=choices,
                    files=files,
                    application="command",
                )
            except ingestion.TooLarge as error:
                raise CommandError(str(error)) from None
        reading.run(job, say=self._say if sys.stderr.isatty() else None)
        self._planned(job)

    @staticmethod
    def _plain(paths):
        for path in paths:
            if not path.is_file():
                raise CommandError(f"{path} is no file.")
        return paths

    def _planned(self, job):
        if job.status != IngestionJob.Status.COMPLETED:
            raise CommandError(f"{job}: {job.error_message}")
        stats = job.stats
        for each in stats["missed"]:
            place = f"line {each['line']}: " if each["line"] else ""
            self.stdout.write(f"  missed: {place}{each['text']} ({each['why']})")
        for note in stats["notes"]:
            self.stdout.write(f"  {note['severity']}: {note['message']}")
        if stats["plan"] is None:
            self.stdout.write(f"{job}: no changes.")
            return
        said = ", ".join(
            f"{number} {word.replace('_', ' ')}" for word, number in stats["planned"].items() if number
        )
        number, key = stats["plan"]["number"], stats["plan"]["id"]
        self.stdout.write(f"{job}: {said}. PL-{number}: apply it with `apply {key}` within a day.")
        sys.exit(CHANGES)

    def _ingest(self, path, person, *, accept_vanished, no_column_lineage, **options):
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

"""Compare two documents, or a document with what is stored; nothing is written."""

from pathlib import Path

from django.core.management.base import CommandError

from apps.audit.context import acting
from apps.catalog import documents, snapshots
from apps.catalog.changes.change import verdict
from apps.catalog.changes.classify import classify
from apps.catalog.models import Capsule, CapsuleVersion
from apps.deploy import plan
from apps.deploy.management.documents import DocumentCommand
from apps.deploy.wanted import PAST
from portal_client import CHANGES, NOTHING, SIGNS


class Command(DocumentCommand):
    help = "Say what lies between A and B: files, URNs for what is stored, or URN@version. Ends with 0 or 2."

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.add_argument("a", help="A file, a URN, or URN@version (a number or a name).")
        parser.add_argument("b", help="The same.")

    def run(self, *, a, b, person, **options):
        reader = self.reader(person)
        if all(Path(name).is_file() for name in (a, b)):
            old, new = self._file(a), self._file(b)  # needs no portal
        else:
            with acting(reader, reason="diff"):
                old, new = self._either(a, reader), self._either(b, reader)
        changes = classify(old, new)
        consumer, producer = verdict(changes)
        answer = {
            "items": [change.item() for change in changes],
            "verdict": {"consumer": str(consumer), "producer": str(producer)},
        }
        self.say(
            answer,
            [
                f"{SIGNS[change.action]} {change.code} {change.name}: {change.why_consumer}"
                for change in changes
            ],
        )
        return CHANGES if changes else NOTHING

    def _either(self, name, reader):
        if Path(name).is_file():
            return self._file(name)
        urn, _at, version = name.partition("@")
        capsule = Capsule.objects.visible_to(reader).filter(urn=urn).first()
        if capsule is None:
            raise CommandError(f"{name} is neither a file nor a capsule.")
        if not version:
            return snapshots.states([capsule.pk])[capsule.pk]
        found = CapsuleVersion.objects.visible_to(reader).kept().filter(capsule=capsule)
        found = found.filter(number=int(version)) if version.isdecimal() else found.filter(name=version)
        if found.first() is None:
            raise CommandError(f"{urn} has no version {version}.")
        return found.first().snapshot

    @staticmethod
    def _file(name):
        reading = documents.read(Path(name).read_bytes())
        if not reading.valid:
            raise plan.DocumentInvalid(reading)
        if len(reading.documents) != 1:
            raise CommandError(f"{name} holds {len(reading.documents)} documents; name one with one.")
        canonical = reading.documents[0].canonical
        return {key: value for key, value in canonical.items() if key not in PAST}

"""Look for personal data in capsules, at once, and say what was found: types and counts, never a value."""

import json

from django.core.management.base import BaseCommand, CommandError

from apps.audit.context import acting
from apps.catalog.addresses import find
from apps.catalog.models import Capsule
from apps.people.reader import system
from apps.policy import detecting, evidence
from apps.policy.models import PIISuggestion


class Command(BaseCommand):
    help = "Look for personal data in CAPSULE (a URN, or a name that several may have), or in all of them with --all."

    def add_arguments(self, parser):
        parser.add_argument("capsule", nargs="*", help="URNs, or names of capsules.")
        parser.add_argument("--all", action="store_true", help="Every capsule in use.")
        parser.add_argument("--names", action="store_true", help="Look at names alone, read no value.")
        parser.add_argument("--json", action="store_true", help="Print one line of JSON for each capsule.")

    def handle(self, *args, capsule, names, **options):
        if bool(capsule) == options["all"]:
            raise CommandError("Name capsules, or say --all.")
        reader = system("detect_personal_data")
        with acting(reader):
            found = list(self._capsules(capsule, reader))
        if not found:
            raise CommandError("No capsule is called so.")
        for one in found:
            told = detecting.look(one, by=reader, values=not names)
            with acting(reader):
                rows = PIISuggestion.objects.open().filter(column__capsule=one)
                waiting = list(rows.select_related("column", "origin__capsule"))
                lines = [
                    (row.column.name, row.pii_type, float(row.confidence), evidence.sentence(row))
                    for row in waiting
                ]
            if options["json"]:
                keys = ("column", "pii_type", "confidence", "evidence")
                self.stdout.write(
                    json.dumps(
                        {
                            "urn": one.urn,
                            **told,
                            "waiting": [dict(zip(keys, line, strict=True)) for line in lines],
                        }
                    )
                )
                continue
            self.stdout.write(
                f"{one.urn}: {told['columns']} columns, {len(lines)} wait for an answer. {told['unread']}"
            )
            for name, pii_type, confidence, sentence in lines:
                self.stdout.write(f"  {name}: {pii_type} ({confidence:.2f}). {sentence}")

    @staticmethod
    def _capsules(wanted, reader):
        known = Capsule.objects.visible_to(reader).filter(retired_at=None).select_related("source_system")
        if not wanted:
            yield from known.order_by("urn")
            return
        for text in wanted:
            one = find(text, reader) if text.startswith("urn:") else None
            yield from known.filter(pk=one.pk) if one is not None else known.filter(name=text).order_by("urn")

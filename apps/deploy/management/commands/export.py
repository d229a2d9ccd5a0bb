"""Write capsules as documents: one, those of a domain, or all."""

from contextlib import nullcontext
from pathlib import Path

from django.core.management.base import CommandError

from apps.audit.context import acting
from apps.deploy import exporting
from apps.deploy.management.documents import DocumentCommand
from portal_client import NOTHING


class Command(DocumentCommand):
    help = "Write capsules as YAML, or with --json as JSON, to standard output or FILE."

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.add_argument("urn", nargs="*", help="Addresses of capsules; none: all, or those of --domain.")
        parser.add_argument("--domain", default="", help="The capsules of a domain.")
        parser.add_argument("--out", type=Path, help="Write to this file.")
        parser.add_argument(
            "--observed", action="store_true", help="With statistics and edges that were only seen."
        )

    def run(self, *, urn, domain, out, observed, person, **options):
        reader = self.reader(person)
        with acting(reader, reason="export"):
            found = exporting.capsules(reader, domain)
            if urn:
                found = found.filter(urn__in=urn)
            count = found.count()
            known = set(found.filter(urn__in=urn).values_list("urn", flat=True))
            single = exporting.export(found, reader, observed=observed) if count == 1 else None
        if unknown := set(urn) - known:
            raise CommandError(f"There is no capsule in use at {', '.join(sorted(unknown))}.")
        form = "json" if self.as_json else "yaml"
        text = [single.text(form)] if single else exporting.stream(found, reader, form, observed=observed)
        complete = True
        with out.open("w", encoding="utf-8") if out else nullcontext(self.stdout) as file:
            for piece in text:
                complete = complete and exporting.MARK not in piece
                file.write(piece) if out else file.write(piece, ending="")
        words = "" if complete else str(exporting.INCOMPLETE)
        if out:
            self.say(
                {"documents": count, "complete": complete, "file": str(out)},
                [f"{count} documents written to {out}. {words}".strip()],
            )
        elif words:
            self.stderr.write(words)
        return NOTHING

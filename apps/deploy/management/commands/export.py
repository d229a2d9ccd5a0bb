"""Write capsules as documents: one, those of a domain, or all."""

from pathlib import Path

from django.core.management.base import CommandError

from apps.audit.context import acting
from apps.deploy import exporting
from apps.deploy.management.documents import NOTHING, DocumentCommand


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
            exported = exporting.export(found, reader, observed=observed)
        if len(exported.documents) < len(urn):
            known = {document["urn"] for document in exported.documents}
            raise CommandError(f"There is no capsule in use at {', '.join(sorted(set(urn) - known))}.")
        text = exported.text("json" if self.as_json else "yaml") if exported.documents else ""
        if out:
            out.write_text(text, encoding="utf-8")
            self.say(
                {"documents": len(exported.documents), "complete": exported.complete, "file": str(out)},
                [
                    f"{len(exported.documents)} documents written to {out}. {exporting.said_of(exported)}".strip()
                ],
            )
        else:
            self.stdout.write(text, ending="")
            if not exported.complete:
                self.stderr.write(str(exporting.said_of(exported)))
        return NOTHING

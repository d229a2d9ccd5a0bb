"""Plan capsule documents, as a pipeline of a data repository would."""

import json
from pathlib import Path

from apps.audit.context import acting
from apps.deploy import plan
from apps.deploy.management.documents import DocumentCommand
from portal_client import BLOCKED, CHANGES, NOTHING, blocked, lines


class Command(DocumentCommand):
    help = "Say what FILE would change. Ends with 0 (nothing), 2 (changes) or 3 (invalid or blocked)."

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.add_argument("file", type=Path)
        parser.add_argument("--out", type=Path, help="Write the plan there, for apply.")
        self.add_options(parser)

    def run(self, *, file, out, person, **options):
        reader = self.reader(person)
        with acting(reader, reason="plan"):
            found = plan.make(file.read_bytes(), reader, self.options_of(options))
        answer = found.answer
        if out:
            out.write_text(json.dumps(answer, ensure_ascii=False) + "\n", encoding="utf-8")
        self.say(answer, [*lines(answer), f"{found}: apply it with `apply {found.pk}` within a day."])
        if blocked(answer):
            return BLOCKED
        return CHANGES if answer["result"] == "changes" else NOTHING

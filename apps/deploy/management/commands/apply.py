"""Apply a plan, or a file of documents at once."""

import json
import uuid
from pathlib import Path

from django.core.management.base import CommandError

from apps.deploy import applying
from apps.deploy.management.documents import DocumentCommand
from apps.deploy.models import Plan
from portal_client import NOTHING, lines


class Command(DocumentCommand):
    help = "Apply PLAN (its id, or the file of `plan --out`) or a document with --direct. Ends with 0 or 3."

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.add_argument("plan", help="Id of a plan, its file, or with --direct a file of documents.")
        parser.add_argument(
            "--direct", action="store_true", help="Plan and apply the documents under one lock."
        )
        parser.add_argument("--accept", default="", help="The documents' hash, where they retire or break.")
        parser.add_argument(
            "--accept-partial",
            default="",
            metavar="NAME",
            help="The name of what was read, though not all of it was.",
        )
        parser.add_argument(
            "--retire",
            action="append",
            default=[],
            metavar="URN",
            help="Retire this capsule, gone from its source.",
        )
        self.add_options(parser)

    def run(self, *, person, direct, accept, **options):
        reader, named = self.reader(person), options["plan"]
        if direct:
            found = applying.apply_directly(
                Path(named).read_bytes(), reader=reader, options=self.options_of(options), accept=accept
            )
        else:
            found = self._plan(named)
            decided = {name: options[name] for name in ("accept_partial", "retire") if options[name]}
            if decided:
                found = applying.decide(found, reader=reader, **decided)
            found = applying.apply(found, reader=reader)
        words = [*lines(found.answer), f"{found} is applied."]
        reviews = list(found.reviews)
        words += [
            f"Review {review.number} holds what needs an approval: {review.title}." for review in reviews
        ]
        numbers = [review.number for review in reviews]
        self.say({**found.answer, "applied_at": found.applied_at, "reviews": numbers}, words)
        return NOTHING

    @staticmethod
    def _plan(named):
        path = Path(named)
        try:
            key = uuid.UUID(json.loads(path.read_text("utf-8"))["plan_id"] if path.is_file() else named)
        except (ValueError, KeyError, TypeError):
            raise CommandError(f"{named} is neither a plan's id nor a plan's file.") from None
        found = Plan._base_manager.filter(pk=key).first()
        if found is None:
            raise CommandError(f"There is no plan {key}.")
        return found

"""What the commands for documents share: who acts, exit codes, and how a plan reads in a terminal."""

import json
import sys

from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError

from apps.dcs.refusals import Conflict
from apps.deploy import applying, plan
from apps.people.reader import reader_of, system
from portal_client import BLOCKED, refusal


class DocumentCommand(BaseCommand):
    """A command that ends with 0 (nothing to change, or done), 2 (changes), 3 (blocked) or 1 (any other failure)."""

    def add_arguments(self, parser):
        parser.add_argument("--json", action="store_true", help="Print the result as JSON and nothing else.")
        parser.add_argument("--as", dest="person", help="The person who acts; default: the system.")

    def add_options(self, parser):
        """The switches of planning."""
        parser.add_argument("--keep", action="store_true", help="Retire nothing but columns.")
        parser.add_argument("--overwrite", action="store_true", help="Take over values that people wrote.")
        parser.add_argument("--strict", action="store_true", help="Take warnings for errors.")
        parser.add_argument("--create-terms", action="store_true", help="Make drafts of missing terms.")

    def handle(self, *args, **options):
        self.as_json = options["json"]
        try:
            code = self.run(**options)
        except plan.DocumentInvalid as error:
            code = self.invalid(error)
        except applying.PlanStale as error:
            code = self.refused(error, plan=error.plan.answer)
        except Conflict as error:
            code = self.refused(error, fields=error.fields)
        except PermissionDenied as error:
            code = self.refused(Conflict(str(error), code="forbidden"))
        except OSError as error:
            raise CommandError(str(error)) from None
        if code:
            sys.exit(code)

    def run(self, **options):
        """Do the work; returns the exit code."""
        raise NotImplementedError

    @staticmethod
    def reader(person):
        if not person:
            return system("deploy")
        user = get_user_model().objects.filter(username=person, is_active=True).first()
        if user is None:
            raise CommandError(f"Nobody who may sign in is called {person}.")
        return reader_of(user, application="command", via="task")

    @staticmethod
    def options_of(options):
        return plan.Options(
            keep_unlisted=options["keep"],
            overwrite=options["overwrite"],
            strict=options["strict"],
            create_terms=options["create_terms"],
        )

    def say(self, answer, words):
        """`answer` as JSON where that was asked for, else the lines of `words`."""
        if self.as_json:
            self.stdout.write(json.dumps(answer, ensure_ascii=False, default=str))
        else:
            for line in words:
                self.stdout.write(line)

    def invalid(self, error):
        problems = [plan.problem_json(problem) for problem in error.problems]
        answer = {"code": "document_invalid", "detail": str(error), "problems": problems}
        self.say(answer, refusal(answer))
        return BLOCKED

    def refused(self, error, **more):
        answer = {"code": error.code, "detail": error.detail, **more}
        self.say(answer, refusal(answer | {"fields": error.fields}))
        return BLOCKED

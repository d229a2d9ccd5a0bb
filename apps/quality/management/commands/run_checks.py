"""Check the quality rules of capsules, for pipelines: the exit code says whether data may go on."""

import json
import sys
import time

from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError

from apps.catalog.addresses import find
from apps.catalog.models import Capsule
from apps.dcs.refusals import Conflict
from apps.people.reader import reader_of, system
from apps.quality import running
from apps.quality.gate import gate
from apps.quality.models import QualityRule, QualityRun

HELD, REFUSED = 3, 1
POLL_S = 0.5


class Command(BaseCommand):
    help = (
        "Check the rules of CAPSULE (a URN, or a name that several may have). Ends with 0 (data may go on), 3 (a blocking "
        "rule fails or could not run) or 1 (it could not be asked)."
    )

    def add_arguments(self, parser):
        parser.add_argument("capsule", nargs="*", help="URNs, or names of capsules.")
        parser.add_argument("--domain", help="All capsules of this domain.")
        parser.add_argument("--source", help="All capsules of this source system.")
        parser.add_argument("--rule", action="append", default=[], help="Only this rule: its name or number.")
        parser.add_argument("--full", action="store_true", help="Use nothing that is known of the data.")
        parser.add_argument("--wait", action="store_true", help="Let a worker do it, and wait for it.")
        parser.add_argument("--as", dest="person", help="The person who acts; default: the system.")
        parser.add_argument("--json", action="store_true", help="Print the result as JSON and nothing else.")

    def handle(self, *args, capsule, domain, source, rule, full, wait, person, **options):
        reader = self._reader(person)
        found = list(self._capsules(capsule, domain, source, reader))
        if not found:
            raise CommandError("No capsule is called so.")
        told = []
        for one in found:
            rules = self._rules(one, rule)
            if rule and not rules:
                continue
            try:
                run = running.accept(
                    one, reader=reader, trigger=QualityRun.Trigger.API, rules=rules, full=full
                )
            except (Conflict, PermissionDenied) as refused:
                raise CommandError(f"{one.urn}: {getattr(refused, 'detail', refused)}") from None
            told.append(self._told(one, self._over(run, wait)))
        if not told:
            raise CommandError("No rule is called so.")
        self._say(told, options["json"])
        if not all(each["passed"] for each in told):
            sys.exit(HELD)

    @staticmethod
    def _reader(person):
        if not person:
            return system("run_checks")
        user = get_user_model().objects.filter(username=person, is_active=True).first()
        if user is None:
            raise CommandError(f"Nobody who may sign in is called {person}.")
        return reader_of(user, application="command", via="task")

    @staticmethod
    def _capsules(names, domain, source, reader):
        seen = Capsule.objects.visible_to(reader).current().select_related("source_system", "owner", "domain")
        if domain or source:
            narrowed = {"domain__name": domain, "source_system__name": source}
            yield from seen.filter(**{key: value for key, value in narrowed.items() if value}).order_by("urn")
        for name in names:
            if name.startswith("urn:"):
                one = find(name, reader)
                yield from [one] if one is not None else []
            else:
                yield from seen.filter(name=name).order_by("urn")

    @staticmethod
    def _rules(capsule, named):
        if not named:
            return []
        numbers = {int(text.removeprefix("R-")) for text in named if text.removeprefix("R-").isdigit()}
        rules = QualityRule.objects.current().filter(pk__in=QualityRule.objects.keys_about(capsule))
        return [one for one in rules if one.name in named or one.number in numbers]

    @staticmethod
    def _over(run, wait):
        """The run when it is over: carried out here, or by a worker."""
        if not wait:
            running.carry_out(run.pk)
        while True:
            run.refresh_from_db()
            if run.is_finished:
                return run
            if not wait and run.state == QualityRun.State.QUEUED:
                # The source did not answer, or somebody else reads it: try as a worker would, in a moment.
                time.sleep(POLL_S)
                running.carry_out(run.pk, tries=len(running.RETRIES_S))
            time.sleep(POLL_S if wait else 0)

    @staticmethod
    def _told(capsule, run):
        checks = run.checks.select_related("rule", "column").order_by("rule__number")
        answer = gate(capsule)
        return {
            "capsule": capsule.urn,
            "run": str(run),
            "state": run.state,
            "passed": answer.passed and run.state != QualityRun.State.CANCELLED,
            "error": run.error,
            "failing": [rule.name for rule, _check in answer.failing],
            "checks": [
                {
                    "rule": check.rule.name,
                    "number": check.rule.number,
                    "column": check.column.name if check.column_id else None,
                    "status": check.status,
                    "failure_count": check.failure_count,
                    "expected": check.expected_value,
                    "reason": check.meta.get("reason"),
                }
                for check in checks
            ],
        }

    def _say(self, told, as_json):
        if as_json:
            self.stdout.write(json.dumps(told, indent=2, ensure_ascii=False))
            return
        for each in told:
            self.stdout.write(f"{each['capsule']} ({each['run']}, {each['state']})")
            for check in each["checks"]:
                rows = f", {check['failure_count']} rows" if check["failure_count"] else ""
                why = f": {check['reason']}" if check["reason"] else ""
                self.stdout.write(
                    f"  {check['status']:8} R-{check['number']} {check['expected'] or check['rule']}{rows}{why}"
                )
            word = "may go on" if each["passed"] else "is held back by " + ", ".join(each["failing"])
            self.stdout.write(f"  Data {word}.")

"""The gate of a pipeline: may data of a capsule go on (quality-engine.md, section 3.3; errata row B15)."""

from dataclasses import dataclass, field

from django.conf import settings
from django.db.models import OuterRef, Subquery

from .models import QualityCheck, QualityRule

STOPPING = (QualityCheck.Status.FAILED, QualityCheck.Status.ERROR)


@dataclass
class Gate:
    """The answer: blocking `rules`, of these `failing` as (rule, its latest check), and `not_run`."""

    rules: list = field(default_factory=list)
    failing: list = field(default_factory=list)
    not_run: list = field(default_factory=list)

    @property
    def passed(self):
        """False if a blocking rule fails or could not run; a rule that never ran counts by `GATE_NEEDS_RESULT`."""
        return not self.failing and not (self.not_run and settings.GATE_NEEDS_RESULT)


def gate(capsule):
    """The `Gate` of a capsule: its enabled blocking rules and those of its columns in use, by their latest checks.

    Everybody gets the same answer: a rule that a reader may not see stops the pipeline as well. Two queries.
    """
    latest = QualityCheck._base_manager.filter(rule=OuterRef("pk")).order_by("-checked_at", "-id")
    rules = (
        QualityRule.objects.about(capsule).enabled().filter(blocking=True, column__retired_at__isnull=True)
    )
    rules = rules.annotate(latest=Subquery(latest.values("pk")[:1])).select_related("column")
    found = Gate(list(rules.order_by("number")))
    checks = QualityCheck._base_manager.in_bulk([rule.latest for rule in found.rules if rule.latest])
    for rule in found.rules:
        check = checks.get(rule.latest)
        if check is None:
            found.not_run.append(rule)
        elif check.status in STOPPING:
            found.failing.append((rule, check))
    return found

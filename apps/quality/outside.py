"""Results that were found elsewhere: another tool, a pipeline's own test."""

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.audit.context import acting

from . import running, sentences
from .models import QualityCheck


def note(rule, values, *, reader):
    """Keep a result of `rule` that somebody else found; `values` has the model's names. Raises `PermissionDenied`."""
    running.may_run(reader, rule.home).or_refuse()
    with acting(reader, reason=_("A result from elsewhere")):
        check = QualityCheck(
            rule=rule,
            **{
                "expected_value": sentences.sentence(rule, rule.subject.name),
                "checked_at": timezone.now(),
                **values,
                "context": {**(values.get("context") or {}), "trigger": "outside", "by": reader.name},
            },
        )
        check.save(force_insert=True)
        check.refresh_from_db()
    running.tell_contracts(check)
    return check

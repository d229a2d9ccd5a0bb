"""How rules, checks and runs are filtered: the same on pages, in the API and in exports."""

from datetime import timedelta

import django_filters
from django.db.models import F, OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.catalog import domains
from apps.catalog.filters import IncludeRetired, OneAddress
from apps.catalog.models import Capsule, Column, Domain, Owner
from apps.catalog.vocabularies import LAYERS, RuleSeverity
from apps.ui.filters import FilterSet, Flag, OneOf, OneRow, OneWord, OpenWord, between

from .models import QualityCheck, QualityRule, QualityRun, RuleCategory, RuleType

LEVELS = {"capsule": "capsule", "column": "column"}
LATE_DAYS = 7
NEVER = "not_run"
NOW = {**{status: status for status in QualityCheck.Status.values}, NEVER: NEVER}


def words(choices):
    return {value: value for value in choices.values}


def _newest():
    return QualityCheck._base_manager.filter(rule=OuterRef("pk")).order_by("-checked_at", "-id")


def home(path, values):
    """Rows whose capsule, or whose column's, has one of `values` under `path`."""
    return Q(**{f"capsule{path}__in": values}) | Q(**{f"column__capsule{path}__in": values})


class LevelFilter(FilterSet):
    """What rows about a capsule or one of its columns have in common."""

    capsule_urn = OneAddress(Capsule, method="of_capsule")
    column_urn = OneAddress(Column, field_name="column")
    level = OneWord(method="at_level", words=LEVELS)

    def of_capsule(self, found, name, value):
        return found.filter(home("", value)) if value else found

    def at_level(self, found, name, value):
        if not value or set(value) == set(LEVELS):
            return found
        return found.filter(column__isnull=value == ["capsule"])


class RuleFilter(LevelFilter):
    """How quality rules are filtered. Retired ones are left out unless `include_retired` says otherwise."""

    q = django_filters.CharFilter(method="matching", label=_("Name, column or description contains"))
    rule_name = OneOf(field_name="name")
    rule_type = OneWord(field_name="rule_type", words=words(RuleType))
    rule_category = OneWord(field_name="category", words=words(RuleCategory))
    severity = OneWord(field_name="severity", words=words(RuleSeverity))
    blocking = Flag(field_name="blocking", lookup_expr="exact")
    is_enabled = Flag(field_name="is_enabled", lookup_expr="exact")
    muted = Flag(method="are_muted")
    check_status = OneWord(method="found_last", words=NOW)
    late = Flag(method="are_late")
    checked_today = Flag(method="were_checked")
    domain = OneRow(Domain, method="in_domain", within=domains.within)
    layer = OpenWord(method="in_layer", words=LAYERS)
    owner = OneRow(Owner, method="owned")
    include_retired = IncludeRetired()
    locals().update(between("created_at") | between("updated_at"))

    class Meta:
        model = QualityRule
        fields = []

    @property
    def qs(self):
        asked = str(self.data.get("include_retired", "")).strip().lower() if self.data else ""
        found = super().qs
        return found if asked == "true" else found.current()

    def matching(self, rules, name, value):
        return rules.filter(
            Q(name__icontains=value) | Q(description__icontains=value) | Q(column__name__icontains=value)
        )

    def are_muted(self, rules, name, value):
        return rules if value is None else rules.muted(at=timezone.now(), wanted=value)

    def found_last(self, rules, name, value):
        if not value:
            return rules
        rules = rules.alias(last=Subquery(_newest().values("status")[:1]))
        wanted = Q(last__in=[word for word in value if word != NEVER])
        return rules.filter(wanted | Q(last__isnull=True) if NEVER in value else wanted)

    def are_late(self, rules, name, value):
        """Rules whose newest check is more than a week old; one that never ran is not late, it is not run."""
        if value is None:
            return rules
        old = Q(last_at__lt=timezone.now() - timedelta(days=LATE_DAYS))
        rules = rules.alias(last_at=Subquery(_newest().values("checked_at")[:1]))
        return rules.filter(old) if value else rules.exclude(old)

    def were_checked(self, rules, name, value):
        """Rules that were checked within a day."""
        if value is None:
            return rules
        recent = Q(last_at__gte=timezone.now() - timedelta(days=1))
        rules = rules.alias(last_at=Subquery(_newest().values("checked_at")[:1]))
        return rules.filter(recent) if value else rules.exclude(recent)

    def in_domain(self, rules, name, value):
        return rules.filter(home("__domain", value)) if value else rules

    def in_layer(self, rules, name, value):
        return rules.filter(home("__layer", value)) if value else rules

    def owned(self, rules, name, value):
        return rules.filter(home("__owner", value)) if value else rules


class CheckFilter(LevelFilter):
    """How checks are filtered. `latest=true` keeps the newest check of each rule."""

    quality_rule_id = OneRow(QualityRule, field_name="rule", names=())
    rule_name = OneOf(field_name="rule__name")
    rule_type = OneWord(field_name="rule__rule_type", words=words(RuleType))
    check_status = OneWord(field_name="status", words=words(QualityCheck.Status))
    severity = OneWord(field_name="rule__severity", words=words(RuleSeverity))
    blocking = Flag(field_name="rule__blocking", lookup_expr="exact")
    run_id = OneRow(QualityRun, field_name="run", names=())
    latest = Flag(method="newest")
    check_timestamp__gte = django_filters.IsoDateTimeFilter(field_name="checked_at", lookup_expr="gte")
    check_timestamp__lt = django_filters.IsoDateTimeFilter(field_name="checked_at", lookup_expr="lt")

    class Meta:
        model = QualityCheck
        fields = []

    def of_capsule(self, checks, name, value):
        return checks.filter(capsule__in=value) if value else checks

    def newest(self, checks, name, value):
        if value is None:
            return checks
        newest = QualityCheck._base_manager.filter(rule=OuterRef("rule")).order_by("-checked_at", "-id")
        checks = checks.alias(newest=Subquery(newest.values("pk")[:1]))
        return checks.filter(pk=F("newest")) if value else checks.exclude(pk=F("newest"))


class RunFilter(FilterSet):
    """How runs are filtered."""

    capsule_urn = OneAddress(Capsule, field_name="capsule")
    kind = OneWord(field_name="kind", words=words(QualityRun.Kind))
    trigger = OneWord(field_name="trigger", words=words(QualityRun.Trigger))
    state = OneWord(field_name="state", words=words(QualityRun.State))
    asked_by = OneOf(field_name="asked_by")
    locals().update(between("queued_at"))

    class Meta:
        model = QualityRun
        fields = []

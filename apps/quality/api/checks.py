"""Quality checks in the API: what was found, by the portal or elsewhere."""

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.response import Response

from apps.catalog.api import addresses
from apps.people.rest.fields import JSONField, NumberField, ObjectField
from apps.people.rest.refusals import UnknownSubject
from apps.people.rest.serializers import BodySerializer, RecordSerializer
from apps.people.rest.viewsets import ReadingViewSet
from apps.people.roles import CONFIDENTIAL
from apps.quality import batches, outside, running, storing
from apps.quality.filters import CheckFilter
from apps.quality.models import QualityCheck, QualityRule, QualityRun

from .runs import RunSerializer

SAMPLES = {"sample_failures", "actual_value"}


class CheckSerializer(RecordSerializer):
    """The answer to one rule at one time.

    `sample_failures` and `actual_value` may tell values of the data: they are absent for readers whose clearance is
    below confidential. `meta` says how the number came about.
    """

    rule_name = serializers.CharField(source="rule.name", read_only=True)
    rule_type = serializers.CharField(source="rule.rule_type", read_only=True)
    severity = serializers.CharField(source="rule.severity", read_only=True)
    blocking = serializers.BooleanField(source="rule.blocking", read_only=True)
    capsule_urn = serializers.CharField(source="capsule.urn", read_only=True, allow_null=True)
    column_urn = serializers.CharField(source="column.urn", read_only=True, allow_null=True)
    sample_failures = JSONField(read_only=True, allow_null=True)
    execution_context = JSONField(source="context", read_only=True, allow_null=True)
    run_number = serializers.IntegerField(source="run.number", read_only=True, allow_null=True)

    class Meta:
        model = QualityCheck
        fields = [
            "id",
            "quality_rule_id",
            "rule_name",
            "rule_type",
            "severity",
            "blocking",
            "capsule_id",
            "capsule_urn",
            "column_id",
            "column_urn",
            "check_timestamp",
            "check_status",
            "actual_value",
            "expected_value",
            "threshold_value",
            "measured_value",
            "failure_count",
            "failure_percentage",
            "sample_failures",
            "execution_context",
            "execution_duration_ms",
            "run_id",
            "run_number",
            "meta",
        ]
        read_only_fields = fields
        example = {
            "id": "0198c0de-0000-7000-8000-0000000000c2",
            "quality_rule_id": "0198c0de-0000-7000-8000-0000000000c1",
            "rule_name": "not_null_orders_order_id",
            "rule_type": "not_null",
            "check_timestamp": "2026-11-23T09:00:00Z",
            "check_status": "failed",
            "measured_value": 3,
            "failure_count": 3,
            "failure_percentage": 0.0016,
        }

    @classmethod
    def hidden_from(cls, reader):
        below = set() if reader.clearance >= CONFIDENTIAL else SAMPLES
        return super().hidden_from(reader) | below


class CheckingSerializer(BodySerializer):
    """What to check: one rule, several, or a capsule. With `check_status` it is a result that was found elsewhere."""

    quality_rule_id = serializers.UUIDField(required=False)
    rule_ids = serializers.ListField(
        child=serializers.UUIDField(), min_length=1, max_length=1000, required=False
    )
    capsule_urn = serializers.CharField(required=False)
    dry_run = serializers.BooleanField(default=False)
    full = serializers.BooleanField(default=False, help_text="Read the data anew, whatever is known of it.")
    check_status = serializers.ChoiceField(choices=QualityCheck.Status.choices, required=False)
    check_timestamp = serializers.DateTimeField(source="checked_at", required=False)
    actual_value = serializers.CharField(required=False, allow_null=True)
    expected_value = serializers.CharField(required=False, allow_null=True)
    threshold_value = NumberField(required=False, allow_null=True)
    measured_value = NumberField(required=False, allow_null=True)
    failure_count = serializers.IntegerField(
        min_value=0, max_value=2**63 - 1, required=False, allow_null=True
    )
    failure_percentage = NumberField(min_value=0, max_value=100, required=False, allow_null=True)
    execution_context = ObjectField(source="context", required=False)
    execution_duration_ms = serializers.IntegerField(
        source="duration_ms", min_value=0, max_value=2**63 - 1, required=False, allow_null=True
    )
    meta = ObjectField(required=False)

    FOUND = (
        "check_timestamp", "actual_value", "expected_value", "threshold_value", "measured_value", "failure_count",
        "failure_percentage", "execution_context", "execution_duration_ms", "meta",
    )  # fmt: skip

    def validate(self, values):
        given = [name for name in ("quality_rule_id", "rule_ids", "capsule_urn") if name in values]
        if len(given) != 1:
            problem = [_("Name one of quality_rule_id, rule_ids and capsule_urn.")]
            raise ValidationError(dict.fromkeys(given or ["quality_rule_id"], problem))
        if "status" in values or "check_status" in values:
            if given != ["quality_rule_id"]:
                raise ValidationError({given[0]: [_("A result is one of one rule: name quality_rule_id.")]})
            if values["dry_run"]:
                raise ValidationError({"dry_run": [_("A result from elsewhere is kept, not tried.")]})
        elif foreign := [name for name in self.FOUND if name in self.initial_data]:
            problem = [_("Only a result that was found elsewhere says this: add check_status.")]
            raise ValidationError(dict.fromkeys(foreign, problem))
        return values


class CheckReading(ReadingViewSet):
    """Results of all rules, newest first."""

    queryset = QualityCheck.objects.all()
    serializer_class = CheckSerializer
    filterset_class = CheckFilter
    orderings = {
        "check_timestamp": "checked_at",
        "check_status": ("status", "-checked_at"),
        "failure_count": ("failure_count", "-checked_at"),
        "execution_duration_ms": ("duration_ms", "-checked_at"),
    }
    default_order = ("-checked_at", "-id")
    permissions = {"create": running.RUN}
    scopes = {"create": "execute"}

    @property
    def throttle_scope(self):
        """Checking reads data, so it is bounded more tightly than reading what was found."""
        return "execute" if self.request is not None and self.request.method == "POST" else ""

    @extend_schema(
        request=CheckingSerializer,
        responses={
            200: OpenApiResponse(CheckSerializer, description="A trial: nothing is kept."),
            201: CheckSerializer,
            202: RunSerializer,
        },
    )
    def create(self, request, *args, **kwargs):
        """Check rules on the data, or keep a result that was found elsewhere.

        One rule is checked at once, within ten seconds: 201 with the check, also if it could not run (`error`). Several,
        or one that takes longer, become a run: 202. `dry_run` keeps nothing: 200 with what was found. 409 if nothing
        says where the data lies.
        """
        asking = CheckingSerializer(data=request.data)
        asking.is_valid(raise_exception=True)
        values = dict(asking.validated_data)
        capsule, rules = self._asked(values)
        if "check_status" in values:
            return self._kept(rules[0], values)
        running.may_run(request.reader, capsule).or_refuse()
        if values["dry_run"]:
            return self._tried(capsule, rules, single="quality_rule_id" in values)
        if "quality_rule_id" in values:
            run, check = running.at_once(rules[0], reader=request.reader, trigger=QualityRun.Trigger.API)
            if check is not None:
                return self._created(check)
        else:
            run = running.accept(
                capsule,
                reader=request.reader,
                trigger=QualityRun.Trigger.API,
                rules=rules,
                full=values["full"],
            )
        return self._queued(run)

    def _asked(self, values):
        """(capsule, [rule]) that the body names; no rules mean all of the capsule. Raises `UnknownSubject`."""
        reader = self.request.reader
        if "capsule_urn" in values:
            try:
                return addresses.capsule(values["capsule_urn"], reader), []
            except NotFound as error:
                raise UnknownSubject(capsule_urn=str(error.detail)) from None
        keys = values.get("rule_ids") or [values["quality_rule_id"]]
        name = "rule_ids" if "rule_ids" in values else "quality_rule_id"
        found = QualityRule.objects.visible_to(reader).filter(pk__in=keys).select_related(
            "capsule__owner", "capsule__domain", "capsule__source_system",
            "column__capsule__owner", "column__capsule__domain", "column__capsule__source_system",
        )  # fmt: skip
        rules = list(found)
        if len(rules) < len(set(keys)):
            raise UnknownSubject(**{name: _("There is no quality rule with this id.")})
        homes = {rule.home.pk: rule.home for rule in rules}
        if len(homes) > 1:
            raise ValidationError({name: [_("These rules are about several capsules. Ask once for each.")]})
        return next(iter(homes.values())), rules

    def _kept(self, rule, values):
        given = {"status": values["check_status"]}
        fields = {field.field_name: field.source for field in CheckingSerializer().fields.values()}
        given |= {
            fields[name]: values[fields[name]] for name in CheckingSerializer.FOUND if fields[name] in values
        }
        return self._created(outside.note(rule, given, reader=self.request.reader))

    def _created(self, check):
        where = reverse("api:quality-check-detail", args=[check.pk])
        row = self.row(self.get_queryset().filter(pk=check.pk))
        return self.answer(row, status=status.HTTP_201_CREATED, location=where)

    def _queued(self, run):
        where = reverse("api:quality-run-detail", args=[run.pk])
        names = RunSerializer.shown()
        paths = RunSerializer.paths()
        stored = QualityRun._base_manager.filter(pk=run.pk).values(*dict.fromkeys(paths.values())).get()
        row = {name: stored[paths[name]] for name in names}
        return self.answer(row, status=status.HTTP_202_ACCEPTED, location=where)

    def _tried(self, capsule, rules, *, single):
        """What checking would find now; nothing is kept."""
        now = timezone.now()
        chosen = batches.of_rules(capsule, rules, now=now) if rules else batches.of(capsule, now=now)
        running.place_of(capsule)
        found, facts = running.tried(chosen, now=now)
        hidden = CheckSerializer.hidden_from(self.request.reader)
        results = [
            {
                name: value
                for name, value in {
                    "quality_rule_id": check.rule.pk,
                    "rule_name": check.rule.name,
                    "check_status": check.status,
                    "actual_value": check.actual_value,
                    "expected_value": check.expected_value,
                    "threshold_value": check.threshold_value,
                    "measured_value": check.measured_value,
                    "failure_count": check.failure_count,
                    "failure_percentage": check.failure_percentage,
                    "sample_failures": check.sample_failures,
                    "execution_duration_ms": check.duration_ms,
                    "meta": check.meta,
                }.items()
                if name not in hidden
            }
            for check in storing.rows(chosen, found, facts)
        ]
        return Response(results[0] if single else {"results": results})

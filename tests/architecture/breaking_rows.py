"""Rows that break each rule of the schema, one rule at a time: `(table.rule, what makes the row)`."""

from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from uuid import uuid4

from django.utils import timezone

from apps.contracts.models import Override
from apps.people.models import User
from apps.quality.models.profiles import PERCENTAGES
from tests import factories as make


def twice(factory, /, **same):
    """Two rows that are alike in what must be unique."""
    return lambda: (factory(**_made(same)), factory(**_made(same)))


def _made(values):
    return {name: value() if callable(value) else value for name, value in values.items()}


def same(factory, /, *shared, **alike):
    """Two rows with the same parents; `shared` names the foreign keys."""

    def make_both():
        first = factory(**alike)
        factory(**{name: getattr(first, name) for name in shared}, **alike)

    return make_both


def self_edge(factory, node):
    def make_it():
        there = node()
        factory(source=there, target=there)

    return make_it


def no_subject(factory, *, column="column"):
    return lambda: factory(capsule=None, **{column: None})


def two_subjects(factory):
    return lambda: factory(capsule=make.CapsuleFactory(), column=make.ColumnFactory())


def checked_twice():
    rule = make.QualityRuleFactory()
    run = make.QualityRunFactory(capsule=rule.home)
    make.QualityCheckFactory(rule=rule, run=run)
    make.QualityCheckFactory(rule=rule, run=run)


def profiled_twice():
    column = make.ColumnFactory()
    run = make.QualityRunFactory(capsule=column.capsule)
    make.ColumnProfileFactory(column=column, run=run, profiled_at=timezone.now())
    make.ColumnProfileFactory(column=column, run=run, profiled_at=timezone.now() - timedelta(hours=1))


def override_decided(decision, *, by_another):
    asked = make.OverrideFactory()
    by = make.UserFactory() if by_another else asked.asked_by
    Override._base_manager.filter(pk=asked.pk).update(decision=decision, decided_by=by)


def two_grants():
    user = make.UserFactory(permissions=["catalog.edit_capsule"])
    (grant,) = User.user_permissions.through.objects.filter(user=user)
    User.user_permissions.through.objects.create(user=user, permission_id=grant.permission_id)


# What each field refuses: the constraint, who makes the row, the field, the words it must not take.
WRONG_VALUES = [
    ("owners.owner_type_valid", make.OwnerFactory, "kind", "banana"),
    ("ingestion_jobs.ingestion_status_valid", make.IngestionJobFactory, "status", "banana"),
    ("capsules.partition_strategy_valid", make.CapsuleFactory, "partition_strategy", "banana"),
    ("columns.semantic_type_valid", make.ColumnFactory, "semantic_type", "banana"),
    ("columns.pii_type_valid", make.ColumnFactory, "pii_type", "banana"),
    ("columns.format_kind_valid", make.ColumnFactory, "format_kind", "banana"),
    ("value_domains.domain_type_valid", make.ValueDomainFactory, "kind", "banana"),
    ("column_constraints.constraint_type_valid", make.ConstraintFactory, "kind", "banana"),
    ("column_constraints.on_delete_action_valid", make.ConstraintFactory, "on_delete_action", "cascade"),
    ("column_constraints.on_update_action_valid", make.ConstraintFactory, "on_update_action", "cascade"),
    ("capsule_indexes.index_type_valid", make.IndexFactory, "kind", "banana"),
    ("capsule_indexes.fill_factor_valid", make.IndexFactory, "fill_factor", 9),
    ("capsule_indexes.fill_factor_valid", make.IndexFactory, "fill_factor", 101),
    ("capsule_versions.change_type_valid", make.CapsuleVersionFactory, "change_type", "banana"),
    ("data_products.data_product_status_valid", make.DataProductFactory, "status", "banana"),
    ("capsule_data_products.data_product_role_valid", make.ProductMemberFactory, "role", "banana"),
    ("transformation_code.code_language_valid", make.TransformationCodeFactory, "language", "cobol"),
    ("business_terms.definition_long_enough", make.TermFactory, "definition", "too short"),
    ("business_terms.definition_long_enough", make.TermFactory, "definition", "  short      "),
    ("capsule_business_terms.relationship_type_valid", make.TermLinkFactory, "relationship", "banana"),
    ("quality_rules.rule_type_valid", make.QualityRuleFactory, "rule_type", "banana"),
    ("quality_rules.rule_category_valid", make.QualityRuleFactory, "category", "banana"),
    ("quality_rules.quality_rule_severity_valid", make.QualityRuleFactory, "severity", "high"),
    ("quality_rules.threshold_operator_valid", make.QualityRuleFactory, "threshold_operator", "~~"),
    ("quality_rules.threshold_percent_valid", make.QualityRuleFactory, "threshold_percent", Decimal(101)),
    ("quality_rules.threshold_percent_valid", make.QualityRuleFactory, "threshold_percent", Decimal(-1)),
    ("quality_checks.check_status_valid", make.QualityCheckFactory, "status", "banana"),
    ("data_policies.sensitivity_level_valid", make.PolicyFactory, "sensitivity_level", "banana"),
    ("data_policies.retention_start_valid", make.PolicyFactory, "retention_start", "banana"),
    ("data_policies.deletion_action_valid", make.PolicyFactory, "deletion_action", "banana"),
    ("data_policies.min_access_level_valid", make.PolicyFactory, "min_access_level", "banana"),
    ("data_policies.policy_masking_method_valid", make.PolicyFactory, "masking_method", "hash"),
    ("data_policies.encryption_method_valid", make.PolicyFactory, "encryption_method", "rot13"),
    ("masking_rules.masking_method_valid", make.MaskingRuleFactory, "method", "hash"),
    ("pii_suggestions.pii_suggestion_type_valid", make.PIISuggestionFactory, "pii_type", "banana"),
    ("pii_suggestions.pii_suggestion_evidence_valid", make.PIISuggestionFactory, "evidence", "banana"),
    (
        "pii_suggestions.pii_suggestion_confidence_valid",
        make.PIISuggestionFactory,
        "confidence",
        Decimal("1.001"),
    ),
    ("pii_suggestions.pii_suggestion_answer_has_a_name", make.PIISuggestionFactory, "state", "accepted"),
    ("capsule_contracts.schema_change_policy_valid", make.ContractFactory, "schema_change_policy", "banana"),
    ("capsule_contracts.support_level_valid", make.ContractFactory, "support_level", "banana"),
    ("capsule_contracts.deprecation_policy_valid", make.ContractFactory, "deprecation_policy", "60_days"),
    ("sla_incidents.incident_type_valid", make.IncidentFactory, "kind", "banana"),
    ("sla_incidents.incident_severity_valid", make.IncidentFactory, "severity", "error"),
    ("sla_incidents.incident_status_valid", make.IncidentFactory, "status", "banana"),
    ("sla_incidents.root_cause_category_valid", make.IncidentFactory, "root_cause_category", "banana"),
    ("sla_measurements.sla_metric_valid", make.MeasurementFactory, "metric", "banana"),
    ("sla_measurements.sla_aspect_valid", make.MeasurementFactory, "aspect", "banana"),
    ("announcement_answers.announcement_answer_valid", make.AnswerFactory, "says", "perhaps"),
    ("contract_overrides.overrides_say_why", make.OverrideFactory, "reason", "Because I say so."),
    ("announcement_answers.objections_say_why", make.AnswerFactory, "says", "objected"),
    ("contract_watches.contract_health_valid", make.WatchFactory, "health", "banana"),
    ("rules.rule_severity_valid", make.ArchitectureRuleFactory, "severity", "high"),
    ("rules.rule_scope_valid", make.ArchitectureRuleFactory, "scope", "banana"),
    ("violations.violation_status_valid", make.ViolationFactory, "status", "banana"),
    ("users.clearance_valid", make.UserFactory, "clearance", 6),
    ("users.clearance_valid", make.UserFactory, "clearance", -1),
    ("api_tokens.tokens_expire", make.TokenFactory, "expiry", None),
]
PERCENT_FIELDS = [
    *((f"column_profiles.{name}_valid", make.ColumnProfileFactory, name) for name in PERCENTAGES),
    ("quality_checks.failure_percentage_valid", make.QualityCheckFactory, "failure_percentage"),
    ("data_products.slo_availability_percent_valid", make.DataProductFactory, "slo_availability_percent"),
    ("data_products.slo_quality_threshold_valid", make.DataProductFactory, "slo_quality_threshold"),
    ("capsule_contracts.completeness_sla_valid", make.ContractFactory, "completeness_sla"),
    ("capsule_contracts.availability_sla_valid", make.ContractFactory, "availability_sla"),
    ("capsule_contracts.quality_score_sla_valid", make.ContractFactory, "quality_score_sla"),
]
# Rows that contradict themselves, or another row.
CONTRADICTIONS = [
    (
        "columns.value_range_ordered",
        partial(make.ColumnFactory, value_range_min=Decimal(2), value_range_max=Decimal(1)),
    ),
    (
        "quality_rules.expected_range_ordered",
        partial(make.QualityRuleFactory, expected_range_min=Decimal(2), expected_range_max=Decimal(1)),
    ),
    (
        "data_policies.policy_dates_ordered",
        partial(make.PolicyFactory, effective_from=date(2026, 2, 1), effective_to=date(2026, 1, 31)),
    ),
    (
        "capsule_contracts.row_count_ordered",
        partial(make.ContractFactory, expected_row_count_min=2, expected_row_count_max=1),
    ),
    ("capsule_contracts.max_downtime_has_period", partial(make.ContractFactory, max_downtime="PT1H")),
    ("capsule_contracts.max_downtime_has_period", partial(make.ContractFactory, max_downtime_period="month")),
    (
        "capsule_contracts.max_downtime_period_valid",
        partial(make.ContractFactory, max_downtime="PT1H", max_downtime_period="decade"),
    ),
    (
        "masking_rules.reversible_method",
        partial(make.MaskingRuleFactory, method="redaction", is_reversible=True),
    ),
    ("capsule_lineage.capsule_edge_no_self", self_edge(make.CapsuleEdgeFactory, make.CapsuleFactory)),
    ("column_lineage.column_edge_no_self", self_edge(make.ColumnEdgeFactory, make.ColumnFactory)),
    ("violations.violation_has_subject", no_subject(make.ViolationFactory)),
    (
        "transformation_code.transformation_code_has_subject",
        no_subject(make.TransformationCodeFactory, column="edge"),
    ),
    (
        "transformation_code.transformation_code_has_subject",
        lambda: make.TransformationCodeFactory(capsule=make.CapsuleFactory(), edge=make.CapsuleEdgeFactory()),
    ),
    *(
        (f"{table}.{table}_has_subject", breaking(factory))
        for table, factory in (
            ("capsule_business_terms", make.TermLinkFactory),
            ("quality_rules", make.QualityRuleFactory),
            ("data_policies", make.PolicyFactory),
        )
        for breaking in (no_subject, two_subjects)
    ),
]
REPETITIONS = [
    ("pii_suggestions.a_column_is_suggested_a_type_once", same(make.PIISuggestionFactory, "column")),
    ("owners.unique_owner_name_type", twice(make.OwnerFactory, name="Finance", kind="team")),
    ("domains.domain_name_unique", twice(make.DomainFactory, name="sales")),
    ("stewardships.stewardship_unique", same(make.StewardshipFactory, "user", "domain")),
    ("team_memberships.team_membership_unique", same(make.TeamMembershipFactory, "user", "owner")),
    ("source_systems.source_system_name_unique", twice(make.SourceSystemFactory, name="warehouse")),
    ("ingestion_jobs.ingestion_job_number_unique", twice(make.IngestionJobFactory, number=12)),
    ("capsules.capsule_urn_unique", twice(make.CapsuleFactory, urn="urn:dcs:dbt:model:shop:orders")),
    (
        "capsule_aliases.capsule_alias_urn_unique",
        twice(make.CapsuleAliasFactory, urn="urn:dcs:dbt:model:a:b"),
    ),
    ("capsule_versions.capsule_version_unique", same(make.CapsuleVersionFactory, "capsule", number=1)),
    (
        "capsule_versions.capsule_version_one_current",
        same(make.CapsuleVersionFactory, "capsule", is_current=True),
    ),
    ("value_domains.value_domain_name_unique", twice(make.ValueDomainFactory, name="order_status")),
    ("columns.column_urn_unique", twice(make.ColumnFactory, urn="urn:dcs:dbt:model:shop:orders.amount")),
    (
        "columns.unique_column_per_capsule",
        lambda: [
            make.ColumnFactory(capsule=capsule, name="amount", urn=urn)
            for capsule in [make.CapsuleFactory()]
            for urn in ("urn:dcs:a:b:c:d.amount", "urn:dcs:a:b:c:d.amount_too")
        ],
    ),
    ("capsule_indexes.capsule_index_unique", same(make.IndexFactory, "capsule", name="by_customer")),
    ("tags.unique_tag_name_category", twice(make.TagFactory, name="daily", category="cadence")),
    ("tags.unique_tag_name_category", twice(make.TagFactory, name="daily", category=None)),
    ("capsule_tags.capsule_tag_unique", same(make.CapsuleTagFactory, "capsule", "tag")),
    ("column_tags.column_tag_unique", same(make.ColumnTagFactory, "column", "tag")),
    ("data_products.data_product_name_unique", twice(make.DataProductFactory, name="Orders")),
    (
        "capsule_data_products.capsule_data_product_unique",
        same(make.ProductMemberFactory, "capsule", "product"),
    ),
    ("capsule_lineage.unique_capsule_edge", same(make.CapsuleEdgeFactory, "source", "target")),
    ("column_lineage.unique_column_edge", same(make.ColumnEdgeFactory, "source", "target")),
    (
        "transformation_code.capsule_code_unique",
        same(make.TransformationCodeFactory, "capsule", code_hash="c0de"),
    ),
    (
        "transformation_code.edge_code_unique",
        lambda: [
            make.TransformationCodeFactory(edge=edge, code_hash="c0de")
            for edge in [make.CapsuleEdgeFactory()] * 2
        ],
    ),
    ("business_terms.term_name_unique", twice(make.TermFactory, name="revenue")),
    (
        "business_terms.business_term_name_unique",
        lambda: (make.TermFactory(name="revenue"), make.TermFactory(name="Revenue")),
    ),
    (
        "capsule_business_terms.capsule_term_unique",
        lambda: [
            make.TermLinkFactory(capsule=capsule, term=term)
            for capsule, term in [(make.CapsuleFactory(), make.TermFactory())] * 2
        ],
    ),
    ("capsule_business_terms.column_term_unique", same(make.TermLinkFactory, "column", "term")),
    ("quality_rules.quality_rule_number_unique", twice(make.QualityRuleFactory, number=204)),
    (
        "column_profiles.column_profiles_unique_latest",
        same(make.ColumnProfileFactory, "column", profiled_at=timezone.now()),
    ),
    ("quality_checks.a_run_checks_a_rule_once", checked_twice),
    ("column_profiles.a_run_profiles_a_column_once", profiled_twice),
    ("data_policies.policy_number_unique", twice(make.PolicyFactory, number=57)),
    ("capsule_contracts.contract_version_unique", same(make.ContractFactory, "capsule", version="1.0.0")),
    ("sla_incidents.incident_number_unique", twice(make.IncidentFactory, number=31)),
    (
        "sla_measurements.a_promise_is_measured_once",
        same(make.MeasurementFactory, "contract", measured_at=timezone.now()),
    ),
    ("contract_overrides.override_decision_valid", partial(override_decided, "perhaps", by_another=True)),
    ("contract_overrides.override_by_two_people", partial(override_decided, "granted", by_another=False)),
    ("announcements.announcement_number_unique", twice(make.AnnouncementFactory, number=7)),
    ("contract_watches.contract_watches_contract_id_key", same(make.WatchFactory, "contract")),
    ("sla_incidents.one_open_incident", same(make.IncidentFactory, "contract")),
    ("rules.architecture_rule_code_unique", twice(make.ArchitectureRuleFactory, code="OWN-001")),
    ("users.users_username_key", twice(make.UserFactory, username="ada")),
    ("users_user_permissions.*", two_grants),
    ("memberships.membership_unique", same(make.MembershipFactory, "user", "group")),
    ("api_tokens.api_tokens_digest_key", twice(make.TokenFactory, digest="5ec2e7")),
]
# Tables whose state only a review moves: the rule must hold under that guard too, so the guard is put aside.
# Without triggers nothing looks up a key either, so any will do.
SOMEBODY, SOMETHING = uuid4(), uuid4()
TERM = {"term_name": "revenue", "definition": "Money received for goods delivered."}
POLICY = {"capsule_id": SOMETHING, "sensitivity_level": "internal"}
CONTRACT = {"capsule_id": SOMETHING, "contract_version": "1.0.0"}
IN_FORCE = {**CONTRACT, "contract_status": "active"}
GUARDED = [
    ("business_terms.approval_status_valid", [{**TERM, "approval_status": "banana"}]),
    ("data_policies.policy_status_valid", [{**POLICY, "policy_status": "banana"}]),
    ("capsule_contracts.contract_status_valid", [{**CONTRACT, "contract_status": "banana"}]),
    ("capsule_contracts.one_contract_in_force", [IN_FORCE, {**IN_FORCE, "contract_version": "2.0.0"}]),
    (
        "capsule_contracts.one_contract_in_force",
        [IN_FORCE, {**IN_FORCE, "contract_version": "2.0.0", "contract_status": "breached"}],
    ),
    *(
        (name, [{**row, writer: SOMEBODY, "approved_by_user_id": SOMEBODY}])
        for name, row in (
            ("business_terms.term_approved_by_another", TERM),
            ("data_policies.policy_approved_by_another", POLICY),
            ("capsule_contracts.contract_approved_by_another", CONTRACT),
        )
        for writer in ("author_id", "submitted_by_id")
    ),
]
BREAKING = [
    *((name, partial(factory, **{field: value})) for name, factory, field, value in WRONG_VALUES),
    *(
        (name, partial(factory, **{field: Decimal(value)}))
        for name, factory, field in PERCENT_FIELDS
        for value in ("-0.0001", "100.0001")
    ),
    *CONTRADICTIONS,
    *REPETITIONS,
]

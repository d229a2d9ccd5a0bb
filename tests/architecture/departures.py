"""Every difference between our schema and the reference, and the heading that explains it.

The headings are those of `docs/decisions/002-schema-departures.md`.
"""

import re

TABLES = "Tables of the portal"
# What triggers keep beside the governed tables, so that lists, search and lineage answer at once.
COPIES = {
    "capsule_facts",
    "capsule_facts_log",
    "capsule_search",
    "capsule_words",
    "column_names",
    "search_names",
    "search_words",
    "change_counters",
}

EXPLAINED = {
    "extra column capsules.sensitivity_rank": "Ranks",
    "extra column columns.sensitivity_rank": "Ranks",
    **{
        f"extra {thing}": "Numbers"
        for table in ("quality_rules", "data_policies", "sla_incidents", "ingestion_jobs")
        for thing in (f"column {table}.number", f"unique index {table} (number)")
    },
    **{
        f"extra {kind} {table}.{name}": "Approvals"
        for table in ("business_terms", "data_policies", "capsule_contracts")
        for kind in ("column", "foreign key")
        for name in ("author_id", "submitted_by_id", "approved_by_user_id")
    },
    "extra check business_terms.term_approved_by_another": "Approvals",
    "extra check data_policies.policy_approved_by_another": "Approvals",
    "extra check capsule_contracts.contract_approved_by_another": "Approvals",
    "extra check data_products.slo_availability_percent_valid": "Bounds",
    "extra check data_products.slo_quality_threshold_valid": "Bounds",
    "extra check column_profiles.unique_percentage_valid": "Bounds",
    "extra check column_profiles.completeness_score_valid": "Bounds",
    "extra check column_profiles.validity_score_valid": "Bounds",
    "extra check column_profiles.uniqueness_score_valid": "Bounds",
    "extra check column_profiles.sample_percentage_valid": "Bounds",
    "extra index business_terms.idx_business_terms_document": "Indexes",
    "extra index capsules.idx_capsules_unresolved_terms": "Indexes",
    "extra index columns.idx_columns_unresolved_terms": "Indexes",
    "extra index business_terms.idx_business_terms_relations": "Indexes",
    "extra index business_terms.idx_business_terms_counts": "Indexes",
    "extra index business_terms.idx_business_terms_display": "Indexes",
    "extra index columns.columns_by_name": "Indexes",
    "extra index quality_checks.quality_checks_latest": "Indexes",
    "extra index ingestion_jobs.idx_ingestion_jobs_source": "Indexes",
    "extra index ingestion_jobs.idx_ingestion_jobs_own": "Indexes",
    "extra index quality_rules.idx_quality_rules_scheduled": "Indexes",
    **{
        f"extra {thing}": "Runs"
        for table, once in (
            ("quality_checks", "a_run_checks_a_rule_once"),
            ("column_profiles", "a_run_profiles_a_column_once"),
        )
        for thing in (f"column {table}.run_id", f"foreign key {table}.run_id", f"index {table}.{once}")
    },
    "extra column sla_measurements.aspect": "Measurements",
    "extra index sla_measurements.a_promise_is_measured_once": "Measurements",
    "extra check sla_measurements.sla_aspect_valid": "Measurements",
    "extra column sla_incidents.root_id": "Incidents",
    "extra foreign key sla_incidents.root_id": "Incidents",
    "extra column column_lineage.meta": "Seen lineage",
    "other primary key metadata_audit_log": "Audit log",
    **{
        f"extra column metadata_audit_log.{name}": "Audit log"
        for name in ("seq", "txid", "db_user", "request_id", "review_id", "row_hash")
    },
    "extra table audit_key": "Audit log",
    "extra table audit_seals": "Audit log",
    "extra index metadata_audit_log.idx_metadata_audit_log_sealed": "Audit log",
    "extra table context_keys": "Signed context",
    "extra index metadata_audit_log.idx_metadata_audit_log_newest": "Audit log",
    "extra index metadata_audit_log.idx_metadata_audit_log_removed": "Audit log",
    **{
        f"extra table {name}": TABLES
        for name in (
            "users",
            "users_user_permissions",
            "memberships",
            "api_tokens",
            "sign_in_attempts",
            "stewardships",
            "team_memberships",
            "capsule_aliases",
            "job_progress",
            "idempotency_keys",
            "summary_refreshes",
            "saved_views",
            "term_refusals",
            "term_imports",
            "plans",
            "plan_parts",
            "source_schedules",
            "source_reads",
            "lineage_events",
            "lineage_runs",
            "lineage_datasets",
            "run_capsules",
            "quality_runs",
            "quality_schedules",
            "contract_watches",
            "announcements",
            "announcement_answers",
            "contract_overrides",
            "steps",
            "reviews",
            "review_authors",
            "review_members",
            "review_decisions",
            "review_delegations",
            "pii_suggestions",
            "review_watchers",
            "notifications",
            "notice_preferences",
            *COPIES,
        )
    },
}
# What holds for every table alike.
RULES = {
    r"extra column \w+\.visibility_rank": "Ranks",
    r"extra index of a foreign key \w+\.\w+": "Indexes",
}
# Tables without the triggers of the audit log.
NOT_LOGGED = {
    "metadata_audit_log",
    "audit_key",
    "audit_seals",
    "context_keys",
    "job_progress",
    "idempotency_keys",
    "summary_refreshes",
    "sign_in_attempts",
    "notifications",
    "lineage_events",
    "lineage_runs",
    "lineage_datasets",
    "run_capsules",
    "source_reads",
    "quality_runs",
    "contract_watches",
    *COPIES,
}


def explanation(difference):
    """The heading that explains a difference, or None."""
    if difference in EXPLAINED:
        return EXPLAINED[difference]
    return next((heading for rule, heading in RULES.items() if re.fullmatch(rule, difference)), None)

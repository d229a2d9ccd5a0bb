"""The keys of a capsule document: their order, and the value that a missing key means."""

NOTHING = object()  # no default: the key is either there or not
# Values that may hold objects of anybody's own keys, which JSONB brings back in another order.
OPEN = frozenset({"config", "values", "expected", "allowed_values", "example_values", "masking_conditions"})
KEPT_EMPTY = frozenset({"value", "expected"})  # "" is a value here, not the lack of one


def keys(words, **defaults):
    """{key: default}, in the order of `words`."""
    return {word: defaults.get(word, NOTHING) for word in words.split()}


IDENTITY = keys(
    "urn name display_name status version capsule_type layer materialization source_system database_name"
    " schema_name description location format compression partitioning statistics owner domain tags"
)
SECTIONS = keys(
    "schema business_terms columns quality_rules policies column_policies lineage version_history contract"
)
PARTITIONING = keys("strategy key expression")
STATISTICS = keys("row_count size_bytes analyzed_at")
OWNER = keys("team name email contact")
SCHEMA = keys("columns constraints indexes")
COLUMN = keys("name data_type is_nullable description constraints fields", is_nullable=True)
CONSTRAINT = keys(
    "type name columns references on_delete on_update expression value enforced deferrable",
    enforced=True,
    deferrable=False,
)
REFERENCE = keys("table column columns")
INDEX = keys(
    "name columns expressions type unique primary where tablespace fill_factor",
    type="btree",
    unique=False,
    primary=False,
)
TERM = keys("term relationship", relationship="implements")
MEANING = keys(
    "description business_definition business_name business_terms semantic_type pii_type unit_of_measure"
    " value_domain range allowed_values format_pattern example_values tags"
)
RANGE = keys("min max")
RULE = keys(
    "rule name column capsule_level category severity blocking enabled description min max threshold operator"
    " threshold_percent expected pattern values columns references sql function config",
    capsule_level=False,
    severity="warning",
    blocking=False,
    enabled=True,
)
POLICY = keys(
    "sensitivity_level classification classification_tags retention geographic access purposes requires_masking"
    " masking_method masking_applies_to masking_exempt masking_conditions encryption compliance review status"
    " effective_from effective_to owner approved_by approved_at masking_rules",
    requires_masking=False,
    status="draft",
)
RETENTION = keys("period start action legal_hold", legal_hold=False)
GEOGRAPHIC = keys(
    "data_residency allowed_regions restricted_regions cross_border_transfer", cross_border_transfer=True
)
ACCESS = keys("min_access_level allowed_roles denied_roles")
PURPOSES = keys("approved prohibited")
ENCRYPTION = keys("required method at_rest in_transit", required=False, at_rest=False, in_transit=True)
COMPLIANCE = keys(
    "frameworks consent_required right_to_erasure audit_log_required audit_retention",
    consent_required=False,
    right_to_erasure=False,
    audit_log_required=False,
)
REVIEW = keys("frequency last_reviewed next_review")
MASKING_RULE = keys(
    "name method config condition applies_to exempt preserve_length preserve_format preserve_type preserve_null"
    " reversible vault priority enabled description",
    preserve_length=False,
    preserve_format=False,
    preserve_type=True,
    preserve_null=True,
    reversible=False,
    priority=100,
    enabled=True,
)
LINEAGE = keys("upstream downstream columns transformation")
TRANSFORMATION = keys(
    "language file code function line_start line_end git_commit git_repository git_branch git_tag"
)
HISTORY = keys("version date changes breaking", breaking=False)
CONTRACT = keys(
    "version status slas schema_changes support maintenance_windows deprecation known_consumers performance cost"
    " owner approved_by approved_at",
    status="draft",
)
SLAS = keys("freshness completeness availability quality latency")
FRESHNESS = keys("target schedule")
COMPLETENESS = keys("target min_rows max_rows")
AVAILABILITY = keys("target max_downtime")
DOWNTIME = keys("duration per")
QUALITY = keys("min_score critical_rules")
LATENCY = keys("p95_ms p99_ms")
SCHEMA_CHANGES = keys("policy breaking_change_notice", policy="backwards_compatible")
SUPPORT = keys("level contact slack oncall", level="best_effort")
WINDOW = keys("day start end timezone", timezone="UTC")
DEPRECATION = keys("policy notice_required date replacement", notice_required=True)
CONSUMER = keys("team contact use_case")
PERFORMANCE = keys("target_row_count target_size_bytes target_column_count")
COST = keys("cost_center billing_tags")


def arranged(entry, order):
    """`entry` in the order of its keys, without defaults and empty values; `meta` and `x-…` last, by name."""
    found = {}
    for key, default in order.items():
        if key in entry:
            value = in_order(entry[key]) if key in OPEN else entry[key]
            if key in KEPT_EMPTY or (value != default and not (value in ("", [], {}) and value is not False)):
                found[key] = value
    own = {key: in_order(entry[key]) for key in sorted(entry) if key.startswith("x-")}
    if entry.get("meta"):
        found["meta"] = in_order(entry["meta"])
    return found | own


def in_order(value):
    """`value` with the keys of every object sorted: JSONB keeps no order, so none may matter."""
    if isinstance(value, dict):
        return {key: in_order(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [in_order(item) for item in value]
    return value

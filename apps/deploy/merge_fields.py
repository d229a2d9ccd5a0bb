"""Which fields an ingestion sets on rows that exist, and which of them stay as a person wrote them."""


def kept(alias, name, key=None):
    """SQL: the stored value if a person owns the field, else the staged one."""
    return f"CASE WHEN {alias}.meta->'provenance' ? '{key or name}' THEN {alias}.{name} ELSE s.{name} END"


# What an ingestion may set on a row that exists, by whether a person's edit protects it.
CAPSULE_FIELDS = {
    "name": "s.name",
    "capsule_type": "s.capsule_type",
    "source_system_id": "s.source_system_id",
    "database_name": "s.database_name",
    "schema_name": "s.schema_name",
    "domain_id": kept("c", "domain_id", "domain"),
    "owner_id": kept("c", "owner_id", "owner"),
    "layer": kept("c", "layer"),
    "materialization": "s.materialization",
    "description": kept("c", "description"),
    "storage_location": kept("c", "storage_location"),
    "storage_format": kept("c", "storage_format"),
    "row_count": "CASE WHEN s.last_analyzed_at > coalesce(c.last_analyzed_at, '-infinity') THEN s.row_count ELSE c.row_count END",
    "table_size_bytes": "CASE WHEN s.last_analyzed_at > coalesce(c.last_analyzed_at, '-infinity')"
    " THEN s.table_size_bytes ELSE c.table_size_bytes END",
    "last_analyzed_at": "greatest(s.last_analyzed_at, c.last_analyzed_at)",
    "tags": kept("c", "tags"),
    "meta": "(c.meta - 'placeholder') || s.meta",
    "retired_at": "NULL::timestamptz",
}
COLUMN_FIELDS = {
    "data_type": "CASE WHEN c.meta->'provenance' ? 'data_type' OR s.data_type = 'unknown'"
    " THEN coalesce(c.data_type, s.data_type) ELSE s.data_type END",
    "ordinal_position": "CASE WHEN s.all_columns THEN s.ordinal_position ELSE c.ordinal_position END",
    "is_nullable": kept("c", "is_nullable"),
    "semantic_type": kept("c", "semantic_type"),
    "pii_type": kept("c", "pii_type"),
    "pii_detected_by": "CASE WHEN c.meta->'provenance' ? 'pii_type' THEN c.pii_detected_by ELSE s.pii_detected_by END",
    "description": kept("c", "description"),
    "unit_of_measure": "CASE WHEN c.meta->'provenance' ? 'unit_of_measure' OR s.unit_of_measure IS NULL"
    " THEN c.unit_of_measure ELSE s.unit_of_measure END",
    "allowed_values": "CASE WHEN c.meta->'provenance' ? 'allowed_values' OR s.allowed_values IS NULL"
    " THEN c.allowed_values ELSE s.allowed_values END",
    "tags": kept("c", "tags"),
    "meta": "c.meta || s.meta",
    "retired_at": "NULL::timestamptz",
}
RULE_FIELDS = (
    "rule_type rule_category rule_config threshold_value threshold_operator threshold_percent expected_value "
    "expected_range_min expected_range_max expected_pattern severity blocking is_enabled description"
).split()
CONSTRAINT_FIELDS = (
    "constraint_type constraint_name ordinal referenced_table_urn referenced_column_urn on_delete_action "
    "on_update_action check_expression default_value default_expression is_enforced is_deferrable"
).split()
CODE_FIELDS = "language function_name file_path line_start line_end git_commit_sha git_repository".split()

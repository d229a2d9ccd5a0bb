"""The parts and keys of a capsule document as people read them."""

from django.utils.translation import gettext_lazy as _

DIMENSIONS = {
    "identity": _("Identity"),
    "structural": _("Structure"),
    "semantic": _("Semantics"),
    "quality": _("Quality"),
    "policy": _("Policy"),
    "provenance": _("Provenance"),
    "contract": _("Contract"),
}
ICONS = {
    "identity": "database",
    "structural": "table-2",
    "semantic": "book-open-text",
    "quality": "gauge",
    "policy": "shield-check",
    "provenance": "waypoints",
    "contract": "handshake",
}
KEYS = {
    "name": _("Name"),
    "display_name": _("Display name"),
    "description": _("Description"),
    "business_definition": _("Business definition"),
    "business_name": _("Business name"),
    "business_terms": _("Business terms"),
    "capsule_type": _("Type"),
    "data_type": _("Type"),
    "is_nullable": _("May be empty"),
    "constraints": _("Constraints"),
    "columns": _("Columns"),
    "indexes": _("Indexes"),
    "fields": _("Fields"),
    "tags": _("Tags"),
    "layer": _("Layer"),
    "domain": _("Domain"),
    "owner": _("Owner"),
    "team": _("Team"),
    "status": _("Status"),
    "version": _("Version"),
    "materialization": _("Materialization"),
    "source_system": _("System"),
    "database_name": _("Database"),
    "schema_name": _("Schema"),
    "location": _("Location"),
    "format": _("Format"),
    "compression": _("Compression"),
    "partitioning": _("Partitioning"),
    "unit_of_measure": _("Unit"),
    "value_domain": _("Value domain"),
    "allowed_values": _("Allowed values"),
    "semantic_type": _("Semantic type"),
    "pii_type": _("Kind of personal data"),
    "rule": _("Rule"),
    "column": _("Column"),
    "severity": _("Severity"),
    "blocking": _("Blocks"),
    "sensitivity_level": _("Sensitivity"),
    "retention": _("Retention"),
    "geographic": _("Regions"),
    "access": _("Access"),
    "lineage": _("Lineage"),
    "upstream": _("Upstream"),
    "downstream": _("Downstream"),
    "transformation": _("Code"),
    "contract": _("Contract"),
    "slas": _("Promises"),
    "known_consumers": _("Consumers"),
    "schema_changes": _("Schema changes"),
    "support": _("Support"),
    "policies": _("Policy"),
    "column_policies": _("Policies of columns"),
    "quality_rules": _("Rules"),
    "meta": _("Notes"),
}


def dimension(slug):
    """The title of a dimension of changes."""
    return str(DIMENSIONS.get(slug, slug))


def key(name):
    """The word for a key of a document; a key of somebody's own as it is."""
    if name in KEYS:
        return str(KEYS[name])
    return name if name.startswith("x-") else name.replace("_", " ").capitalize()

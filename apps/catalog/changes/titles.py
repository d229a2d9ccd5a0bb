"""What a change is called in one line: `Column discount added`, `Type of order_total changed`.

Kept apart from Django like the sentences; `_` only marks for translation.
"""

from .sentences import Sentence


def _(words):
    return words


KINDS = {
    "capsule": _("Capsule"),
    "column": _("Column"),
    "field": _("Field"),
    "columns": _("Columns"),
    "primary_key": _("Primary key"),
    "unique": _("Unique key"),
    "foreign_key": _("Foreign key"),
    "check": _("Check"),
    "not_null": _("Not null"),
    "index": _("Index"),
    "partitioning": _("Partitioning"),
    "business_terms": _("Business terms"),
    "tags": _("Tags"),
    "rule": _("Rule"),
    "policy": _("Policy"),
    "masking": _("Mask"),
    "safeguard": _("Safeguard"),
    "upstream": _("Upstream"),
    "downstream": _("Downstream"),
    "column_lineage": _("Lineage of"),
    "transformation": _("Code"),
    "history": _("History"),
    "contract": _("Contract"),
    "sla": _("Promise"),
    "support": _("Support"),
    "maintenance_window": _("Maintenance window"),
    "deprecation": _("Deprecation"),
    "consumer": _("Consumer"),
    "owner": _("Owner"),
}
# Codes whose one word says more than "changed".
CODES = {
    "capsule_created": _("Capsule created"),
    "capsule_retired": _("Capsule retired"),
    "column_renamed": _("Column %(old)s renamed to %(new)s"),
    "column_case": _("Column %(old)s spelled %(new)s"),
    "column_reordered": _("Columns in another order"),
    "type_widened": _("Type of %(name)s widened"),
    "type_narrowed": _("Type of %(name)s narrowed"),
    "type_changed": _("Type of %(name)s changed"),
    "type_undetermined": _("Type of %(name)s changed"),
    "type_declared": _("Type of %(name)s stated"),
    "nullability_tightened": _("%(name)s may no longer be empty"),
    "nullability_loosened": _("%(name)s may now be empty"),
    "enum_extended": _("Values of %(name)s extended"),
    "enum_narrowed": _("Values of %(name)s narrowed"),
    "enum_dropped": _("List of values of %(name)s dropped"),
    "unit_changed": _("Unit of %(name)s changed"),
    "unit_added": _("Unit of %(name)s stated"),
    "rule_loosened": _("Rule %(name)s loosened"),
    "rule_tightened": _("Rule %(name)s tightened"),
    "sensitivity_raised": _("Sensitivity raised"),
    "sensitivity_lowered": _("Sensitivity lowered"),
    "meaning_changed": _("Meaning of %(name)s changed"),
}
VERBS = {
    "create": _("%(kind)s %(name)s added"),
    "change": _("%(kind)s %(name)s changed"),
    "retire": _("%(kind)s %(name)s removed"),
}
VERBS_ALONE = {
    "create": _("%(kind)s added"),
    "change": _("%(kind)s changed"),
    "retire": _("%(kind)s removed"),
}


def title(change, translate=str):
    """The line for `change`, in the language of `translate` (gettext or the like)."""
    kind = translate(KINDS.get(change.kind, change.kind.replace("_", " ").capitalize()))
    template = CODES.get(change.code)
    if template is None and change.name and not _says_all(change):
        template = VERBS[change.action]
    elif template is None:
        kind = change.name.replace("_", " ").capitalize() or kind
        template = VERBS_ALONE[change.action]
    values = {"kind": kind, "name": change.name, "old": _short(change.old), "new": _short(change.new)}
    return Sentence(template, tuple(values.items())).read(translate)


def _says_all(change):
    """True if the name needs no kind before it: the capsule's `description`, the `owner team`."""
    kind = change.kind.replace("_", " ")
    return change.kind == "capsule" or change.name.replace("_", " ").startswith(kind)


def _short(value):
    if isinstance(value, dict):
        value = value.get("name", "")
    return str("" if value is None else value)

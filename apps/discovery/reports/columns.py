"""Reports whose rows are columns: those with personal or sensitive data, and those of them that nothing masks."""

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.catalog.models.structure import PIIType
from apps.catalog.vocabularies import SENSITIVITY, sensitivity_rank
from apps.discovery.matching import Condition
from apps.policy.exposure import CONSUMED, NONE, POLICY, PROTECTIONS, RULE, UNSETTLED, protection
from apps.ui import formats

from . import drawn
from .base import CAPSULES, NUMBER, PLACE, TEXT, Column, Figure, Found, Query, Report
from .capsules import DOMAIN, LAYER, OWNER, URN

SENSITIVE_FROM = sensitivity_rank("confidential")
# Of a column's own policies and rules and of its capsule's, as far as the reader may know of them.
IN_FORCE = """p.policy_status = 'active' AND p.visibility_rank <= %s
    AND current_date BETWEEN coalesce(p.effective_from, '-infinity') AND coalesce(p.effective_to, 'infinity')"""
POLICIES = """
    SELECT max(array_position(ARRAY['public', 'internal', 'confidential', 'restricted', 'secret'], p.sensitivity_level::text)) AS rank,
           coalesce(bool_or(p.requires_masking), FALSE) AS required,
           coalesce(bool_or(p.requires_masking AND p.masking_method IS NOT NULL), FALSE) AS masked,
           min(p.number) AS number
    FROM dcs.data_policies p WHERE {of} AND {in_force}
"""
TABLES = f"""
    {CAPSULES}
    JOIN dcs.columns k ON k.capsule_id = f.capsule_id AND k.retired_at IS NULL AND k.visibility_rank <= %s
    CROSS JOIN LATERAL ({POLICIES.format(of="p.column_id = k.id", in_force=IN_FORCE)}) own
    CROSS JOIN LATERAL ({POLICIES.format(of="p.capsule_id = f.capsule_id", in_force=IN_FORCE)}) whole
    CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM dcs.masking_rules m
        WHERE m.column_id = k.id AND m.is_enabled AND m.visibility_rank <= %s) AS masked) rule
"""  # noqa: S608 - no value in it
SENSITIVE_ONE = "(k.pii_type IS NOT NULL OR k.semantic_type = 'pii' OR own.rank >= %s)"
# The first half follows from the second, and is decided before the policies of each column are asked: a third of the time
# over a whole estate. Where a layer leaves few columns, the second alone is faster.
SENSITIVE_ONES = f"""(k.pii_type IS NOT NULL OR k.semantic_type = 'pii'
    OR k.id IN (SELECT p.column_id FROM dcs.data_policies p WHERE p.column_id IS NOT NULL AND p.policy_status = 'active'))
    AND {SENSITIVE_ONE}"""  # noqa: S608 - no value in it
BARE = "NOT rule.masked AND NOT own.masked AND NOT whole.masked"
FIELDS = (
    *PLACE,
    ("column", "k.name"),
    ("pii_type", "k.pii_type"),
    ("sensitivity", "greatest(k.sensitivity_rank, own.rank, whole.rank)"),
    ("policy", "coalesce(own.number, whole.number)"),
    ("by_rule", "rule.masked"),
    ("by_policy", "own.required OR whole.required"),
    ("by_method", "own.masked OR whole.masked"),
)
ORDER = (("f.name_key", TEXT), ("f.ord", NUMBER), ("k.name", TEXT))


class Columns(Found):
    """Columns, each with the words for what holds of it."""

    def _row(self, found):
        row = super()._row(found)
        masked = protection(row.pop("by_rule"), row.pop("by_policy"), row.pop("by_method"))
        return row | {
            "sensitivity": SENSITIVITY[row["sensitivity"] - 1],
            "policy": f"P-{row['policy']}" if row["policy"] else None,
            "masked": masked,
            "consumed": (row["layer"] or "").lower() in CONSUMED,
        }


def columns_where(where, reader, order=ORDER):
    clearance = reader.clearance
    return Query(fields=FIELDS, tables=TABLES, params=(clearance,) * 6, where=where, order=order)


def sensitive(filters, reader, _choice):
    return Columns(
        "sensitive", columns_where(Condition(SENSITIVE_ONES, (SENSITIVE_FROM,)), reader), filters, reader
    )


def unmasked(filters, reader, _choice):
    where = Condition(f"{SENSITIVE_ONES} AND {BARE}", (SENSITIVE_FROM,))
    consumed = f"(coalesce(lower(f.layer), '') NOT IN {CONSUMED})::int"
    order = ((consumed, NUMBER), *ORDER)
    return Columns("unmasked", columns_where(where, reader, order), filters, reader)


def kinds(columns, _filters, _reader, _choice):
    """How many of the columns hold each kind of personal data, most frequent first."""
    found = columns.by("k.pii_type")
    labels = dict(PIIType.choices)
    return [
        Figure(formats.grouped(number), str(labels.get(kind, kind or _("classified"))))
        for kind, number in found
    ][:6]


MARKS = {
    RULE: ("shield-check", "good"),
    POLICY: ("shield-check", "good"),
    UNSETTLED: ("shield-alert", "critical"),
    NONE: ("shield-off", "caution"),
}


def masked(row):
    return drawn.mark(*MARKS[row["masked"]], capfirst(str(PROTECTIONS[row["masked"]])))


def kind(row):
    return drawn.pii(PIIType(row["pii_type"]).label) if row["pii_type"] else formats.none(None)


def read_by_people(row):
    """The layer, marked where it is one that people read."""
    return drawn.mark("eye", "caution", drawn.layer(row)) if row["consumed"] else drawn.layer(row)


COLUMN = Column("column", gettext_lazy("Column"), drawn.column)
OF_COLUMNS = (
    URN,
    COLUMN,
    Column("capsule", gettext_lazy("Capsule"), drawn.tab("policy")),
    DOMAIN,
    OWNER,
    LAYER,
    Column("consumed", gettext_lazy("Read by people"), shown=False),
    Column("pii_type", gettext_lazy("Personal data"), kind),
    Column("sensitivity", gettext_lazy("Sensitivity"), drawn.sensitivity),
    Column("policy", gettext_lazy("Policy")),
    Column("masked", gettext_lazy("Masked"), masked),
)
SENSITIVE = Report(
    slug="sensitive",
    title=gettext_lazy("Inventory of personal data"),
    question=gettext_lazy("Where is personal and sensitive data, and what protects it?"),
    definition=gettext_lazy(
        "Columns that hold personal data, and columns with a policy of their own in force at confidential or above. The sensitivity is "
        "the highest of the policies in force on the column and on its capsule. A column is masked by an enabled rule, or by a "
        "policy that requires masking and names the method."
    ),
    nothing=gettext_lazy("No column of these capsules is known to hold personal or sensitive data."),
    columns=OF_COLUMNS,
    rows=sensitive,
    figures=kinds,
)
UNMASKED = Report(
    slug="unmasked",
    title=gettext_lazy("Not masked"),
    question=gettext_lazy("Which personal or sensitive data does nothing mask?"),
    definition=gettext_lazy(
        "Columns of the inventory that no enabled rule masks, and no policy that requires masking and names the method. Layers that "
        "people read, gold and marts, come first."
    ),
    nothing=gettext_lazy("Each column of the inventory is masked."),
    columns=tuple(
        Column("layer", gettext_lazy("Layer"), read_by_people) if column.key == "layer" else column
        for column in OF_COLUMNS
    ),
    rows=unmasked,
)

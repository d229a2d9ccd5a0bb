"""Reports whose rows are groups of capsules: what is owed where, and the catalogue in numbers."""

from django.db import connection
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.catalog.vocabularies import CAPSULE_TYPES, LAYERS, SENSITIVITY
from apps.discovery import facets, summary
from apps.discovery.conditions import all_of, conditions
from apps.discovery.filters import NONE, PRESENT
from apps.ui import formats

from . import drawn
from .base import CAPSULES, Choice, Column, Figure, Report, Table

# What one gap costs. Whoever changes a weight changes what every figure of the report means: say so in the changelog.
WEIGHTS = {
    "personal": 5,
    "incidents": 5,
    "owner": 3,
    "reviews": 3,
    "quality": 2,
    "policy": 1,
    "contract": 1,
    "semantics": 1,
    "description": 1,
}
LACKED = ("owner", "quality", "policy", "contract", "semantics", "description")
BY = Choice(
    "by",
    gettext_lazy("By"),
    {"domain": gettext_lazy("domain"), "steward": gettext_lazy("steward"), "owner": gettext_lazy("owner")},
)
# (group, the domains of it, tables that name it, which capsules have one). A capsule of a domain or owner that the reader may
# not know of belongs to no group.
GROUPS = {
    "domain": ("d.name", "array_agg(DISTINCT d.name)", "", "(f.domain_id IS NULL OR d.id IS NOT NULL)"),
    "owner": ("o.name", "NULL::text[]", "", "(f.owner_id IS NULL OR o.id IS NOT NULL)"),
    "steward": (
        "coalesce(nullif(btrim(u.first_name || ' ' || u.last_name), ''), u.username)",
        "array_agg(DISTINCT d.name)",
        "JOIN dcs.stewardships w ON w.domain_id = d.id JOIN {users} u ON u.id = w.user_id AND u.is_active",
        "TRUE",
    ),
}
OWED = """
SELECT {group}, {domains}, count(*), {lacked},
       count(*) FILTER (WHERE f.pii_columns > 0 AND f.present & {policy} = 0),
       coalesce(sum(due.n), 0)::bigint, coalesce(sum(open.n), 0)::bigint
FROM {capsules} {named}
LEFT JOIN (
    SELECT coalesce(p.capsule_id, k.capsule_id) AS capsule_id, count(*) AS n
    FROM dcs.data_policies p LEFT JOIN dcs.columns k ON k.id = p.column_id
    WHERE p.policy_status = 'active' AND p.next_review_date <= current_date AND p.visibility_rank <= %s
      AND (p.column_id IS NULL OR k.retired_at IS NULL AND k.visibility_rank <= %s) GROUP BY 1
) due ON due.capsule_id = f.capsule_id
LEFT JOIN (
    SELECT i.capsule_id, count(*) AS n FROM dcs.sla_incidents i JOIN dcs.capsule_contracts t ON t.id = i.contract_id
    WHERE i.incident_status NOT IN ('resolved', 'closed', 'false_positive') AND i.visibility_rank <= %s AND t.visibility_rank <= %s
    GROUP BY 1
) open ON open.capsule_id = f.capsule_id
WHERE {where} AND {has_group} GROUP BY 1
"""


def debt(filters, reader, by):
    """What is owed by domain, steward or owner, most points first."""
    group, domains, named, has_group = GROUPS[by]
    visible = all_of(conditions(filters, reader))
    lacked = ", ".join(f"count(*) FILTER (WHERE f.present & {PRESENT[slug]} = 0)" for slug in LACKED)
    text = OWED.format(
        group=group, domains=domains, named=named.format(users=_users()), has_group=has_group, lacked=lacked,
        policy=PRESENT["policy"], capsules=CAPSULES, where=visible.sql,
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(text, [*[reader.clearance] * 6, *visible.params])
        found = [_owed(row, filters, by) for row in cursor]
    return Table(sorted(found, key=lambda row: (-row["points"], row["group"] or "")))


def _users():
    from django.contrib.auth import get_user_model

    return connection.ops.quote_name(get_user_model()._meta.db_table)


def _owed(found, filters, by):
    name, domains, capsules, *numbers = found
    counts = dict(zip((*LACKED, "personal", "reviews", "incidents"), numbers, strict=True))
    points = sum(WEIGHTS[key] * number for key, number in counts.items())
    key = "owner" if by == "owner" else "domain"
    if by == "steward":
        asked = {value.lower() for value in filters.domain}
        within = [("domain", domain) for domain in domains if not asked or domain.lower() in asked]
    else:
        within = [(key, name or NONE)]
    kept = [pair for pair in filters.pairs() if pair[0] not in (key, "sort")]
    return counts | {
        "group": name,
        "by": by,
        "capsules": capsules,
        "points": points,
        "each": round(points / capsules, 2),
        "within": [*kept, *within],
    }


def group(row):
    """The group's name as the way to it."""
    if row["group"] is None:
        return _("No owner") if row["by"] == "owner" else _("No domain")
    if row["by"] == "steward":
        return formats.wbr(row["group"])
    return (
        drawn.owner({"owner": row["group"]})
        if row["by"] == "owner"
        else drawn.domain({"domain": row["group"]})
    )


def owed(debt, _filters, _reader, by):
    """The whole debt and where most of it lies."""
    found = debt.rows
    if not found:
        return []
    if by == "steward":  # a capsule may be in the care of several
        return [Figure(formats.grouped(found[0]["points"]), found[0]["group"])]
    total = sum(row["points"] for row in found)
    capsules = sum(row["capsules"] for row in found)
    each = formats.grouped(total / capsules, 1)
    return [
        Figure(formats.grouped(total), _("points in all")),
        Figure(each, _("points a capsule, of %(n)s capsules") % {"n": formats.grouped(capsules)}),
    ]


def _lacking(slug, title):
    return Column(slug, title, drawn.listed(slug, lacks=slug), num=True)


DEBT = Report(
    slug="debt",
    title=gettext_lazy("Governance debt"),
    question=gettext_lazy("Where is most left undone, and who looks after it?"),
    definition=gettext_lazy(
        "Points for each gap of a capsule: personal data without a policy and an open incident 5, no owner and an overdue policy "
        "review 3, no quality rule 2, no policy, contract, term or description 1. A steward is counted with all capsules of "
        "the domains in their care, a domain with two stewards for both."
    ),
    nothing=gettext_lazy("There is no capsule to count."),
    columns=(
        Column("group", gettext_lazy("Where"), group),
        Column("capsules", gettext_lazy("Capsules"), drawn.listed("capsules"), num=True),
        Column("points", gettext_lazy("Points"), drawn.number("points"), num=True),
        Column("each", gettext_lazy("A capsule"), lambda row: formats.grouped(row["each"], 1), num=True),
        Column("personal", gettext_lazy("Personal data, no policy"), drawn.listed("personal", pii="yes", lacks="policy"), num=True),
        Column("incidents", gettext_lazy("Open incidents"), drawn.reported("incidents", "incidents"), num=True),
        Column("reviews", gettext_lazy("Reviews overdue"), drawn.reported("reviews", "reviews-due", days="0"), num=True),
        _lacking("owner", gettext_lazy("No owner")),
        _lacking("quality", gettext_lazy("No rule")),
        _lacking("policy", gettext_lazy("No policy")),
        _lacking("contract", gettext_lazy("No contract")),
        _lacking("semantics", gettext_lazy("No term")),
        _lacking("description", gettext_lazy("No description")),
    ),
    rows=debt,
    figures=owed,
    choice=BY,
)  # fmt: skip

# ---------- the catalogue in numbers ----------

SUMMED = {
    "layer": "f.layer",
    "domain": "d.name",
    "type": "f.capsule_type",
    "sensitivity": "f.sensitivity_rank",
    "contract": "f.contract_status",
}
OF = Choice("of", gettext_lazy("By"), {key: facets.TITLES[key] for key in SUMMED})
TOTALS = """
SELECT {group}, count(*), sum(f.column_count)::bigint, sum(f.described_columns)::bigint, sum(f.pii_columns)::bigint,
       avg(f.completeness)::float8, avg(f.quality_score), count(f.quality_score), count(*) FILTER (WHERE f.has_masking)
FROM {capsules} WHERE {where} GROUP BY 1
"""
KEYS = ("value", "capsules", "columns", "described", "personal", "complete", "quality", "checked", "masking")


def totals(filters, reader, of):
    """The capsules by layer, domain, type, sensitivity or contract, most first."""
    visible = all_of(conditions(filters, reader))
    where = visible.sql + (" AND (f.domain_id IS NULL OR d.id IS NOT NULL)" if of == "domain" else "")
    text = TOTALS.format(group=SUMMED[of], capsules=CAPSULES, where=where)
    with connection.cursor() as cursor:
        cursor.execute(text, [reader.clearance, reader.clearance, *visible.params])
        found = [_total(dict(zip(KEYS, row, strict=True)), filters, of) for row in cursor]
    return Table(sorted(found, key=lambda row: (-row["capsules"], str(row["value"]))))


def _total(row, filters, of):
    if of == "sensitivity":
        row["value"] = SENSITIVITY[row["value"] - 1]
    kept = [pair for pair in filters.pairs() if pair[0] not in (of, "sort")]
    described = round(100 * row["described"] / row["columns"], 1) if row["columns"] else None
    return row | {
        "of": of,
        "within": [*kept, (of, row["value"] or NONE)],
        "described": described,
        "complete": round(row["complete"], 2),
        "quality": None if row["quality"] is None else round(row["quality"], 1),
    }


def value(row):
    """One value of the facet in words."""
    said, of = row["value"], row["of"]
    if said is None:
        return formats.none(None)
    if of == "domain":
        return drawn.domain({"domain": said})
    if of == "sensitivity":
        return drawn.sensitivity({"sensitivity": said})
    if of == "contract":
        return drawn.badge("contract", said)
    known = (LAYERS if of == "layer" else CAPSULE_TYPES).get(said.lower())
    return known.title if known else capfirst(said)


def counted(_totals, filters, reader, _of):
    """All capsules and columns, and how old the summary view is that others read."""
    found = totals(filters, reader, "layer").rows
    figures = [
        Figure(formats.grouped(sum(row["capsules"] for row in found)), _("capsules"), _catalog(filters)),
        Figure(formats.grouped(sum(row["columns"] or 0 for row in found)), _("columns")),
        Figure(formats.grouped(sum(row["personal"] or 0 for row in found)), _("columns with personal data")),
    ]
    at = summary.refreshed_at()
    view = Figure(str(formats.when(at)) if at else _("never"), _("last count of the summary view"))
    return [*figures, view]


def _catalog(filters):
    asked = filters.query()
    return reverse("discovery:catalog") + (f"?{asked}" if asked else "")


SUMMARY = Report(
    slug="summary",
    title=gettext_lazy("The catalogue in numbers"),
    question=gettext_lazy("What is there, how well is it described, and how good is it?"),
    definition=gettext_lazy(
        "Capsules in use, counted now. Complete is the mean number of the seven dimensions that they have, quality the mean score of "
        "those that were checked, masked those with an enabled rule or a policy that requires it."
    ),
    nothing=gettext_lazy("There is no capsule to count."),
    columns=(
        Column("value", gettext_lazy("Value"), value),
        Column("capsules", gettext_lazy("Capsules"), drawn.listed("capsules"), num=True),
        Column("columns", gettext_lazy("Columns"), drawn.number("columns"), num=True),
        Column("described", gettext_lazy("Columns described"), drawn.points("described"), num=True),
        Column("personal", gettext_lazy("With personal data"), drawn.number("personal"), num=True),
        Column(
            "complete",
            gettext_lazy("Dimensions, of 7"),
            lambda row: formats.grouped(row["complete"], 1),
            num=True,
        ),
        Column("quality", gettext_lazy("Quality"), drawn.percent("quality")),
        Column("checked", gettext_lazy("Checked"), drawn.number("checked"), num=True),
        Column("masking", gettext_lazy("Masked"), drawn.number("masking"), num=True),
    ),
    rows=totals,
    figures=counted,
    choice=OF,
)

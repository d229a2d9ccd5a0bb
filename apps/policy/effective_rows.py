"""What holds for stored columns and capsules, read in a fixed number of queries however many they are.

Everything counts, also what the reader may not know of; `named_for` then takes its name out (errata row E12).
"""

from collections import defaultdict
from dataclasses import replace

from django.db import connection
from django.db.models import Q

from apps.audit.context import acting
from apps.catalog.models import Column
from apps.people.reader import system

from .effective import CAPSULE, COLUMN, LEVELS, UPSTREAM, Stated, Upstream, effective
from .levels import levels
from .models import Policy

TASK = "effective_policy"
FIELDS = (
    "sensitivity_level", "classification_tags", "retention_period", "retention_start", "deletion_action", "legal_hold",
    "allowed_regions", "restricted_regions", "data_residency", "cross_border_transfer", "min_access_level",
    "allowed_roles", "denied_roles", "approved_purposes", "prohibited_purposes", "requires_masking", "masking_method",
    "masking_conditions", "encryption_required", "encryption_method", "encryption_at_rest", "encryption_in_transit",
    "compliance_frameworks", "consent_required", "right_to_erasure", "audit_log_required", "audit_retention_period",
)  # fmt: skip
# Edges that hand a level on: neither masked, nor such that only choose or order rows.
CARRIES = """
NOT coalesce(e.meta -> 'masking' = 'true'::jsonb, FALSE)
AND (jsonb_array_length(coalesce(e.meta -> 'kinds', '[]')) = 0
     OR jsonb_path_exists(e.meta, '$.kinds[*] ? (@ starts with "DIRECT")'))
"""
ABOVE = f"""
WITH RECURSIVE up(id) AS (
    SELECT unnest(%s::uuid[])
    UNION SELECT e.source_column_id FROM up JOIN dcs.column_lineage e ON e.target_column_id = up.id WHERE {CARRIES}
)
SELECT e.source_column_id, e.target_column_id FROM up JOIN dcs.column_lineage e ON e.target_column_id = up.id WHERE {CARRIES}
"""  # noqa: S608 - two constants of this module
BELOW = f"""
WITH RECURSIVE down(id) AS (
    SELECT unnest(%s::uuid[])
    UNION SELECT e.target_column_id FROM down JOIN dcs.column_lineage e ON e.source_column_id = down.id WHERE {CARRIES}
)
SELECT id FROM down LIMIT %s
"""  # noqa: S608 - a constant of this module


def of_capsules(keys, *, on):
    """{capsule id: `Effective`} of what the policies of the capsules themselves say; one query."""
    with acting(system(TASK)):
        rows = _stored(Q(capsule__in=list(keys)))
    said = defaultdict(list)
    for row in rows:
        said[row["capsule_id"]].append(_stated(row, row["capsule__name"]))
    return {key: effective(said[key], on=on) for key in keys}


def of_columns(keys, *, on, instead=()):
    """{column id: `Effective`} of columns under their policies, those of their capsules and the levels upstream; three queries.

    Each policy of `instead` counts as it is in memory, not as it is stored.
    """
    keys = list(keys)
    with acting(system(TASK)):
        edges = _edges_above(keys)
        wanted = {*keys, *(one for edge in edges for one in edge)}
        columns = {
            pk: (capsule, f"{capsule_name}.{name}")
            for pk, capsule, name, capsule_name in Column._base_manager.filter(pk__in=wanted).values_list(
                "pk", "capsule_id", "name", "capsule__name"
            )
        }
        capsules = {capsule for capsule, _name in columns.values()}
        rows = _stored(Q(column__in=list(columns)) | Q(capsule__in=capsules))
    return _worked_out(keys, edges, columns, _laid_over(rows, instead), on)


def _laid_over(rows, instead):
    keys = {policy.pk for policy in instead}
    meant = [_as_row(policy) for policy in instead if policy.status == Policy.Status.ACTIVE]
    return [row for row in rows if row["pk"] not in keys] + meant


def _as_row(policy):
    names = ("pk", "number", "capsule_id", "column_id", "effective_from", "effective_to", *FIELDS)
    subject = "column__name" if policy.column_id else "capsule__name"
    return {name: getattr(policy, name) for name in names} | {subject: policy.subject.name}


def below(keys, *, most):
    """The columns, at most `most` of them, to which the level of the columns `keys` is handed on, themselves among them."""
    with acting(system(TASK)), connection.cursor() as cursor:
        cursor.execute(BELOW, [keys, most])
        return [key for (key,) in cursor.fetchall()]


def _edges_above(keys):
    with connection.cursor() as cursor:
        cursor.execute(ABOVE, [keys])
        return cursor.fetchall()


def _stored(about):
    found = Policy._base_manager.filter(about, status=Policy.Status.ACTIVE).order_by()
    names = ("pk", "number", "capsule_id", "column_id", "effective_from", "effective_to")
    return list(found.values(*names, "capsule__name", "column__name", *FIELDS))


def _stated(row, subject):
    return Stated(
        key=str(row["pk"]),
        label=f"P-{row['number']}",
        place=COLUMN if row["column_id"] else CAPSULE,
        subject=subject,
        values={name: row[name] for name in FIELDS},
        starts=row["effective_from"],
        ends=row["effective_to"],
    )


def _worked_out(keys, edges, columns, rows, on):
    own, general = defaultdict(list), defaultdict(list)
    for row in rows:
        if row["column_id"]:
            own[row["column_id"]].append(_stated(row, row["column__name"]))
        else:
            general[row["capsule_id"]].append(_stated(row, row["capsule__name"]))
    said = {key: (*own[key], *general[capsule]) for key, (capsule, _name) in columns.items()}
    strictest = {key: _strictest(policies, on) for key, policies in said.items()}
    found = levels({key: rank for key, (rank, _label) in strictest.items()}, edges)
    above = defaultdict(list)
    for source, target in edges:
        above[target].append(source)
    upstream = {
        key: [_upstream(source, found.get(source), columns, said, strictest) for source in above[key]]
        for key in keys
    }
    return {key: effective(said.get(key, ()), on=on, upstream=upstream[key]) for key in keys}


def _strictest(policies, on):
    """(rank, label) of the strictest level that policies state; (0, "") if none holds."""
    holding = [policy for policy in policies if policy.holds(on)]
    ranks = [(LEVELS.index(policy.values["sensitivity_level"]) + 1, policy.label) for policy in holding]
    return max(ranks, key=lambda each: each[0], default=(0, ""))


def _upstream(source, level, columns, said, strictest):
    name = columns[source][1]
    if level is None:
        return Upstream(str(source), name)
    return Upstream(
        key=str(source),
        subject=name,
        level=LEVELS[level.rank - 1],
        label=strictest[level.origin][1],
        origin=columns[level.origin][1] if level.origin != source else "",
        origin_key=str(level.origin) if level.origin != source else "",
        steps=level.steps + 1,
        policies=tuple(said[source]),
    )


def named_for(found, reader, policies=None):
    """`found` ({key: `Effective`}) with the names of those policies and columns only that the reader may know of.

    `policies` are all that the reader may see of these subjects, where somebody has asked for them already.
    """
    sources = [
        source
        for each in found.values()
        for source in (
            *(one for held in each.facets for one in (*held.origins, *held.beaten)),
            *(suggestion.source for suggestion in each.suggestions),
        )
    ]
    numbers = {int(source.label.removeprefix("P-")) for source in sources if source.label}
    above = {
        key
        for source in sources
        if source.place == UPSTREAM
        for key in (source.key, source.origin_key)
        if key
    }
    known = set()
    if policies is not None:
        known |= {policy.label for policy in policies}
    elif numbers:
        seen = Policy.objects.visible_to(reader).filter(number__in=numbers)
        known |= {f"P-{number}" for number in seen.values_list("number", flat=True)}
    if above:
        columns = Column.objects.visible_to(reader).filter(pk__in=above)
        known |= {str(key) for key in columns.values_list("pk", flat=True)}
    return {key: _with_names(each, known) for key, each in found.items()}


def _with_names(found, known):
    def named(source):
        label = source.label if source.label in known else ""
        if source.place != UPSTREAM:
            return replace(source, label=label)
        subject = source.subject if source.key in known else ""
        origin = source.origin if source.origin_key in known else ""
        return replace(source, label=label, subject=subject, origin=origin)

    facets = tuple(
        replace(held, origins=tuple(map(named, held.origins)), beaten=tuple(map(named, held.beaten)))
        for held in found.facets
    )
    said = [replace(each, source=named(each.source)) for each in found.suggestions]
    return replace(found, facets=facets, suggestions=tuple(each for each in said if each.source.subject))

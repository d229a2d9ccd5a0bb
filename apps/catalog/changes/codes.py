"""The table of breaking-changes.md section 3: every code, its row, its dimension and its two verdicts.

Where a row gives two verdicts, the one here holds unless the module that finds the change knows better.
"""

from dataclasses import dataclass

from .change import B, C, Change, M, N, Verdict

DIMENSIONS = ("identity", "structural", "semantic", "quality", "policy", "provenance", "contract")


@dataclass(frozen=True, slots=True)
class Code:
    """One code of the table: its row's number and what it means to consumers and producers."""

    row: int
    dimension: str
    consumer: Verdict
    producer: Verdict
    needs_approval: bool = False
    undetermined: bool = False


def _rows(dimension, table):
    return {code: Code(row, dimension, *rest) for code, (row, *rest) in table.items()}


CODES = {
    **_rows(
        "structural",
        {
            "column_added": (1, C, N),
            "column_added_required": (2, C, B),
            "column_removed": (3, B, C),
            "column_renamed": (4, B, N),
            "column_case": (5, N, N),
            "column_reordered": (6, N, C),
            "type_widened": (7, C, C),
            "type_narrowed": (8, N, B),
            "type_changed": (9, B, B),
            "type_undetermined": (10, N, N, False, True),
            "type_declared": (10, M, M),
            "nullability_tightened": (11, C, B),
            "nullability_loosened": (12, B, C),
            "pk_added": (13, C, B),
            "pk_removed": (13, B, C),
            "pk_changed": (14, B, B),
            "pk_reordered": (14, N, C),
            "unique_added": (15, C, B),
            "unique_removed": (15, B, C),
            "fk_added": (16, C, B),
            "fk_removed": (16, N, C),
            "fk_target": (17, B, B),
            "fk_action": (17, N, N),
            "check_added": (18, C, B),
            "check_removed": (18, N, C),
            "check_changed": (19, N, N, False, True),
            "enforcement_off": (20, N, C),
            "enforcement_on": (20, C, N),
            "default_added": (21, M, C),
            "default_changed": (21, N, C),
            "default_removed": (21, N, C),
            "index_added": (23, M, M),
            "index_removed": (23, M, M),
            "index_changed": (23, M, M),
            "partitioning_changed": (24, N, N),
            "location_changed": (25, N, N),
            "format_changed": (25, N, N),
            "compression_changed": (26, C, C),
        },
    ),
    **_rows(
        "semantic",
        {
            "unit_changed": (27, B, B),
            "unit_added": (27, M, M),
            "enum_extended": (28, B, C),
            "enum_narrowed": (29, C, B),
            "enum_dropped": (30, B, C),
            "value_domain_changed": (31, N, N),
            "range_loosened": (32, N, C),
            "range_tightened": (32, C, B),
            "pattern_changed": (33, N, N, False, True),
            "pattern_added": (33, C, B),
            "meaning_changed": (34, N, M),
            "docs_changed": (35, M, M),
        },
    ),
    **_rows(
        "quality",
        {
            "rule_added": (36, C, N),
            "rule_removed": (37, N, C),
            "rule_loosened": (38, N, C),
            "rule_tightened": (39, C, N),
            "rule_changed": (40, N, N, False, True),
        },
    ),
    **_rows(
        "policy",
        {
            "sensitivity_raised": (41, N, N),
            "sensitivity_lowered": (41, N, N, True),
            "access_narrowed": (42, B, C),
            "access_widened": (43, C, C, True),
            "masking_added": (44, B, N),
            "masking_changed": (44, B, N),
            "masking_removed": (44, N, N, True),
            "region_narrowed": (45, B, B),
            "region_widened": (46, C, C, True),
            "retention_shorter": (47, B, N),
            "retention_longer": (47, N, N, True),
            "safeguard_added": (48, N, N),
            "safeguard_removed": (48, N, C, True),
        },
    ),
    **_rows("provenance", {"lineage_changed": (49, M, M), "code_changed": (50, M, M)}),
    **_rows(
        "contract",
        {
            "sla_weaker": (51, B, C),
            "sla_stronger": (51, C, B),
            "schedule_changed": (54, N, N),
            "support_lowered": (55, N, C),
            "support_raised": (55, C, C),
            "support_contact_removed": (55, N, C),
            "support_contact_changed": (55, M, C),
            "support_window_added": (55, N, C),
            "support_window_removed": (55, C, C),
            "contract_weakened": (56, B, C),
            "contract_strengthened": (57, C, N),
            "deprecation_set": (58, N, M),
            "deprecation_earlier": (58, B, M),
            "deprecation_later": (58, C, M),
            "deprecation_removed": (58, C, M),
            "deprecation_policy_shorter": (58, N, M),
            "deprecation_policy_longer": (58, C, M),
            "consumer_added": (59, M, M),
            "consumer_removed": (59, N, M),
            "consumer_changed": (59, M, M),
            "contract_withdrawn": (60, B, C),
            "contract_activated": (61, C, N),
        },
    ),
    **_rows(
        "identity",
        {
            "capsule_retired": (62, B, B),
            "capsule_created": (62, M, M),
            "identity_changed": (63, M, M),
            "other_metadata": (64, M, M),
        },
    ),
}


def found(
    code, kind, name, pointer, old, new, *, consumer=None, producer=None, action="", dimension="",
    undetermined=None, needs_approval=None, impact=(),
) -> Change:  # fmt: skip
    """The change that this code stands for, with the verdicts of its row unless others are given.

    The action is told by which side has a value unless it is given; what is undetermined counts as notice.
    """
    row = CODES[code]
    open_ = row.undetermined if undetermined is None else undetermined
    return Change(
        dimension=dimension or row.dimension,
        action=action or ("create" if old is None else "retire" if new is None else "change"),
        kind=kind,
        name=name,
        pointer=pointer,
        old=old,
        new=new,
        code=code,
        consumer=consumer or (N if open_ else row.consumer),
        producer=producer or (N if open_ else row.producer),
        undetermined=open_,
        needs_approval=row.needs_approval if needs_approval is None else needs_approval,
        impact=tuple(impact),
    )

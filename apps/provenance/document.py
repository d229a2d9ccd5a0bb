"""Lineage in a capsule document: declared edges, columns' origin, and the code (section 3.6)."""

import hashlib
from collections import defaultdict

from django.db.models import Q

from apps.catalog.documents.keys import LINEAGE, TRANSFORMATION
from apps.catalog.models import Capsule, Column
from apps.catalog.remainder import entry_of, meta_with, noted, remainder, told_of
from apps.catalog.rewriting import rewrite

from .models import CapsuleEdge, ColumnEdge, TransformationCode

FLOWS = "flows_to"
STORED = {
    "file": "file_path", "code": "code_text", "function": "function_name", "line_start": "line_start",
    "line_end": "line_end", "git_commit": "git_commit_sha", "git_repository": "git_repository",
}  # fmt: skip
UNSAID = TransformationCode.Language.OTHER  # of code whose language the document does not name


def snapshot(capsules):
    """{capsule id: {lineage}}: what documents declare; edges that were only seen are not theirs. Three queries."""
    urns = {capsule.urn: capsule.pk for capsule in capsules}
    upstream, downstream = defaultdict(list), defaultdict(list)
    for edge in _declared(capsules):
        for urn, position in edge.meta["declared_by"].items():
            if urn in urns and urn == edge.target_urn:
                upstream[urns[urn]].append((position, edge.source_urn))
            elif urn in urns and urn == edge.source_urn:
                downstream[urns[urn]].append((position, edge.target_urn))
    columns = defaultdict(dict)
    for capsule_id, name, meta in _tracing(capsules):
        columns[capsule_id][name] = noted(meta)["lineage"]
    code = _code(capsules)
    found = {}
    for capsule in capsules:
        told = told_of(
            upstream=[urn for _position, urn in sorted(upstream[capsule.pk])],
            downstream=[urn for _position, urn in sorted(downstream[capsule.pk])],
            columns=columns[capsule.pk],
            transformation=_transformation(code[capsule.pk]) if capsule.pk in code else None,
        )
        rest = {"doc": {"rest": noted(capsule.meta).get("lineage")}}
        found[capsule.pk] = {"lineage": entry_of(told, rest, LINEAGE)}
    return found


def _declared(capsules):
    about = Q(source__in=capsules) | Q(target__in=capsules)
    return CapsuleEdge._base_manager.filter(about, edge_type=FLOWS, meta__has_key="declared_by")


def _tracing(capsules):
    found = Column._base_manager.filter(
        capsule__in=capsules, retired_at__isnull=True, meta__doc__has_key="lineage"
    )
    return found.order_by("capsule_id", "ordinal_position", "name").values_list("capsule_id", "name", "meta")


def _code(capsules):
    """{capsule id: the code that its document means}: what a document wrote, else what people wrote, as in dbt."""
    found = {}
    rows = TransformationCode._base_manager.filter(capsule__in=capsules, meta__has_key="declared")
    for row in rows.order_by("created_at", "pk"):
        found[row.capsule_id] = row
    return found


def _transformation(row):
    told = {} if row.meta.get("language_missing") else {"language": row.language}
    told |= {key: getattr(row, name) for key, name in STORED.items() if getattr(row, name) not in (None, "")}
    return entry_of(told, row.meta, TRANSFORMATION)


def write(wanted):
    """Make declared lineage and code of each (capsule, state) equal to it.

    An edge that only a document declared goes with its declaration; one that was also seen stays. A URN that
    nobody knows becomes a placeholder (R11).
    """
    _edges(wanted)
    _columns(wanted)
    _codes(wanted)
    changed = []
    for capsule, state in wanted:
        said = state.get("lineage", {})
        own = {key: value for key, value in said.items() if key == "meta" or key.startswith("x-")}
        meta = meta_with(capsule.meta, lineage=own)
        if meta != capsule.meta:
            capsule.meta = meta
            changed.append(capsule)
    if changed:
        Capsule._base_manager.bulk_update(changed, ["meta"], batch_size=500)


def _edges(wanted):
    capsules = [capsule for capsule, _state in wanted]
    said = defaultdict(dict)  # {(source URN, target URN): {declaring URN: position}}
    for capsule, state in wanted:
        lineage = state.get("lineage", {})
        for position, urn in enumerate(lineage.get("upstream", ())):
            said[urn, capsule.urn][capsule.urn] = position
        for position, urn in enumerate(lineage.get("downstream", ())):
            said[capsule.urn, urn][capsule.urn] = position
    ids = _ids({urn for pair in said for urn in pair})
    mine = {capsule.urn for capsule in capsules}
    about = Q(source__in=capsules) | Q(target__in=capsules)
    stored = {
        (edge.source_urn, edge.target_urn): edge
        for edge in CapsuleEdge._base_manager.filter(about, edge_type=FLOWS)
    }
    values = {}
    for pair in {*said, *stored}:
        edge = stored.get(pair)
        meta = edge.meta if edge else {}
        others = {urn: at for urn, at in meta.get("declared_by", {}).items() if urn not in mine}
        declared = others | said.get(pair, {})
        if declared:
            values[pair] = {
                "source_id": ids.get(pair[0]) or edge.source_id,
                "target_id": ids.get(pair[1]) or edge.target_id,
                "source_urn": pair[0],
                "target_urn": pair[1],
                "meta": {**meta, "declared_by": declared},
            }
        elif edge and "declared_by" in meta and _was_seen(edge):
            values[pair] = {"meta": {key: value for key, value in meta.items() if key != "declared_by"}}
    left = rewrite(CapsuleEdge, stored, values)
    gone = [edge.pk for edge in left if "declared_by" in edge.meta]
    CapsuleEdge._base_manager.filter(pk__in=gone).delete()


def _was_seen(edge):
    return "origin" in edge.meta or "seen" in edge.meta or edge.ingestion_id is not None


def _ids(urns):
    """{URN: capsule id}, with a placeholder for every URN that is not stored."""
    found = dict(Capsule._base_manager.filter(urn__in=urns).values_list("urn", "pk"))
    made = [
        Capsule(
            urn=urn,
            name=urn.split(":", 5)[-1][:255],
            capsule_type=urn.split(":")[3][:50],
            meta={"placeholder": True},
        )
        for urn in sorted(urns - found.keys())
    ]
    Capsule._base_manager.bulk_create(made, batch_size=500)
    return found | {capsule.urn: capsule.pk for capsule in made}


def _columns(wanted):
    states = {capsule.pk: state.get("lineage", {}).get("columns", {}) for capsule, state in wanted}
    columns = list(
        Column._base_manager.filter(capsule__in=list(states), retired_at__isnull=True).defer("stats")
    )
    changed, said, dropped = [], {}, []
    for column in columns:
        sources = states[column.capsule_id].get(column.name, [])
        before = noted(column.meta).get("lineage") or []
        said |= {(urn, column.urn): column for urn in sources}
        dropped += [(urn, column.pk) for urn in before if urn not in sources]
        if sources != before:
            column.meta = meta_with(column.meta, lineage=sources)
            changed.append(column)
    if changed:
        Column._base_manager.bulk_update(changed, ["meta"], batch_size=500)
    for urn, pk in dropped:
        declared = ColumnEdge._base_manager.filter(source_urn=urn, target=pk, ingestion__isnull=True)
        declared.exclude(meta__has_any_keys=["origin", "kinds"]).delete()
    known = dict(Column._base_manager.filter(urn__in={urn for urn, _own in said}).values_list("urn", "pk"))
    stored = set(
        ColumnEdge._base_manager.filter(target__in=[column.pk for column in said.values()]).values_list(
            "source", "target"
        )
    )
    made = [
        ColumnEdge(source_urn=urn, target_urn=own, source_id=known[urn], target_id=column.pk)
        for (urn, own), column in said.items()
        if urn in known and known[urn] != column.pk and (known[urn], column.pk) not in stored
    ]
    ColumnEdge._base_manager.bulk_create(made, batch_size=500)


def _codes(wanted):
    capsules = [capsule for capsule, _state in wanted]
    stored = {
        (row.capsule_id, row.code_hash): row
        for row in TransformationCode._base_manager.filter(capsule__in=capsules)
    }
    declared = {row.capsule_id: row for row in stored.values() if "declared" in row.meta}
    values = {}
    for capsule, state in wanted:
        said = state.get("lineage", {}).get("transformation")
        if not said:
            continue
        digest = hashlib.sha256(said.get("code", "").encode()).hexdigest()
        row = stored.get((capsule.pk, digest))
        before = declared.get(capsule.pk)
        if row is None and before is not None and not _came_along(before):
            # The code itself was rewritten: the same row, so that what hangs on it stays.
            del stored[capsule.pk, before.code_hash]
            stored[capsule.pk, digest] = row = before
        values[capsule.pk, digest] = _code_values(capsule, said, digest, row)
    left = [row for row in rewrite(TransformationCode, stored, values) if "declared" in row.meta]
    TransformationCode._base_manager.filter(pk__in=[row.pk for row in left if not _came_along(row)]).delete()
    for row in left:
        if _came_along(row):
            row.meta = {
                key: value for key, value in meta_with(row.meta).items() if key not in ("declared", "doc")
            }
            row.save(update_fields=["meta"])


def _came_along(row):
    return "origin" in row.meta


def _code_values(capsule, said, digest, row):
    values = {name: said.get(key) for key, name in STORED.items()}
    values |= {
        "capsule_id": capsule.pk,
        "code_text": said.get("code", ""),
        "code_hash": digest,
        "language": said.get("language", UNSAID),
    }
    meta = {**(row.meta if row else {}), "declared": True}
    for key, missing in (("code_missing", "code" not in said), ("language_missing", "language" not in said)):
        meta.pop(key, None)
        if missing:
            meta[key] = True
    told = _transformation(TransformationCode(**values, meta=meta))
    values["meta"] = meta_with(
        meta, rest=remainder(said, {key: told.get(key) for key in said if key in told})
    )
    return values

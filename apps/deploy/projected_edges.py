"""Lineage that was seen in runs: edges between capsules and columns, and the code that a job ran."""

import hashlib

from .event_rows import with_rows
from .readers import openlineage_names as names
from .readers import openlineage_union as union
from .readers.openlineage import moment

LANGUAGES = {
    "sql": "sql",
    "python": "python",
    "pyspark": "python",
    "spark_sql": "spark_sql",
    "sparksql": "spark_sql",
}
LONGEST_CODE = 1_000_000


def pairs(state, capsules):
    """{(upstream capsule, downstream capsule)} of the inputs and outputs of a run so far."""
    return {
        (capsules[up], capsules[down])
        for up in state["inputs"]
        for down in state["outputs"]
        if capsules[up] != capsules[down]
    }


def write(seen):
    """Keep that edges were seen: `seen` maps (upstream, downstream) to {first, last: nanoseconds, runs: new ones}."""
    with_rows(
        "INSERT INTO capsule_lineage AS e (source_urn, target_urn, source_id, target_id, meta)"
        " SELECT a.urn, b.urn, a.id, b.id, jsonb_build_object('origin', 'openlineage', 'seen',"
        "  jsonb_build_object('first', s.first, 'last', s.last, 'runs', s.runs))"
        " FROM {rows} JOIN capsules a ON a.id = s.up JOIN capsules b ON b.id = s.down ORDER BY a.id, b.id"
        " ON CONFLICT (source_id, target_id, edge_type) DO UPDATE SET meta = e.meta || jsonb_build_object('seen',"
        "  jsonb_build_object("
        "   'first', least(e.meta->'seen'->>'first', excluded.meta->'seen'->>'first'),"
        "   'last', greatest(e.meta->'seen'->>'last', excluded.meta->'seen'->>'last'),"
        "   'runs', coalesce((e.meta->'seen'->>'runs')::bigint, 0) + (excluded.meta->'seen'->>'runs')::bigint))"
        " WHERE e.meta->'seen' IS NULL OR (excluded.meta->'seen'->>'runs')::bigint > 0"
        "  OR e.meta->'seen'->>'first' > excluded.meta->'seen'->>'first'"
        "  OR e.meta->'seen'->>'last' < excluded.meta->'seen'->>'last'",
        "up uuid, down uuid, first text, last text, runs bigint",
        [
            {
                "up": up,
                "down": down,
                "first": _iso(one["first"]),
                "last": _iso(one["last"]),
                "runs": one["runs"],
            }
            for (up, down), one in seen.items()
        ],
    )


def _iso(nanos):
    """Always with the same number of digits, so that texts sort as times."""
    return f"{moment(nanos):%Y-%m-%dT%H:%M:%S.%f}Z"


def columns(datasets, capsules):
    """Edges between columns; those that another source has brought keep their kind and learn what was seen."""
    rows = {}
    for key, state in datasets.items():
        for column, origins in state["origins"].items():
            for entry in origins.values():
                source = str(names.key_of_dataset(*entry["from"][:2]))
                one = (capsules[source], entry["from"][2].lower(), capsules[key], column.lower())
                rows[one] = _merged(rows.get(one), entry)
    with_rows(
        "INSERT INTO column_lineage AS e (source_urn, target_urn, source_column_id, target_column_id,"
        " transformation_type, meta)"
        " SELECT DISTINCT ON (a.id, b.id) a.urn, b.urn, a.id, b.id, s.kind,"
        "  jsonb_build_object('origin', 'openlineage') || s.meta"
        " FROM {rows} JOIN columns a ON a.capsule_id = s.up AND lower(a.name) = s.source"
        " JOIN columns b ON b.capsule_id = s.down AND lower(b.name) = s.target WHERE a.id <> b.id ORDER BY a.id, b.id"
        " ON CONFLICT (source_column_id, target_column_id) DO UPDATE SET"
        "  transformation_type = CASE WHEN e.meta->>'origin' = 'openlineage'"
        "   THEN excluded.transformation_type ELSE e.transformation_type END,"
        "  meta = e.meta || (excluded.meta - 'origin')"
        " WHERE e.meta IS DISTINCT FROM e.meta || (excluded.meta - 'origin')",
        "up uuid, source text, down uuid, target text, kind text, meta jsonb",
        [
            {"up": up, "source": source, "down": down, "target": target, **_told(entry)}
            for (up, source, down, target), entry in rows.items()
        ],
    )


def _merged(known, entry):
    if known is None:
        return entry
    masks = [one["masking"] for one in (known, entry) if one["masking"] is not None]
    kinds = sorted({*known["kinds"], *entry["kinds"]})
    return {"kinds": kinds, "masking": all(masks) if masks else None}


def _told(entry):
    direct = any(kind.startswith(union.DIRECT) for kind in entry["kinds"])
    meta = {"kinds": entry["kinds"]} | ({"masking": entry["masking"]} if entry["masking"] is not None else {})
    return {"kind": "DERIVED_FROM" if direct else union.INDIRECT, "meta": meta}


def code(states, capsules):
    """The code of each job, at each capsule that it writes; the newest one of the job."""
    rows = {}
    for state in states.values():
        told = union.shown(state["job"])
        text, language, function = _code(told)
        if not text:
            continue
        at = max(
            state["job"][name][0]
            for name in ("sql", "sourceCode", "sourceCodeLocation")
            if name in state["job"]
        )
        where = _place(told.get("sourceCodeLocation") or {})
        namespace, name = state["name"][1]
        for dataset in state["outputs"]:
            key = (capsules[dataset], namespace, name)
            row = {
                "id": names.key_of_check("code", *key),
                "capsule": capsules[dataset],
                "text": text,
                "digest": hashlib.sha256(text.encode()).hexdigest(),
                "language": language,
                "function": function,
                "meta": {"origin": "openlineage", "job": {"namespace": namespace, "name": name}, "stamp": at},
                **where,
            }
            if key not in rows or rows[key]["meta"]["stamp"] < at:
                rows[key] = row
    with_rows(
        "INSERT INTO transformation_code AS k (id, capsule_id, code_text, code_hash, language, function_name, file_path,"
        " git_commit_sha, git_repository, meta)"
        " SELECT s.id, s.capsule, s.text, s.digest, s.language, s.function, s.path, s.commit, s.repository, s.meta"
        " FROM {rows} WHERE NOT EXISTS (SELECT FROM transformation_code o WHERE o.capsule_id = s.capsule"
        "  AND o.code_hash = s.digest AND o.id <> s.id)"
        " ON CONFLICT (id) DO UPDATE SET code_text = excluded.code_text, code_hash = excluded.code_hash,"
        "  language = excluded.language, function_name = excluded.function_name, file_path = excluded.file_path,"
        "  git_commit_sha = excluded.git_commit_sha, git_repository = excluded.git_repository, meta = excluded.meta"
        " WHERE k.meta->>'stamp' < excluded.meta->>'stamp' AND (k.code_hash, k.language, k.function_name, k.file_path,"
        "  k.git_commit_sha, k.git_repository) IS DISTINCT FROM (excluded.code_hash, excluded.language,"
        "  excluded.function_name, excluded.file_path, excluded.git_commit_sha, excluded.git_repository)",
        "id uuid, capsule uuid, text text, digest text, language text, function text, path text, commit text,"
        " repository text, meta jsonb",
        list(rows.values()),
    )


def _code(told):
    """(text, language, what the job is called there) of the code in the facets of a job."""
    sql, source = told.get("sql") or {}, told.get("sourceCode") or {}
    name = (told.get("dbt_node") or {}).get("unique_id")
    name = name[:255] if isinstance(name, str) else None
    if isinstance(sql.get("query"), str) and sql["query"].strip():
        return sql["query"][:LONGEST_CODE], "sql", name
    if isinstance(source.get("sourceCode"), str) and source["sourceCode"].strip():
        stated = str(source.get("language") or "").lower().replace(" ", "_")
        return source["sourceCode"][:LONGEST_CODE], LANGUAGES.get(stated, "other"), name
    return None, None, None


def _place(facet):
    def said(name, most):
        value = facet.get(name)
        return value[:most] if isinstance(value, str) and value.strip() else None

    return {
        "path": said("path", 500) or (said("url", 500) if not facet.get("repoUrl") else None),
        "commit": said("version", 64),
        "repository": said("repoUrl", 500),
    }

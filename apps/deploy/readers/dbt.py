"""Read dbt artifacts into capsule documents.

A manifest says what a project is made of, the catalog what its relations look like, run results and source
freshness how it fared. Nothing is written and nothing is looked up: the same files give the same documents.
Versions read: manifest 1 to 12, catalog 1, run results 1 to 6, sources 1 to 3; higher ones with a warning.
Design: interop.md section 3 and capsule-document.md.
"""

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from operator import itemgetter

import orjson

from .dbt_artifacts import (
    CATALOG,
    KNOWN_VERSIONS,
    MANIFEST,
    RUN_RESULTS,
    SOURCES,
    ArtifactError,
    collector_paused,
    open_artifact,
    pointer,
    text,
    words,
)
from .dbt_documents import document
from .dbt_nodes import Note, code_of, package_of
from .dbt_project import Project
from .dbt_results import Check, read_results
from .dbt_tests import kind_of_test, named

__all__ = ["ArtifactError", "Check", "Note", "Reading", "open_artifact", "read"]

# Part of every node hash: raise it when the same node makes another document, so that all are read again.
READER = 1

# What of a node becomes part of its document; times, paths of the machine and checksums do not.
_HASHED = words(
    """name resource_type package_name original_file_path database schema alias identifier relation_name
    description columns config tags meta group access version latest_version deprecation_date constraints
    contract language patch_path raw_code raw_sql compiled_code compiled_sql source_name source_description
    source_meta loader loaded_at_field freshness external"""
)
_HASHED_OF_TEST = words(
    "name column_name test_metadata config severity description compiled_code compiled_sql"
)


@dataclass(frozen=True)
class Reading:
    """What the files of one dbt invocation say.

    `documents` are capsule documents (capsule-document.md) of nodes that are new or changed, `unchanged` the
    addresses of those whose hash the caller knew, `all_urns` both. `checks` are results by rule, `runs` one
    entry per results file, `last_updated` the newest row's time per source. `complete` says that nodes of
    `project` missing from `all_urns` have really gone. `project_index` serves `dbt_lineage`.

    Beyond the format a document has `node_hash`; `lineage.transformation` is a list (code as written, code as
    compiled), each with `upstream_references` and `function_calls`; `lineage.columns`, once traced, maps a
    column to objects `{urn, transformation_type, transformation_expression}` instead of plain addresses.
    """

    project: str
    packages: tuple
    dbt_version: str
    schema_version: int
    adapter: str
    invocation_id: str
    generated_at: str
    documents: list
    unchanged: list
    all_urns: list
    checks: list
    runs: list
    last_updated: dict
    notes: list
    complete: bool
    counts: dict
    project_index: Project = field(repr=False, compare=False)


def read(manifest, catalog=None, run_results=None, sources=None, *, known=None):
    """Read a manifest, and whatever else the same project has, into a `Reading`.

    Each file is bytes, text, parsed JSON or an opened `Artifact`; `run_results` and `sources` may be lists of files. `known` maps
    addresses to the `node_hash` of their last reading: nodes that still have it are not built again.
    Raises `ArtifactError` for a file that is no such artifact; never anything else, whatever the file holds.
    """
    with collector_paused():
        opened = open_artifact(manifest, MANIFEST)
        described = open_artifact(catalog, CATALOG) if catalog is not None else None
        results = [open_artifact(one, RUN_RESULTS) for one in _several(run_results)]
        results += [open_artifact(one, SOURCES) for one in _several(sources)]
        if not isinstance(opened.content.get("nodes"), dict):
            raise ArtifactError(
                "no_nodes",
                "The manifest has no nodes: its field nodes is missing or no object.",
                "Upload the manifest.json as dbt wrote it.",
                "/nodes",
            )
        project = Project(opened, described)
        _compare_versions(project, [opened, *([described] if described else []), *results])
        _compare_runs(project, opened, described)
        return _read(project, opened, described, results, known or {})


def _several(files):
    if files is None:
        return []
    return list(files) if isinstance(files, list | tuple) else [files]


def _compare_versions(project, artifacts):
    for artifact in artifacts:
        highest = KNOWN_VERSIONS[artifact.kind]
        if artifact.version > highest:
            project.note(
                "warning",
                "newer_version",
                f"The {artifact.kind} has version {artifact.version}; fields are known up to {highest}.",
                "/metadata/dbt_schema_version",
            )


def _compare_runs(project, manifest, catalog):
    if catalog is None:
        return
    ids = [text(one.metadata.get("invocation_id")) for one in (manifest, catalog)]
    if ids[0] != ids[1]:
        project.note(
            "warning",
            "different_runs",
            "Manifest and catalog come from different runs of dbt: columns may not fit their descriptions.",
            "/metadata/invocation_id",
        )


def _read(project, manifest, catalog, results, known):
    tests, rule_names = _attach_tests(project)
    documents, unchanged, hashes = [], [], {}
    shared = orjson.dumps([READER, project.name, project.adapter, catalog is not None])
    for unique_id, node in project.nodes.items():
        urn = project.urns[unique_id]
        digest = _node_hash(project, unique_id, node, tests.get(unique_id, ()), shared)
        hashes[urn] = digest
        if known.get(urn) == digest:
            unchanged.append(urn)
        else:
            documents.append(document(project, unique_id, node, tests.get(unique_id, ()), rule_names, digest))
    checks, runs = [], []
    for artifact in results:
        found, run = read_results(project, artifact, rule_names)
        checks.extend(found)
        runs.append(run)
    _note_missing_code(project)
    return Reading(
        project=project.name,
        packages=tuple(sorted({package_of(node) for node in project.nodes.values()})),
        dbt_version=text(project.metadata.get("dbt_version")),
        schema_version=manifest.version,
        adapter=project.adapter,
        invocation_id=text(project.metadata.get("invocation_id")),
        generated_at=text(project.metadata.get("generated_at")),
        documents=documents,
        unchanged=unchanged,
        all_urns=list(hashes),
        checks=list({check.key: check for check in checks}.values()),
        runs=runs,
        last_updated=project.last_updated,
        notes=project.all_notes(),
        complete=project.complete,
        counts={key: count for key, count in sorted(project.counts.items()) if count},
        project_index=project,
    )


def _attach_tests(project):
    """Tests by the capsule they are about, and every test's rule: `{unique id: (urn, rule name)}`."""
    tests: dict = {}
    rule_names: dict = {}
    kinds: Counter = Counter()
    loose = []
    for unique_id, test in sorted(project.tests.items(), key=itemgetter(0)):
        kinds[kind_of_test(test)] += 1
        node = project.node_of_test(test)
        if node is None:
            loose.append(unique_id)
        else:
            tests.setdefault(node, []).append((unique_id, test))
    for unique_id, attached in tests.items():
        urn = project.urns[unique_id]
        rule_names.update((test, (urn, name)) for test, name in named(attached).items())
    project.counts.update({f"tests.{kind}": count for kind, count in kinds.items()})
    if loose:
        project.note(
            "warning",
            "test_without_node",
            f"{len(loose)} tests belong to no capsule of the manifest, such as {loose[0][:120]}.",
            pointer("nodes", loose[0]),
        )
    return tests, rule_names


def _node_hash(project, unique_id, node, tests, shared):
    """SHA-256 over all that makes a document: the node, catalog entry, tests, parents, group, consumers."""
    parts = (
        [node.get(key) for key in _HASHED],
        [(one, [test.get(key) for key in _HASHED_OF_TEST]) for one, test in tests],
        [project.urns[parent] for parent in project.parents(unique_id, node)],
        project.group_of(node)[1],
        project.consumers.get(unique_id),
        project.catalog.get(unique_id),
        project.layer_of(node),
    )
    try:
        whole = orjson.dumps(parts)
    except (TypeError, RecursionError):
        raise ArtifactError(
            "too_deep",
            f"{unique_id[:120]} is nested too deeply to be a dbt node.",
            "Run dbt again and upload the manifest it writes.",
            pointer("nodes", unique_id),
        ) from None
    digest = hashlib.sha256(shared)
    digest.update(whole)
    return digest.hexdigest()


def _note_missing_code(project):
    models = [
        node
        for node in project.nodes.values()
        if node["resource_type"] in ("model", "snapshot") and text(node.get("language"), "sql") == "sql"
    ]
    without = sum(1 for node in models if not code_of(node)[1])
    if without:
        project.note(
            "warning",
            "no_compiled_code",
            f"Column lineage of {without} of {len(models)} models is not resolved: no compiled code."
            " `dbt compile` or `dbt docs generate` writes it.",
            "/nodes",
        )

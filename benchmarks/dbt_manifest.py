"""Make dbt artifacts of any size whose compiled code really selects the columns they document.

`generate` writes manifest.json and catalog.json into a folder; `change` alters a share of the models as a new
run of dbt would. Run as a program it prints how long reading them takes.
"""

import hashlib
import os
import random
import sys
import tempfile
import time
from pathlib import Path

import orjson

PROJECT, DATABASE = "shop", "analytics"
LAYERS = (("staging", "stg", 0.3), ("intermediate", "int", 0.3), ("marts", "fct", 0.4))
SUBJECTS = [
    "order",
    "customer",
    "payment",
    "product",
    "shipment",
    "invoice",
    "campaign",
    "session",
    "ticket",
    "store",
]
FACTS = [
    ("amount", "numeric(18,2)"),
    ("quantity", "bigint"),
    ("status", "varchar"),
    ("created_at", "timestamp"),
    ("is_active", "boolean"),
    ("email", "varchar"),
    ("country_code", "varchar"),
    ("discount", "double precision"),
]
GROUPS = ["finance", "marketing", "operations", "product", "support"]


def generate(path, models=5000, columns=30, seed=7):
    """Write a manifest of version 12 with its catalog into the folder `path`; the same seed gives the same files.

    Returns the paths of manifest.json and catalog.json. A tenth as many sources come with the models; 30 % of
    the models are staging, 30 % intermediate, 40 % marts.
    """
    project = _Project(random.Random(seed), columns)
    for number in range(max(1, models // 10)):
        project.add_source(number)
    for folder, prefix, share in LAYERS:
        for number in range(round(models * share)):
            project.add_model(folder, prefix, number)
    folder = Path(path)
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "manifest.json", project.manifest())
    _write(folder / "catalog.json", project.catalog())
    return folder / "manifest.json", folder / "catalog.json"


def change(path, share=0.02, seed=1):
    """Alter `share` of the models in the folder `path` as a later run would; 0 changes the times alone.

    Returns the unique ids of the models altered.
    """
    chance = random.Random(seed)
    file = Path(path) / "manifest.json"
    manifest = orjson.loads(file.read_bytes())
    models = [one for one in manifest["nodes"] if one.startswith("model.")]
    altered = chance.sample(models, round(len(models) * share))
    for unique_id in altered:
        node = manifest["nodes"][unique_id]
        node["description"] += " Reviewed."
        first = next(iter(node["columns"].values()))
        first["description"] += " Never reused."
    for node in manifest["nodes"].values():
        node["created_at"] += 86_400
    run = {"invocation_id": f"00000000-0000-4000-8000-{chance.getrandbits(48):012x}"}
    manifest["metadata"].update(run, generated_at="2026-05-02T06:00:00.000000Z")
    _write(file, manifest)
    catalog_file = Path(path) / "catalog.json"
    catalog = orjson.loads(catalog_file.read_bytes())
    catalog["metadata"].update(run)
    _write(catalog_file, catalog)
    return altered


def _write(file, content):
    file.write_bytes(orjson.dumps(content))


class _Project:
    def __init__(self, chance, width):
        self.chance, self.width = chance, width
        self.nodes, self.sources, self.tests, self.entries = {}, {}, {}, {}
        self.by_layer = {"sources": [], "staging": [], "intermediate": [], "marts": []}

    def add_source(self, number):
        subject = SUBJECTS[number % len(SUBJECTS)]
        name = f"raw_{subject}_{number:05d}"
        unique_id = f"source.{PROJECT}.erp.{name}"
        columns = [("id", "bigint")]
        for at in range(1, self.width):
            fact, kind = FACTS[at % len(FACTS)]
            columns.append((f"{fact}_{at:02d}", kind))
        node = {
            "database": DATABASE,
            "schema": "raw",
            "name": name,
            "resource_type": "source",
            "package_name": PROJECT,
            "path": "models/staging/__sources.yml",
            "original_file_path": "models/staging/__sources.yml",
            "unique_id": unique_id,
            "fqn": [PROJECT, "staging", "erp", name],
            "source_name": "erp",
            "source_description": "Rows as the shop system exports them every night.",
            "loader": "airbyte",
            "identifier": name,
            "quoting": {"database": None, "schema": None, "identifier": None, "column": None},
            "loaded_at_field": "created_at_04" if self.width > 4 else None,
            "freshness": {
                "warn_after": {"count": 12, "period": "hour"},
                "error_after": {"count": 1, "period": "day"},
                "filter": None,
            },
            "external": None,
            "description": f"One row per {subject}.",
            "columns": self._documented(columns, subject),
            "meta": {},
            "source_meta": {"owner": {"name": "Data platform", "email": "platform@shop.example"}},
            "tags": ["nightly"],
            "config": {"enabled": True},
            "patch_path": None,
            "unrendered_config": {},
            "relation_name": f'"{DATABASE}"."raw"."{name}"',
            "created_at": 1_777_000_000.25,
        }
        self.sources[unique_id] = node
        self._finish("sources", unique_id, node, columns)

    def add_model(self, folder, prefix, number):
        subject = SUBJECTS[number % len(SUBJECTS)]
        name = f"{prefix}_{subject}_{number:05d}"
        unique_id = f"model.{PROJECT}.{name}"
        if folder == "staging":
            parents = [self.chance.choice(self.by_layer["sources"])]
            columns, code = self._staging(parents[0], subject)
        else:
            below = self.by_layer["staging" if folder == "intermediate" else "intermediate"]
            parents = self.chance.sample(below, min(len(below), self.chance.choice([2, 2, 3])))
            columns, code = self._joined(parents, subject)
        names = {parent[0]: parent[1]["relation_name"] for parent in parents}
        compiled, raw = code, code
        for parent, node, _ in parents:
            call = (
                f"source('erp', '{node['name']}')"
                if parent.startswith("source")
                else f"ref('{node['name']}')"
            )
            raw = raw.replace(names[parent], "{{ " + call + " }}")
        materialized = {"staging": "view", "intermediate": "view"}.get(folder, "table")
        meta = {"owner": f"{GROUPS[number % 5]}@shop.example"} if number % 7 == 0 else {}
        node = {
            "database": DATABASE,
            "schema": folder,
            "name": name,
            "resource_type": "model",
            "package_name": PROJECT,
            "path": f"{folder}/{subject}/{name}.sql",
            "original_file_path": f"models/{folder}/{subject}/{name}.sql",
            "unique_id": unique_id,
            "fqn": [PROJECT, folder, subject, name],
            "alias": name,
            "checksum": {"name": "sha256", "checksum": f"{self.chance.getrandbits(256):064x}"},
            "config": _config(materialized, folder, meta),
            "tags": [folder],
            "description": f"One row per {subject} of the {folder} layer, with what is known about it at night.",
            "columns": self._documented(columns, subject),
            "meta": meta,
            "group": GROUPS[number % 5] if folder == "marts" else None,
            "docs": {"show": True, "node_color": None},
            "patch_path": f"{PROJECT}://models/{folder}/{subject}/_models.yml",
            "build_path": None,
            "unrendered_config": {"materialized": materialized},
            "created_at": 1_777_000_000.5,
            "relation_name": f'"{DATABASE}"."{folder}"."{name}"',
            "raw_code": raw,
            "doc_blocks": [],
            "language": "sql",
            "refs": [{"name": node["name"], "package": None, "version": None} for _, node, _ in parents],
            "sources": [],
            "metrics": [],
            "functions": [],
            "depends_on": {"macros": [], "nodes": [parent[0] for parent in parents]},
            "compiled_path": f"target/compiled/{PROJECT}/models/{folder}/{subject}/{name}.sql",
            "compiled": True,
            "compiled_code": compiled,
            "extra_ctes_injected": True,
            "extra_ctes": [],
            "contract": {"enforced": False, "alias_types": True, "checksum": None},
            "access": "protected",
            "constraints": [],
            "version": None,
            "latest_version": None,
            "deprecation_date": None,
            "primary_key": [columns[0][0]],
            "time_spine": None,
        }
        self.nodes[unique_id] = node
        self._finish(folder, unique_id, node, columns)
        for kind in ("unique", "not_null"):
            self._test(kind, unique_id, node, columns[0][0], {})
        if number % 3 == 0:
            self._test(
                "accepted_values", unique_id, node, columns[2][0], {"values": ["new", "paid", "closed"]}
            )

    def _finish(self, layer, unique_id, node, columns):
        self.by_layer[layer].append((unique_id, node, columns))
        self.entries[unique_id] = {
            "metadata": {
                "type": "VIEW" if layer in ("staging", "intermediate") else "BASE TABLE",
                "schema": node["schema"],
                "name": node["name"],
                "database": DATABASE,
                "comment": None,
                "owner": "transformer",
            },
            "columns": {
                name: {"type": kind.upper(), "index": at, "name": name, "comment": None}
                for at, (name, kind) in enumerate(columns, 1)
            },
            "stats": {
                "has_stats": {"id": "has_stats", "label": "Has Stats?", "value": False, "include": False}
            },
            "unique_id": unique_id,
        }

    def _documented(self, columns, subject):
        return {
            name: {
                "name": name,
                "description": f"The {name.replace('_', ' ')} of the {subject}, as last reported.",
                "meta": {},
                "data_type": kind,
                "constraints": [],
                "quote": None,
                "config": {"meta": {}, "tags": []},
                "tags": [],
                "granularity": None,
                "doc_blocks": [],
            }
            for name, kind in columns
        }

    def _staging(self, parent, subject):
        _, node, source = parent
        columns, lines = [(f"{subject}_id", "bigint")], [f"        id as {subject}_id"]
        for at, (name, kind) in enumerate(source[1:], 1):
            if at % 6 == 0:
                lines.append(f"        lower(trim({name})) as {name}_clean")
                columns.append((f"{name}_clean", "varchar"))
            elif at % 6 == 3:
                lines.append(f"        cast({name} as {kind}) as {name}")
                columns.append((name, kind))
            else:
                lines.append(f"        {name}")
                columns.append((name, kind))
        selected = ",\n".join(lines)
        code = (
            f"with source as (\n\n    select * from {node['relation_name']}\n\n),\n\n"
            f"renamed as (\n\n    select\n{selected}\n\n    from source\n\n)\n\nselect * from renamed"
        )
        return columns, code

    def _joined(self, parents, subject):
        ctes, joins, lines = [], [], []
        columns = [(f"{subject}_key", "bigint")]
        first = parents[0][2]
        lines.append(f"        p0.{first[0][0]} as {subject}_key")
        for at, (_, node, _) in enumerate(parents):
            ctes.append(f"p{at} as (\n\n    select * from {node['relation_name']}\n\n)")
            if at:
                joins.append(
                    f"    left join p{at}\n        on p0.{first[0][0]} = p{at}.{parents[at][2][0][0]}"
                )
        taken, at = {columns[0][0]}, 0
        pool = [(which, one) for which, (_, _, theirs) in enumerate(parents) for one in theirs[1:]]
        self.chance.shuffle(pool)
        while len(columns) < self.width and at < len(pool):
            which, (name, kind) = pool[at]
            new = name if name not in taken else f"{name[:40]}_{at}"
            if at % 5 == 4:
                new, kind = f"total_{at:02d}", "double precision"
                lines.append(f"        coalesce(sum(p{which}.{name}), 0) / 100 as {new}")
            elif new == name:
                lines.append(f"        p{which}.{name}")
            else:
                lines.append(f"        p{which}.{name} as {new}")
            taken.add(new)
            columns.append((new, kind))
            at += 1
        selected = ",\n".join(lines)
        joined = "\n\n".join(joins)
        code = (
            f"with {(',' + chr(10) + chr(10)).join(ctes)},\n\nfinal as (\n\n    select\n{selected}\n\n    from p0\n\n"
            f"{joined}\n\n    group by all\n\n)\n\nselect * from final"
        )
        return columns, code

    def _test(self, kind, unique_id, node, column, arguments):
        name = f"{kind}_{node['name']}_{column}"
        test_id = f"test.{PROJECT}.{name}.{self.chance.getrandbits(40):010x}"
        relation = node["relation_name"]
        self.tests[test_id] = {
            "database": DATABASE,
            "schema": "dbt_test__audit",
            "name": name,
            "resource_type": "test",
            "package_name": PROJECT,
            "path": f"{name}.sql",
            "original_file_path": node["patch_path"].partition("://")[2],
            "unique_id": test_id,
            "fqn": [*node["fqn"][:-1], name],
            "alias": name,
            "checksum": {"name": "none", "checksum": ""},
            "config": {
                "enabled": True,
                "alias": None,
                "schema": "dbt_test__audit",
                "tags": [],
                "meta": {},
                "materialized": "test",
                "severity": "ERROR",
                "where": None,
                "limit": None,
                "fail_calc": "count(*)",
                "warn_if": "!= 0",
                "error_if": "!= 0",
            },
            "tags": [],
            "description": "",
            "columns": {},
            "meta": {},
            "created_at": 1_777_000_000.75,
            "raw_code": f"{{{{ test_{kind}(**_dbt_generic_test_kwargs) }}}}",
            "language": "sql",
            "depends_on": {"macros": [f"macro.dbt.test_{kind}"], "nodes": [unique_id]},
            "compiled": True,
            "compiled_code": f"select {column}\nfrom {relation}\nwhere {column} is null",
            "column_name": column,
            "file_key_name": f"models.{node['name']}",
            "attached_node": unique_id,
            "test_metadata": {
                "name": kind,
                "kwargs": {
                    **arguments,
                    "column_name": column,
                    "model": f"{{{{ get_where_subquery(ref('{node['name']}')) }}}}",
                },
                "namespace": None,
            },
        }

    def manifest(self):
        nodes = {**self.nodes, **self.tests}
        parents = {name: node["depends_on"]["nodes"] for name, node in nodes.items()}
        children = {}
        for name, above in parents.items():
            for parent in above:
                children.setdefault(parent, []).append(name)
        body = "{% macro example(relation) %}\n" + "  {{ adapter.dispatch('example')(relation) }}\n" * 30
        return {
            "metadata": {**_metadata("manifest/v12"), "project_name": PROJECT, "adapter_type": "duckdb"},
            "nodes": nodes,
            "sources": self.sources,
            "macros": {
                f"macro.dbt.m{at}": {"name": f"m{at}", "resource_type": "macro", "macro_sql": body}
                for at in range(600)
            },
            "docs": {},
            "exposures": self._exposures(),
            "metrics": {},
            "groups": {
                f"group.{PROJECT}.{name}": {
                    "name": name,
                    "resource_type": "group",
                    "package_name": PROJECT,
                    "unique_id": f"group.{PROJECT}.{name}",
                    "owner": {"name": f"{name.title()} analytics", "email": f"{name}@shop.example"},
                }
                for name in GROUPS
            },
            "selectors": {},
            "disabled": {},
            "parent_map": parents,
            "child_map": children,
            "group_map": {},
            "saved_queries": {},
            "semantic_models": {},
            "unit_tests": {},
            "functions": {},
        }

    def _exposures(self):
        return {
            f"exposure.{PROJECT}.board_{at}": {
                "name": f"board_{at}",
                "resource_type": "exposure",
                "type": "dashboard",
                "owner": {"name": "Board", "email": "board@shop.example"},
                "depends_on": {"macros": [], "nodes": [mart[0]]},
            }
            for at, mart in enumerate(self.by_layer["marts"][::20])
        }

    def catalog(self):
        return {
            "metadata": _metadata("catalog/v1"),
            "nodes": {one: entry for one, entry in self.entries.items() if one.startswith("model")},
            "sources": {one: entry for one, entry in self.entries.items() if one.startswith("source")},
            "errors": None,
        }


def _metadata(kind):
    return {
        "dbt_schema_version": f"https://schemas.getdbt.com/dbt/{kind}.json",
        "dbt_version": "1.11.0",
        "generated_at": "2026-05-01T06:00:00.000000Z",
        "invocation_id": "00000000-0000-4000-8000-000000000001",
        "env": {},
    }


def _config(materialized, folder, meta):
    return {
        "enabled": True,
        "alias": None,
        "schema": folder,
        "database": None,
        "tags": [folder],
        "meta": meta,
        "group": None,
        "materialized": materialized,
        "incremental_strategy": None,
        "batch_size": None,
        "lookback": 1,
        "begin": None,
        "persist_docs": {},
        "post-hook": [],
        "pre-hook": [],
        "quoting": {},
        "column_types": {},
        "full_refresh": None,
        "unique_key": None,
        "on_schema_change": "ignore",
        "on_configuration_change": "apply",
        "grants": {},
        "packages": [],
        "docs": {"show": True, "node_color": None},
        "contract": {"enforced": False, "alias_types": True},
        "event_time": None,
        "concurrent_batches": None,
        "access": "protected",
        "freshness": None,
    }


def main(models=5000, columns=30):
    """Print the time of readings and of column lineage, each beside the limit: parsing the same bytes alone.

    CPU seconds are what to compare; wall seconds depend on who else uses the machine.
    """
    from apps.deploy.readers import dbt, dbt_lineage
    from apps.deploy.readers.dbt_artifacts import collector_paused

    def timed(what, work, limit=None):
        wall, cpu = time.perf_counter(), _cpu()
        found = work()
        wall, cpu = time.perf_counter() - wall, _cpu() - cpu
        ratio = f"{cpu / limit:6.1f} x parsing" if limit else ""
        print(f"{what:<32} {wall:7.2f} s wall {cpu:7.2f} s CPU {ratio}")
        return found, cpu

    def parse():
        with collector_paused():
            return [orjson.loads(file.read_bytes()) for file in files]

    def read(known=None):
        return dbt.read(*(file.read_bytes() for file in files), known=known)

    with tempfile.TemporaryDirectory() as folder:
        files = generate(folder, models, columns)
        size = sum(file.stat().st_size for file in files) / 1e6
        print(f"{models:,} models of {columns} columns, manifest and catalog {size:,.0f} MB")
        _, limit = timed("limit: parsing alone", parse)
        timed("identical files: hash", lambda: [hashlib.sha256(file.read_bytes()) for file in files], limit)
        first, _ = timed("first reading", read, limit)
        known = {document["urn"]: document["node_hash"] for document in first.documents}
        change(folder, share=0)
        timed("again, nothing changed", lambda: read(known), limit)
        change(folder)
        timed("again, 2 % changed", lambda: read(known), limit)
        for processes, what in ((1, "one process"), (None, "all processors")):
            traced, cpu = timed(
                f"column lineage, {what}",
                lambda processes=processes: dbt_lineage.column_lineage(first, processes=processes),
            )
            resolved = sum(len(one.columns) for one in traced.values())
            unresolved = sum(len(one.unresolved) for one in traced.values())
            print(
                f"{'':<32} {resolved:,} columns, {unresolved} open, {1000 * cpu / len(traced):.2f} ms CPU a model"
            )


def _cpu():
    """CPU seconds of this process and of its finished children."""
    return sum(os.times()[:4])


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))

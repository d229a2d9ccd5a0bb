"""Artifacts for the tests of the dbt reader: the real files, and small manifests made to show one trap."""

from pathlib import Path

import orjson

FOLDER = Path(__file__).parent.parent / "fixtures" / "dbt"
CLASSIC = FOLDER / "jaffle_shop_classic"


def raw(name):
    """The bytes of one file below tests/fixtures/dbt."""
    return (FOLDER / name).read_bytes()


def parsed(name):
    return orjson.loads(raw(name))


def classic(*names):
    """Files of the jaffle shop, by the first part of their names, in that order."""
    return [(CLASSIC / f"{name}.json").read_bytes() for name in names]


def metadata(kind="manifest", version=12, **more):
    stated = {
        "dbt_schema_version": f"https://schemas.getdbt.com/dbt/{kind}/v{version}.json",
        "dbt_version": "1.11.0",
        "invocation_id": "run-1",
        "generated_at": "2026-05-01T06:00:00Z",
    }
    return {**stated, **more}


def model(name, *, columns=None, parents=(), code=None, **more):
    """A model of the project `shop` with what a test needs stated and the rest as dbt writes it."""
    unique_id = more.pop("unique_id", f"model.shop.{name}")
    node = {
        "unique_id": unique_id,
        "name": name,
        "resource_type": "model",
        "package_name": "shop",
        "database": "db",
        "schema": "main",
        "alias": name,
        "fqn": ["shop", name],
        "original_file_path": f"models/{name}.sql",
        "config": {"materialized": "table"},
        "columns": {column: {"name": column} for column in columns}
        if isinstance(columns, list)
        else columns or {},
        "depends_on": {"nodes": list(parents), "macros": []},
        "compiled_code": code,
        "language": "sql",
    }
    return {**node, **more}


def source(name, **more):
    unique_id = more.pop("unique_id", f"source.shop.erp.{name}")
    node = {
        "unique_id": unique_id,
        "name": name,
        "resource_type": "source",
        "package_name": "shop",
        "source_name": "erp",
        "database": "db",
        "schema": "raw",
        "identifier": name,
        "columns": {},
        "fqn": ["shop", "erp", name],
    }
    return {**node, **more}


def generic(name, column=None, *, on, namespace=None, config=None, **kwargs):
    """A generic test of `on`, the unique id of a node."""
    unique_id = f"test.shop.{namespace or 'dbt'}_{name}_{on.rpartition('.')[2]}_{column}.{len(kwargs)}"
    kwargs = {**kwargs, "model": f"{{{{ get_where_subquery(ref('{on.rpartition('.')[2]}')) }}}}"}
    if column:
        kwargs["column_name"] = column
    return {
        "unique_id": unique_id,
        "name": f"{name}_{on.rpartition('.')[2]}_{column}",
        "resource_type": "test",
        "package_name": "shop",
        "column_name": column,
        "attached_node": on,
        "depends_on": {"nodes": [on], "macros": []},
        "config": {"severity": "ERROR", "warn_if": "!= 0", "error_if": "!= 0", **(config or {})},
        "test_metadata": {"name": name, "namespace": namespace, "kwargs": kwargs},
    }


def manifest(*nodes, adapter="postgres", version=12, **more):
    """A whole manifest of these nodes; sources among them go where dbt puts sources."""
    by_id = {node["unique_id"]: node for node in nodes}
    return {
        "metadata": metadata(version=version, project_name="shop", adapter_type=adapter),
        "nodes": {key: node for key, node in by_id.items() if node["resource_type"] != "source"},
        "sources": {key: node for key, node in by_id.items() if node["resource_type"] == "source"},
        **more,
    }


def catalog(**relations):
    """A catalog; each relation is given as `model__shop__orders=[("id", "INTEGER"), …]`."""
    nodes = {
        key.replace("__", "."): {
            "metadata": {"type": "BASE TABLE"},
            "columns": {
                name: {"name": name, "type": kind, "index": at, "comment": None}
                for at, (name, kind) in enumerate(columns, 1)
            },
            "stats": {},
        }
        for key, columns in relations.items()
    }
    return {"metadata": metadata("catalog", 1), "nodes": nodes, "sources": {}, "errors": None}


def by_name(reading):
    return {document["name"]: document for document in reading.documents}


def codes(reading):
    return {note.code for note in reading.notes}

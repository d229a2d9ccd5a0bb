"""Column lineage of a dbt reading: slow, so it is asked for after the documents and spread over processes.

Each model's compiled code is traced with the columns its parents are known to have; where no catalog tells
them, the parents' own code does, parents first.
"""

import gc
import os
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context

from .dbt_artifacts import mapping, text
from .dbt_columns import UNKNOWN_TYPE
from .dbt_nodes import Note, code_of, name_of, relation_of
from .sql_lineage import trace
from .sql_statement import EPHEMERAL

# Fewer models than this are traced faster here than it takes to start other processes.
WORTH_A_POOL = 400
_CHUNK = 50
_SNAPSHOT_COLUMNS = ("dbt_scd_id", "dbt_updated_at", "dbt_valid_from", "dbt_valid_to")

DIALECTS = {
    "postgres": "postgres",
    "greenplum": "postgres",
    "materialize": "materialize",
    "risingwave": "risingwave",
    "vertica": "postgres",
    "redshift": "redshift",
    "snowflake": "snowflake",
    "bigquery": "bigquery",
    "databricks": "databricks",
    "spark": "spark",
    "sparksql": "spark",
    "glue": "spark",
    "hive": "hive",
    "impala": "hive",
    "duckdb": "duckdb",
    "trino": "trino",
    "starburst": "trino",
    "presto": "presto",
    "athena": "athena",
    "clickhouse": "clickhouse",
    "sqlserver": "tsql",
    "synapse": "tsql",
    "fabric": "fabric",
    "oracle": "oracle",
    "mysql": "mysql",
    "sqlite": "sqlite",
    "teradata": "teradata",
    "singlestore": "singlestore",
    "doris": "doris",
    "starrocks": "starrocks",
    "dremio": "dremio",
    "exasol": "exasol",
}


@dataclass(frozen=True, slots=True)
class ColumnLineage:
    """Where the columns of one capsule come from.

    `columns` is {column: [{urn, transformation_type, transformation_expression}]}: addresses of source
    columns, direct, derived or aggregated, and the expression unless the value is passed on as it is.
    `outputs` are all columns of the query in order, `indirect` the addresses of columns that only filter, join
    or group, `unresolved` sentences about what could not be told, `complete` whether `outputs` is all.
    """

    columns: dict
    outputs: tuple = ()
    indirect: tuple = ()
    unresolved: tuple = ()
    complete: bool = True


def column_lineage(reading, urns: Iterable[str] | None = None, *, processes: int | None = None):
    """Trace the columns of a reading's models and snapshots: `{urn: ColumnLineage}`.

    Traces the capsules in `urns`, by default those with a document. `processes` is how many may work at once,
    all processors by default. Python models and nodes without compiled code are left out.
    """
    work = _Work(reading)
    wanted = set(urns) if urns is not None else {document["urn"] for document in reading.documents}
    targets = [
        one for one, urn in reading.project_index.urns.items() if urn in wanted and work.traceable(one)
    ]
    count = (os.cpu_count() or 1) if processes is None else processes
    found = {}
    if count > 1 and len(targets) >= WORTH_A_POOL:
        # Started afresh: a forked copy would share database connections and locks with this process.
        with ProcessPoolExecutor(count, mp_context=get_context("spawn")) as pool:
            for level in work.levels(targets):
                jobs = [work.job(one) for one in level]
                chunks = [jobs[at : at + _CHUNK] for at in range(0, len(jobs), _CHUNK)]
                for traced in pool.map(_trace_all, chunks):
                    found.update(work.keep(traced))
    else:
        for level in work.levels(targets):
            found.update(work.keep(_trace_all([work.job(one) for one in level])))
    asked = set(targets)
    return {reading.project_index.urns[one]: lineage for one, lineage in found.items() if one in asked}


def with_column_lineage(reading, *, processes=None):
    """The same reading with `lineage.columns` in its documents, and columns that only the code names.

    A model without a catalog entry gets the columns its query gives, of type `unknown` and marked in their
    `meta` as inferred, in the query's order; columns of the catalog are never added to.
    """
    found = column_lineage(reading, processes=processes)
    documents, opened, example = [], 0, ""
    for document in reading.documents:
        lineage = found.get(document["urn"])
        if lineage is None:
            documents.append(document)
            continue
        if lineage.unresolved:
            opened += 1
            example = example or f"{document['name']}: {lineage.unresolved[0]}"
        documents.append(_merged(document, lineage))
    notes = list(reading.notes)
    if opened:
        notes.append(
            Note(
                "warning",
                "columns_not_resolved",
                f"{opened} models have columns not resolved, such as {example}.",
            )
        )
    return replace(reading, documents=documents, notes=notes)


def _merged(document, lineage):
    schema = document["schema"]
    columns = schema["columns"]
    spelled = {column["name"].lower(): column for column in columns}
    if document["meta"]["dbt"].get("columns_from") != "catalog":
        order = []
        for name in lineage.outputs:
            if len(name) <= 255 and name.lower() not in spelled:
                meta = {"declared": False, "inferred_from": "sql"}
                spelled[name.lower()] = {
                    "name": name,
                    "data_type": UNKNOWN_TYPE,
                    "is_nullable": True,
                    "meta": meta,
                }
            if name.lower() in spelled:
                order.append(name.lower())
        rest = [key for key in spelled if key not in set(order)]
        columns = [spelled[key] for key in dict.fromkeys([*order, *rest])]
    traced = {
        spelled[name.lower()]["name"]: sources
        for name, sources in lineage.columns.items()
        if name.lower() in spelled and sources
    }
    own = dict(document["lineage"])
    if traced:
        own["columns"] = traced
    told = {key: list(getattr(lineage, key)) for key in ("indirect", "unresolved") if getattr(lineage, key)}
    if told:
        own["meta"] = {"dbt": told}
    return {**document, "schema": {**schema, "columns": columns}, "lineage": own}


def _trace_all(jobs):
    """Trace many; the trees are full of cycles, which are cheapest to collect by the batch."""
    found = []
    was_on = gc.isenabled()
    gc.disable()
    try:
        for at, (unique_id, arguments) in enumerate(jobs):
            if at % _CHUNK == 0:
                gc.collect(0)
            found.append((unique_id, trace(*arguments)))
    finally:
        if was_on:
            gc.enable()
    return found


class _Work:
    """What is known of every relation's columns while models are traced, parents before children."""

    def __init__(self, reading):
        self.project = reading.project_index
        self.dialect = DIALECTS.get(reading.adapter)
        self.known = {}
        self.traced = {}
        self.ephemeral = {
            (EPHEMERAL + name_of(one, node).lower(),): one
            for one, node in self.project.nodes.items()
            if mapping(node.get("config")).get("materialized") == "ephemeral"
        }

    def traceable(self, unique_id):
        node = self.project.nodes[unique_id]
        return (
            node["resource_type"] in ("model", "snapshot")
            and text(node.get("language"), "sql") == "sql"
            and bool(code_of(node)[1])
        )

    def levels(self, targets):
        """Unique ids in groups, each group after those whose columns only their code tells."""
        depth: dict = {}
        waiting = list(targets)
        while waiting:
            one = waiting[-1]
            if one in depth and depth[one] is not None:
                waiting.pop()
                continue
            parents = self._untold_parents(one)
            missing = [parent for parent in parents if parent not in depth]
            if missing and one not in depth:
                depth[one] = None
                waiting.extend(missing)
                continue
            # A loop among parents, which dbt does not make, ends here instead of turning for ever.
            depth[one] = 1 + max((depth[parent] or 0 for parent in parents if parent in depth), default=-1)
            waiting.pop()
        groups: dict = {}
        for one, level in depth.items():
            groups.setdefault(level, []).append(one)
        return [groups[level] for level in sorted(groups)]

    def _untold_parents(self, unique_id):
        node = self.project.nodes[unique_id]
        return [
            parent
            for parent in self.project.parents(unique_id, node)
            if parent not in self.project.catalog and self.traceable(parent)
        ]

    def job(self, unique_id):
        node = self.project.nodes[unique_id]
        schema, partial = {}, set()
        # Incremental models and snapshots read themselves.
        for one in [*self.project.parents(unique_id, node), unique_id]:
            relation = relation_of(self.project.nodes[one])
            if relation:
                names, whole = self.columns_of(one)
                schema[relation] = names
                if not whole:
                    partial.add(relation)
        default = tuple(
            part.lower() for part in (text(node.get("database")), text(node.get("schema"))) if part
        )
        return unique_id, (code_of(node)[1], self.dialect, schema, default, frozenset(partial))

    def columns_of(self, unique_id):
        """A relation's column names in order, and whether these are all."""
        if unique_id not in self.known:
            node = self.project.nodes[unique_id]
            documented = [
                text(mapping(facts).get("name")) or key for key, facts in mapping(node.get("columns")).items()
            ]
            entry = mapping(mapping(self.project.catalog.get(unique_id)).get("columns"))
            if entry:
                rows = [(mapping(facts).get("index"), name) for name, facts in entry.items()]
                if all(isinstance(index, int) for index, _ in rows):
                    rows.sort()
                spelled = {name.lower(): name for name in documented}
                names = [spelled.get(name.lower(), name) for _, name in rows]
                self.known[unique_id] = names, True
            elif unique_id in self.traced and self.traced[unique_id].complete:
                self.known[unique_id] = list(self.traced[unique_id].columns), True
            else:
                self.known[unique_id] = documented, False
        return self.known[unique_id]

    def keep(self, traced):
        for unique_id, result in traced:
            self.traced[unique_id] = result
            self.known.pop(unique_id, None)
        return {unique_id: self.addressed(unique_id, result) for unique_id, result in traced}

    def addressed(self, unique_id, result):
        """Tables as the capsules they are; a table of no capsule is told, not guessed."""
        urns, unresolved = {}, list(result.unresolved)
        for table in result.tables:
            found = self.ephemeral.get(table) or self.project.relations.get(table)
            if found is None and len(table) == 2:
                found = self.project.by_suffix.get(table)
            if found is None:
                unresolved.append(f"table {'.'.join(table)} is no capsule of this project")
            elif found != unique_id:
                urns[table] = self.project.urns[found]
        columns = {}
        for name, traced in result.columns.items():
            expression = {"transformation_expression": traced.expression} if traced.expression else {}
            columns[name] = [
                {"urn": f"{urns[table]}.{column}", "transformation_type": traced.kind, **expression}
                for table, column in traced.sources
                if table in urns
            ]
        outputs = tuple(result.columns)
        if self.project.nodes[unique_id]["resource_type"] == "snapshot" and result.complete:
            outputs += tuple(name for name in _SNAPSHOT_COLUMNS if name not in outputs)
        indirect = tuple(f"{urns[table]}.{column}" for table, column in result.indirect if table in urns)
        return ColumnLineage(columns, outputs, indirect, tuple(dict.fromkeys(unresolved)), result.complete)

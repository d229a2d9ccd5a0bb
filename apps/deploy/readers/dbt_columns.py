"""Columns of a dbt node, their keys and what is known about them.

The catalog says which columns exist, in which order and of which type; the manifest says what they mean.
"""

import re
from operator import itemgetter

from apps.catalog.pii_names import pii_type

from .dbt_artifacts import mapping, pointer, sequence, text, texts, words

UNKNOWN_TYPE = "unknown"

_ALL = frozenset(["check", "not_null", "unique", "primary_key", "foreign_key"])
_NOT_NULL_ONLY = frozenset(["not_null"])
# What each adapter's database enforces when a contract is; the rest is kept as a statement nobody checks.
ENFORCED = {
    "postgres": _ALL,
    "duckdb": _ALL,
    "greenplum": _ALL,
    "materialize": frozenset(),
    "snowflake": _NOT_NULL_ONLY,
    "bigquery": _NOT_NULL_ONLY,
    "redshift": _NOT_NULL_ONLY,
    "databricks": frozenset(["not_null", "check"]),
    "trino": _NOT_NULL_ONLY,
    "athena": frozenset(),
    "spark": frozenset(),
    "clickhouse": frozenset(["check"]),
    "sqlserver": frozenset(["not_null", "unique", "primary_key", "foreign_key"]),
    "fabric": _NOT_NULL_ONLY,
    "synapse": _NOT_NULL_ONLY,
    "oracle": _ALL,
}
# Databases that turn unquoted names into capitals, so that capitals say nothing about how people spell them.
_FOLDS_TO_CAPITALS = frozenset(["snowflake", "oracle", "db2", "exasol", "firebird"])
_KEPT_IN_TABLES = frozenset(["table", "incremental", "seed", "snapshot"])

PII_TYPES = frozenset(
    words(
        """direct_identifier email phone address ssn credit_card bank_account health biometric date_of_birth
        name ip_address device_id"""
    )
)
SEMANTIC_TYPES = frozenset(
    words(
        """pii business_key natural_key surrogate_key foreign_key metric measure dimension timestamp event_time
        processing_time"""
    )
)
_KEY_ENDINGS = ("id", "_id", "_key", "_sk", "_pk", "_uuid", "_guid", "uuid")
_REFERENCE = re.compile(r"^\s*(?:references\s+)?(.+?)\s*\(([^()]*)\)", re.IGNORECASE | re.DOTALL)
_QUOTES = "\"'`[] "


class Columns:
    """The columns of one node while its document is built.

    `schema`, `meaning` and `constraints` become sections of it, `kept` what has no place there.
    """

    def __init__(self, project, unique_id, node, entry):
        self.project, self.unique_id, self.node = project, unique_id, node
        self.schema, self.meaning, self.constraints, self.kept = [], {}, [], []
        self.by_name = {}
        self.from_catalog = False
        self._read(mapping(node.get("columns")), mapping(mapping(entry).get("columns")))

    def name_of(self, spelling):
        """The column that a test or constraint means, in any case, quoted or not; None if there is none."""
        column = self.by_name.get(text(spelling).strip(_QUOTES).lower())
        return column["name"] if column else None

    def add_undeclared(self, name):
        """A column that only a test names: real enough to carry its rule, last in order."""
        name = text(name).strip(_QUOTES)
        if self.from_catalog or not name.replace("_", "").replace("$", "").isalnum() or len(name) > 255:
            return None
        column = {"name": name, "data_type": UNKNOWN_TYPE, "is_nullable": True, "meta": {"declared": False}}
        self.schema.append(column)
        self.by_name[name.lower()] = column
        self._mean(name, {}, "")
        return name

    def _read(self, documented, catalogued):
        if not catalogued:
            for key, facts in documented.items():
                facts = mapping(facts)
                name = text(facts.get("name")) or key
                self._add(name, text(facts.get("data_type")), facts, "")
            return
        self.from_catalog = True
        spelled = {}
        for key, facts in documented.items():
            facts = mapping(facts)
            name = text(facts.get("name")) or key
            spelled[name.lower()] = (name, facts)
        real = []
        for at, (key, facts) in enumerate(catalogued.items()):
            facts = mapping(facts)
            real.append((_index(facts, at), text(facts.get("name")) or key, facts))
        real.sort(key=itemgetter(0))
        lower = self.project.adapter in _FOLDS_TO_CAPITALS and all(
            name == name.upper() for _, name, _ in real
        )
        for _, name, facts in real:
            spelling, said = spelled.pop(name.lower(), None) or (name.lower() if lower else name, {})
            self._add(spelling, text(facts.get("type")), said, text(facts.get("comment")), physical=name)
        if spelled:
            names = ", ".join(name for name, _ in list(spelled.values())[:10])
            self.project.note(
                "warning",
                "column_not_in_catalog",
                f"{self.unique_id} documents columns that its relation does not have: {names}. They were left out.",
                pointer("nodes", self.unique_id, "columns"),
            )

    def _add(self, name, data_type, said, comment, physical=None):
        key = name.lower()
        if not name or len(name) > 255 or key in self.by_name:
            self.project.note(
                "warning",
                "column_unreadable",
                f"{self.unique_id} has a column without a usable name, or the name {name[:40]!r} twice.",
                pointer("nodes", self.unique_id, "columns", name[:80]),
            )
            return
        column = {"name": name, "data_type": data_type or UNKNOWN_TYPE, "is_nullable": True}
        if physical is not None and physical != name:
            column["meta"] = {"physical_name": physical}
        self.schema.append(column)
        self.by_name[key] = column
        self._mean(name, said, comment)
        constraints = said.get("constraints")
        if constraints:
            self._constrain(column, sequence(constraints))

    def _mean(self, name, said, comment):
        meaning = {}
        description = text(said.get("description")) or comment
        if description:
            meaning["description"] = description
        pii, semantic = pii_type(name)
        detected = "name" if pii else None
        meta, tags = said.get("meta"), said.get("tags")
        config = said.get("config")
        if config:
            config = mapping(config)
            if config.get("meta"):
                meta = {**mapping(config["meta"]), **mapping(meta)}
            if config.get("tags"):
                tags = [*texts(config["tags"]), *texts(tags)]
        if meta or tags:
            meta, tags = mapping(meta), [tag[:100] for tag in texts(tags)]
            pii, detected = _stated_pii(meta, tags, pii, detected)
            stated = meta.get("semantic_type")
            semantic = stated if isinstance(stated, str) and stated in SEMANTIC_TYPES else semantic
            if tags:
                meaning["tags"] = list(dict.fromkeys(tags))
            if meta:
                meaning["meta"] = {"dbt": {"meta": self.project.without_secrets(meta, self.unique_id)}}
        if pii:
            meaning["pii_type"] = pii
            meaning["semantic_type"] = semantic or "pii"
            meaning.setdefault("meta", {})["pii_detected_by"] = detected
        elif semantic and semantic != "pii":
            meaning["semantic_type"] = semantic
        if meaning:
            self.meaning[name] = meaning

    # Constraints

    def _constrain(self, column, constraints):
        for stated in constraints:
            made = self._constraint(mapping(stated))
            if made is None:
                self._keep(stated)
                continue
            column.setdefault("constraints", []).append(made)
            if made["type"] in ("not_null", "primary_key"):
                column["is_nullable"] = False

    def constrain_model(self, constraints):
        """Constraints of the whole model, composite ones in the order of their `columns` list."""
        for stated in constraints:
            stated = mapping(stated)
            made = self._constraint(stated)
            names = [self.name_of(name) for name in sequence(stated.get("columns"))]
            if made is not None and not names and made["type"] == "check":
                names = self._named_in(made["expression"])
            if made is None or not names or None in names or len(set(names)) < len(names):
                self._keep(stated)
                continue
            made = {"type": made.pop("type"), **made, "columns": names}
            if made["type"] == "primary_key":
                self._drop_column_keys()
            if made["type"] in ("not_null", "primary_key"):
                for name in names:
                    self.by_name[name.lower()]["is_nullable"] = False
            self.constraints.append(made)

    def _constraint(self, stated):
        kind = text(stated.get("type")).lower()
        if kind not in _ALL:
            return None
        made = {"type": kind, "enforced": self._enforces(kind)}
        if text(stated.get("name")):
            made["name"] = text(stated["name"])[:255]
        expression = text(stated.get("expression"))
        if kind == "check":
            if not expression:
                return None
            made["expression"] = expression
        elif kind == "foreign_key":
            references = self._references(stated, expression)
            if references is None:
                return None
            made["references"] = references
        return made

    def _enforces(self, kind):
        config = mapping(self.node.get("config"))
        contract = mapping(self.node.get("contract")) or mapping(config.get("contract"))
        return (
            contract.get("enforced") is True
            and kind in ENFORCED.get(self.project.adapter, ())
            and text(config.get("materialized"), "table") in _KEPT_IN_TABLES
        )

    def _references(self, stated, expression):
        to = text(stated.get("to"))
        columns = [name.strip(_QUOTES) for name in texts(stated.get("to_columns"))]
        if not to:
            match = _REFERENCE.match(expression)
            if match is None:
                return None
            to, columns = match.group(1), [name.strip(_QUOTES) for name in match.group(2).split(",")]
        columns = [name for name in columns if name]
        made = {"table": self.project.urn_of_relation(to, self.node) or to}
        if len(columns) == 1:
            made["column"] = columns[0]
        elif columns:
            made["columns"] = columns
        return made

    def _named_in(self, expression):
        found = set(re.findall(r"\w+", expression.lower()))
        return [column["name"] for key, column in self.by_name.items() if key in found]

    def _drop_column_keys(self):
        """A key stated twice is one key; the model's form wins, since it has an order."""
        for column in self.schema:
            rest = [one for one in column.get("constraints", ()) if one["type"] != "primary_key"]
            if "constraints" in column and len(rest) < len(column["constraints"]):
                column["constraints"] = rest
                if not rest:
                    del column["constraints"]

    def _keep(self, stated):
        self.kept.append(stated)
        self.project.note(
            "warning",
            "constraint_kept_as_text",
            f"{self.unique_id} has a constraint that has no place in a capsule; it is kept in meta.dbt.",
            pointer("nodes", self.unique_id, "constraints"),
        )

    # What tests say

    def learn(self, rules):
        """Meanings that only tests can prove: unique keys, references, allowed values."""
        said: dict = {}
        for rule in rules:
            if "column" in rule and "where" not in rule.get("config", ()):
                said.setdefault(rule["column"], {})[rule["rule"]] = rule
        for column in self.schema:
            kinds = {one["type"] for one in column.get("constraints", ())}
            proven = said.get(column["name"], {})
            if not kinds and not proven:
                continue
            name = column["name"]
            meaning = self.meaning.get(name, {})
            if "value_in_set" in proven:
                meaning["allowed_values"] = proven["value_in_set"]["values"]
            if "semantic_type" not in meaning:
                semantic = None
                if "foreign_key" in kinds or "referential_integrity" in proven:
                    semantic = "foreign_key"
                elif "primary_key" in kinds or ("unique" in proven and "not_null" in proven):
                    semantic = "surrogate_key" if name.lower().endswith(_KEY_ENDINGS) else "business_key"
                if semantic:
                    meaning["semantic_type"] = semantic
            if meaning:
                self.meaning[name] = meaning


def _index(facts, at):
    index = facts.get("index")
    return (index, at) if isinstance(index, int | float) else (10**9, at)


def _stated_pii(meta, tags, pii, detected):
    stated = meta.get("pii_type", meta.get("pii", meta.get("contains_pii")))
    if stated is False:
        return None, None
    if isinstance(stated, str) and stated.lower() in PII_TYPES:
        return stated.lower(), "artifact"
    for tag in tags:
        word, _, kind = tag.lower().partition(":")
        if word == "pii":
            return (kind if kind in PII_TYPES else pii or "direct_identifier"), "artifact"
    if stated is True or (isinstance(stated, str) and stated.lower() in ("true", "yes")):
        return pii or "direct_identifier", "artifact"
    return pii, detected

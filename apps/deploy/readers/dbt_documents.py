"""The capsule document of one dbt node: identity, structure, meaning, rules, lineage and promises."""

import re

from .dbt_artifacts import mapping, sequence, text, words
from .dbt_columns import Columns
from .dbt_nodes import code_of, package_of, relation_of, tags_of
from .dbt_results import moment
from .dbt_tests import freshness, rule

_FUNCTION = re.compile(r"\b([a-z_][a-z0-9_]*)\s*\(", re.IGNORECASE)
# Words of SQL that a bracket may follow.
_NO_FUNCTIONS = frozenset(
    words(
        """and or not in exists over as on using values with when then else by from join where select having
        union all any some partition filter within case into table distinct limit interval between like ilike is"""
    )
)
_ABSOLUTE = re.compile(r"^(/|\\|[A-Za-z]:[\\/]|~)")
_ROWS = ("row_count", "num_rows", "rows")
_BYTES = ("bytes", "num_bytes", "size_bytes")


def document(project, unique_id, node, tests, rule_names, digest):
    """The capsule document of one node; `tests` are its (unique id, test) pairs, `digest` its node hash."""
    entry = mapping(project.catalog.get(unique_id))
    columns = Columns(project, unique_id, node, entry)
    columns.constrain_model(sequence(node.get("constraints")))
    rules = [rule(project, columns, one, test, rule_names[one][1]) for one, test in tests]
    if node["resource_type"] == "source":
        fresh = freshness(node, columns)
        if fresh is not None:
            rules.append(fresh)
    columns.learn(rules)
    made = _identity(project, unique_id, node, entry, digest)
    made["tags"] = tags_of(node)
    made["meta"] = _meta(project, unique_id, node, columns)
    made["schema"] = {"columns": columns.schema}
    if columns.constraints:
        made["schema"]["constraints"] = columns.constraints
    made["columns"] = columns.meaning
    made["quality_rules"] = rules
    made["lineage"] = _lineage(project, unique_id, node)
    contract = _contract(project, unique_id, node)
    if contract:
        made["contract"] = contract
    statistics = _statistics(project, entry)
    if statistics:
        made["statistics"] = statistics
    return made


def _identity(project, unique_id, node, entry, digest):
    kind = node["resource_type"]
    config = mapping(node.get("config"))
    materialization = kind if kind in ("seed", "snapshot") else text(config.get("materialized"))
    ephemeral = materialization == "ephemeral"
    stated = {
        "layer": project.layer_of(node),
        "materialization": materialization[:50],
        "source_system": project.name[:100],
        "database_name": "" if ephemeral else text(node.get("database"))[:255],
        "schema_name": "" if ephemeral else text(node.get("schema"))[:255],
        "description": text(node.get("description")) or text(mapping(entry.get("metadata")).get("comment")),
        "location": text(node.get("relation_name")) or ".".join(_relation_as_written(node)),
        "format": _format(materialization, config, node, entry),
        "owner": _owner(project, node),
        "domain": _domain(project, node),
    }
    return {
        "urn": project.urns[unique_id],
        "name": node["name"],
        "node_hash": digest,
        "capsule_type": kind,
        **{key: value for key, value in stated.items() if value},
    }


def _relation_as_written(node):
    if not relation_of(node):
        return []
    table = text(node.get("identifier")) or text(node.get("alias")) or text(node.get("name"))
    return [part for part in (text(node.get("database")), text(node.get("schema")), table) if part]


def _format(materialization, config, node, entry):
    stated = text(config.get("file_format")) or text(mapping(node.get("external")).get("file_format"))
    if stated:
        return stated.lower()[:50]
    if materialization == "ephemeral":
        return ""
    kind = text(mapping(entry.get("metadata")).get("type")).lower()
    if "view" in kind or "view" in materialization:
        return "view"
    return "table" if kind or materialization in ("table", "incremental", "seed", "snapshot") else ""


def _owner(project, node):
    stated = project.meta_of(node).get("owner")
    name, group = project.group_of(node)
    if isinstance(stated, list):
        stated = next(iter(stated), None)
    if not stated:
        stated = group.get("owner")
    if isinstance(stated, str):
        stated = {"email" if _is_email(stated) else "name": stated}
    stated = mapping(stated)
    email = text(stated.get("email")).strip()
    team = text(stated.get("team")) or text(stated.get("name")) or email or name
    if not team.strip():
        return None
    owner = {"team": team.strip()[:255]}
    if _is_email(email):
        owner["email"] = email
    contact = text(stated.get("slack")) or text(stated.get("contact"))
    if contact:
        owner["contact"] = contact
    return owner


def _is_email(value):
    return re.fullmatch(r"[^@\s]+@[^@\s]+", value.strip()) is not None


def _domain(project, node):
    stated = project.meta_of(node).get("domain")
    return (text(stated).strip() or project.group_of(node)[0])[:100]


def _meta(project, unique_id, node, columns):
    path = text(node.get("original_file_path")).replace("\\", "/")
    facts = {
        "unique_id": unique_id,
        "project": project.name,
        "package": package_of(node),
        "resource_type": node["resource_type"],
        "original_file_path": "" if _ABSOLUTE.match(path) else path[:500],
        "patch_path": text(node.get("patch_path")),
        "relation_name": text(node.get("relation_name")),
        "alias": text(node.get("alias")) or text(node.get("identifier")),
        "access": text(node.get("access")) or text(mapping(node.get("config")).get("access")),
        "group": project.group_of(node)[0],
        "version": text(node.get("version")),
        "latest_version": text(node.get("latest_version")),
        "language": text(node.get("language")),
        "source_name": text(node.get("source_name")),
        "source_description": text(node.get("source_description")),
        "loader": text(node.get("loader")),
        "incremental_strategy": text(mapping(node.get("config")).get("incremental_strategy")),
        "unique_key": mapping(node.get("config")).get("unique_key"),
        "columns_from": "catalog" if columns.from_catalog else "manifest",
        "constraints": columns.kept,
    }
    if _ABSOLUTE.match(facts["patch_path"].rpartition("://")[2]):
        facts["patch_path"] = ""
    stated = project.without_secrets(project.meta_of(node), unique_id)
    return {**stated, "origin": "dbt", "dbt": {key: value for key, value in facts.items() if value}}


def _lineage(project, unique_id, node):
    upstream = [project.urns[parent] for parent in project.parents(unique_id, node)]
    raw, compiled = code_of(node)
    path = text(node.get("original_file_path")).replace("\\", "/")
    where = {} if not path or _ABSOLUTE.match(path) else {"file": path[:500]}
    code = []
    language = "python" if text(node.get("language")) == "python" else "dbt"
    if raw:
        macros = [
            name.partition(".")[2]
            for name in sequence(mapping(node.get("depends_on")).get("macros"))
            if isinstance(name, str)
        ]
        code.append(
            {
                "language": language,
                "code": raw,
                **where,
                "upstream_references": upstream,
                "function_calls": macros,
            }
        )
    if compiled:
        called = dict.fromkeys(name.lower() for name in _FUNCTION.findall(compiled))
        code.append(
            {
                "language": "python" if language == "python" else "sql",
                "code": compiled,
                **where,
                "upstream_references": upstream,
                "function_calls": [name for name in called if name not in _NO_FUNCTIONS],
            }
        )
    return {"upstream": upstream, "transformation": code}


def _contract(project, unique_id, node):
    """The promises dbt knows: an enforced contract, the model's version, its end, and who reads it."""
    stated = mapping(node.get("contract")) or mapping(mapping(node.get("config")).get("contract"))
    version, ends = text(node.get("version")), text(node.get("deprecation_date"))
    consumers = [_consumer(one, exposure) for one, exposure in project.consumers.get(unique_id, ())]
    if not (stated.get("enforced") is True or version or ends or consumers):
        return None
    contract = {"version": (version or "1")[:50]}
    if moment(ends):
        contract["deprecation"] = {"date": ends[:10]}
    if consumers:
        contract["known_consumers"] = consumers
    contract["meta"] = {
        "dbt": {"enforced": stated.get("enforced") is True, "access": text(node.get("access"))}
    }
    return contract


def _consumer(unique_id, exposure):
    owner = exposure.get("owner")
    owner = {"name": owner} if isinstance(owner, str) else mapping(owner)
    name = text(exposure.get("label")) or text(exposure.get("name")) or unique_id
    email = text(owner.get("email"))
    facts = {
        "unique_id": unique_id,
        **{key: text(exposure.get(key)) for key in ("type", "maturity", "url", "description")},
    }
    consumer = {"team": text(owner.get("name")) or email or name, "use_case": name}
    if email:
        consumer["contact"] = email
    return {**consumer, "meta": {"dbt": {key: value for key, value in facts.items() if value}}}


def _statistics(project, entry):
    stats = mapping(entry.get("stats"))
    found = {}
    for key, names in (("row_count", _ROWS), ("size_bytes", _BYTES)):
        for name in names:
            value = mapping(stats.get(name)).get("value")
            try:
                number = int(float(value)) if isinstance(value, int | float | str) else -1
            except (ValueError, OverflowError):
                number = -1
            if 0 <= number < 2**63 and not isinstance(value, bool):
                found[key] = number
                break
    if found and project.analyzed_at:
        found["analyzed_at"] = project.analyzed_at
    return found

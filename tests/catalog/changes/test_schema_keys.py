"""Every key that the document's schema knows is compared, and what no row names is a note."""

import copy
import json
from pathlib import Path

import pytest

import apps.catalog
from apps.catalog.changes.classify import classify

SCHEMA = json.loads((Path(apps.catalog.__file__).parent / "documents/capsule.schema.json").read_text())
URNS = ("urn:dcs:files:table:shop:people", "urn:dcs:files:table:shop:users")
BY_NAME = {
    "data_type": ("INT", "BIGINT"),
    "references": (f"{URNS[0]}.id", f"{URNS[1]}.id"),
    "start": ("01:00", "02:00"),
    "end": ("03:00", "04:00"),
    "git_commit": ("a1b2c3d", "b1b2c3d"),
    "email": ("a@b", "b@a"),
    "expression": ("id > 0", "id > 1"),
    "expressions": (["lower(id)"], ["upper(id)"]),
    "where": ("id > 0", "id > 1"),
    "threshold": (1, 2),
    "owner": ({"team": "alpha", "name": "alpha", "email": "a@b", "contact": "alpha"}, {"team": "beta"}),
    "business_terms": (["alpha"], ["beta"]),
    "min_access_level": ("public", "authenticated"),
    "denied_roles": (["delta"], ["gamma"]),
    "prohibited": (["delta"], ["gamma"]),
    "restricted_regions": (["delta"], ["gamma"]),
    "masking_exempt": (["delta"], ["gamma"]),
    "exempt": (["delta"], ["gamma"]),
    "max_downtime": ("PT1H per month", "PT2H per month"),
}
BY_REF = {
    "urn": URNS,
    "date": ("2030-01-01", "2031-01-01"),
    "duration": ("PT1H", "PT2H"),
    "percent": (90, 95),
}
# Keys of one type of constraint only; the others do not look at them.
CONSTRAINT_KEYS = {
    "foreign_key": {"references", "on_delete", "on_update"},
    "check": {"expression"},
    "default": {"value"},
}
SILENT = {
    "/statistics": "observed, takes no part in plan or hash",
    "/version_history": "only ever adds; an entry that changes is a note",
    "/quality_rules/0/capsule_level": "said by `column` being there or not",
}


def resolved(node):
    while "$ref" in node:
        node = SCHEMA["$defs"][node["$ref"].rsplit("/", 1)[1]]
    return node


def sample(name, node, depth=0):
    """A value with every key of the schema, `fields` one level deep."""
    if name in BY_NAME:
        return copy.deepcopy(BY_NAME[name][0])
    reference = node.get("$ref", "").rsplit("/", 1)[-1]
    if reference in BY_REF:
        return BY_REF[reference][0]
    node = resolved(node)
    if "oneOf" in node:
        return sample("", node["oneOf"][0], depth)
    if "enum" in node:
        return node["enum"][0]
    kind = node.get("type", "string")
    if kind == "object" and ("properties" in node or isinstance(node.get("additionalProperties"), dict)):
        return mapping(name, node, depth)
    if kind == "array":
        if name == "constraints":
            return [constraint(node["items"], each) for each in CONSTRAINT_KEYS]
        if name == "fields" and depth:
            return []
        return [sample("", node.get("items", {}), depth + (name == "fields"))]
    kind = kind[0] if isinstance(kind, list) else kind
    return {"object": {"k": "alpha"}, "boolean": False, "integer": 10, "number": 10}.get(kind, "alpha")


def mapping(name, node, depth):
    if "properties" not in node:
        # Descriptions in `columns` win over those in `schema`, so the two are told apart by name.
        return {"other" if name == "columns" else "id": sample("", node["additionalProperties"], depth)}
    found = {key: sample(key, inner, depth) for key, inner in node["properties"].items()}
    return {key: value for key, value in found.items() if value != []}


def constraint(node, kind):
    other = set().union(*CONSTRAINT_KEYS.values()) - CONSTRAINT_KEYS[kind]
    found = {key: sample(key, inner) for key, inner in node["properties"].items() if key not in other}
    return {**found, "type": kind, "columns": ["id"]}


def full(constraints):
    """A document with every key, made so that each of them matters; the constraints in one of their two places."""
    document = sample("", SCHEMA["$defs"]["capsule"])
    document["urn"] = "urn:dcs:files:table:shop:orders"
    first = document["schema"]["columns"][0]
    first |= {"name": "id", "data_type": "STRUCT"}
    if constraints == "columns":
        del document["schema"]["constraints"]
        for each in (*first["constraints"], *first["fields"][0]["constraints"]):
            del each["columns"]
    else:
        del first["constraints"], first["fields"][0]["constraints"]
    for policy in (document["policies"], *document["column_policies"].values()):
        policy["requires_masking"] = True
    document["column_policies"]["id"]["masking_rules"][0]["enabled"] = True
    document["quality_rules"][0] |= {"enabled": True, "rule": "custom_sql"}
    return document


def leaves(value, path=()):
    """The paths of all values that hold nothing further, and of whole sections."""
    if path:
        yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield from leaves(each, (*path, key))


def silent(path):
    pointer = "/" + "/".join(map(str, path))
    return any(pointer == each or pointer.startswith(f"{each}/") for each in SILENT)


CASES = [(place, path) for place in ("columns", "schema") for path in leaves(full(place))]


@pytest.mark.parametrize(
    ("place", "path"), CASES, ids=lambda part: part if isinstance(part, str) else "/".join(map(str, part))
)
def test_every_key_of_the_schema_is_classified(place, path):
    document = full(place)
    at = document
    for key in path:
        at = at[key]
    other = copy.deepcopy(document)
    holder = other
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = changed(path[-1], at)

    found = classify(document, other)

    assert bool(found) is not silent(path) or path[0] == "version_history"


def changed(name, value):
    if name in BY_NAME:
        return copy.deepcopy(BY_NAME[name][1])
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, dict):
        return {} if value.keys() <= {"id", "other"} else {**value, "x-note": "beta"}
    if isinstance(value, str) and value in CONSTRAINT_KEYS:
        return "unique"
    if isinstance(value, list):
        return value[:-1] if len(value) > 1 or isinstance(value[0], dict) else ["beta"]
    for first, second in [*BY_REF.values(), *BY_NAME.values()]:
        if value == first:
            return second
    return next((word for word in enumerations() if word[0] == value), (value, f"{value}2"))[1]


def enumerations(node=SCHEMA):
    if isinstance(node, dict):
        if len(node.get("enum", ())) > 1:
            yield node["enum"]
        for each in node.values():
            yield from enumerations(each)
    elif isinstance(node, list):
        for each in node:
            yield from enumerations(each)

"""Iceberg tables by the JSON of their metadata (Iceberg table spec, versions 1 to 3). Pure."""

import json
import re

from .files_fields import DEEPEST, Field, Shape, unique
from .found import ReaderError

MOST_BYTES = 50_000_000
VERSIONS = (1, 2, 3)
NUMBER = re.compile(r"v?(\d+)")
LISTED = 20  # snapshots that a capsule names


def metadata_of(folder):
    """The newest metadata file of a table's folder, None if it is no table."""
    files = list((folder / "metadata").glob("*.metadata.json")) if (folder / "metadata").is_dir() else []
    return max(files, key=lambda path: (_number(path), path.stat().st_mtime, path.name), default=None)


def _number(path):
    found = NUMBER.match(path.name)
    return int(found[1]) if found else -1


def shape(path):
    """The `Shape` that a metadata file tells. Raises `ReaderError`."""
    if path.stat().st_size > MOST_BYTES:
        raise ReaderError("too_large", f"{path.name} is larger than {MOST_BYTES // 1_000_000} MB.")
    try:
        content = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        raise ReaderError("damaged", f"{path.name} is no JSON.", "Copy it again.") from None
    if not isinstance(content, dict) or "format-version" not in content:
        raise ReaderError("no_table", f"{path.name} is no metadata of an Iceberg table.")
    if content["format-version"] not in VERSIONS:
        words = (
            f"{path.name} is of format version {content['format-version']}; up to {VERSIONS[-1]} is known."
        )
        raise ReaderError("unknown_version", words)
    schema = _current(content, "schemas", "schema-id", "current-schema-id") or content.get("schema")
    if not isinstance(schema, dict) or not isinstance(schema.get("fields"), list):
        raise ReaderError("damaged", f"{path.name} names no current schema.", "Copy it again.")
    properties = content.get("properties")
    comment = properties.get("comment") if isinstance(properties, dict) else ""
    found = Shape("iceberg", [], description=str(comment or ""))
    found.fields = _fields(schema, found.notes, path.name)
    names = _names(schema)
    keys = [names[each] for each in schema.get("identifier-field-ids") or () if each in names]
    if keys:
        # The format promises nothing: rows with the same key may be there.
        found.constraints.append({"type": "primary_key", "columns": keys, "enforced": False})
    found.partitioning = _partitioning(content, names)
    found.facts = _facts(content, names)
    rows = _rows(content)
    found.rows = rows
    return found


def _current(content, many, key, current):
    for each in content.get(many) or ():
        if isinstance(each, dict) and each.get(key) == content.get(current):
            return each
    return None


def _names(schema):
    """{id: name} of the fields at the top."""
    return {
        each["id"]: each["name"]
        for each in schema["fields"]
        if isinstance(each, dict) and isinstance(each.get("name"), str) and isinstance(each.get("id"), int)
    }


def _fields(struct, notes, called, depth=0):
    made = []
    for entry in struct.get("fields") or ():
        if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
            continue
        kind = entry.get("type")
        found = Field(
            entry["name"][:255], words(kind), entry.get("required") is not True, str(entry.get("doc") or "")
        )
        if isinstance(entry.get("id"), int):
            found.meta["field_id"] = entry["id"]
        if isinstance(default := entry.get("write-default"), str | int | float | bool):
            found.constraints.append({"type": "default", "value": default})
        inner = kind
        while isinstance(inner, dict) and inner.get("type") == "list":
            inner = inner.get("element")
        if isinstance(inner, dict) and inner.get("type") == "struct" and depth < DEEPEST:
            found.fields = _fields(inner, notes, called, depth + 1)
        made.append(found)
    return unique(made, notes, called)


def words(kind, depth=0):
    """A type in a line."""
    if isinstance(kind, str):
        return kind.replace(", ", ",")[:1000]
    if not isinstance(kind, dict) or depth > DEEPEST:
        return "unknown"
    if kind.get("type") == "list":
        return f"list<{words(kind.get('element'), depth + 1)}>"
    if kind.get("type") == "map":
        return f"map<{words(kind.get('key'), depth + 1)}, {words(kind.get('value'), depth + 1)}>"
    return str(kind.get("type") or "unknown")


def _partitioning(content, names):
    spec = _current(content, "partition-specs", "spec-id", "default-spec-id") or {}
    parts = spec.get("fields") or content.get("partition-spec") or ()
    parts = [each for each in parts if isinstance(each, dict) and each.get("source-id") in names]
    parts = [each for each in parts if each.get("transform") != "void"]
    if not parts:
        return {}
    transforms = [str(each.get("transform")) for each in parts]
    found = {"strategy": "list", "key": [names[each["source-id"]] for each in parts]}
    if any(each != "identity" for each in transforms):
        found["strategy"] = "hash" if any(each.startswith("bucket") for each in transforms) else "range"
        said = zip(transforms, found["key"], strict=True)
        found["expression"] = ", ".join(
            name if each == "identity" else f"{each}({name})" for each, name in said
        )
    return found


def _facts(content, names):
    facts = {"format_version": content["format-version"], "table_id": str(content.get("table-uuid") or "")}
    order = _current(content, "sort-orders", "order-id", "default-sort-order-id") or {}
    sorted_by = [
        f"{names[each['source-id']]} {each.get('direction', 'asc')}"
        for each in order.get("fields") or ()
        if isinstance(each, dict) and each.get("source-id") in names
    ]
    if sorted_by:
        facts["sorted_by"] = sorted_by
    snapshots = [each for each in content.get("snapshots") or () if isinstance(each, dict)]
    if snapshots:
        facts["snapshot_count"] = len(snapshots)
        facts["snapshots"] = [
            {
                "id": str(each.get("snapshot-id")),
                "at_ms": each.get("timestamp-ms"),
                "operation": str((each.get("summary") or {}).get("operation") or ""),
            }
            for each in snapshots[-LISTED:]
        ]
    return facts


def _rows(content):
    current = _current(content, "snapshots", "snapshot-id", "current-snapshot-id")
    total = ((current or {}).get("summary") or {}).get("total-records")
    return int(total) if isinstance(total, str | int) and str(total).isdecimal() else None

"""The live files of an Iceberg table, by its metadata and manifests (Iceberg table spec, versions 1 to 3). Pure.

The newest metadata file of the folder is the table's state; a catalogue that points to another one is not asked. What is
not known to be read rightly is refused: a wrong count is worse than none (quality-engine.md, section 2.1).
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from . import avro
from .base import Unanswered
from .description import quoted

METADATA = "metadata"
NEWEST = re.compile(r"v?(\d+)(?:-.*)?\.metadata\.json")
VERSIONS = (1, 2, 3)
MOST_BYTES = 50_000_000  # of the metadata
MOST_FILES = 10_000
DELETED, DATA = 2, 0  # of an entry, and what its file holds
ID = b"PARQUET:field_id"
TYPES = {
    "boolean": "BOOLEAN",
    "int": "INTEGER",
    "long": "BIGINT",
    "float": "FLOAT",
    "double": "DOUBLE",
    "date": "DATE",
    "time": "TIME",
    "timestamp": "TIMESTAMP",
    "timestamptz": "TIMESTAMP WITH TIME ZONE",
    "string": "VARCHAR",
    "uuid": "UUID",
    "binary": "BLOB",
}
DECIMAL = re.compile(r"decimal\((\d{1,2}),\s*(\d{1,2})\)")
FIXED = re.compile(r"fixed\[\d+\]")


@dataclass(frozen=True)
class Snapshot:
    """A state of the table: `columns` are (id, name, type). Of `renamed` columns files tell nothing by name."""

    fingerprint: str
    columns: tuple
    files: tuple[str, ...]
    renamed: frozenset = frozenset()


def snapshot(folder):
    """The newest `Snapshot` of the table in `folder`. Raises `Unanswered`."""
    folder = Path(folder)
    try:
        return _read(folder, _metadata(folder / METADATA))
    except (OSError, ValueError, RecursionError, LookupError, TypeError, AttributeError) as error:
        raise Unanswered("format", f"the metadata is damaged: {error}") from None


def _metadata(folder):
    found = {}
    for path in folder.iterdir():
        if named := NEWEST.fullmatch(path.name):
            found.setdefault(int(named[1]), []).append(path)
    if not found:
        raise Unanswered("no_table", "no metadata")
    newest = found[max(found)]
    if len(newest) > 1:
        # Two writers at the same moment; which of them won, the catalogue alone knows.
        raise Unanswered("format", f"{len(newest)} files of metadata are the newest")
    if newest[0].is_symlink() or newest[0].stat().st_size > MOST_BYTES:
        raise Unanswered("too_much", newest[0].name)
    content = json.loads(newest[0].read_bytes())
    if content["format-version"] not in VERSIONS:
        raise Unanswered("format", f"format version {content['format-version']}")
    return content


def _read(folder, content):
    schema = _schema(content)
    current = content.get("current-snapshot-id")
    identity = f"iceberg-{content.get('table-uuid') or ''}-{current}-{schema.get('schema-id', 0)}"
    fields = schema["fields"]
    columns = tuple((int(one["id"]), str(one["name"]), _type(one["type"])) for one in fields)
    if any(one.get("initial-default") is not None for one in fields):
        raise Unanswered("format", "a column has a value where a file has none")
    files = () if current in (None, -1) else tuple(sorted(_files(folder, content, current)))
    return Snapshot(identity, columns, files, _renamed(files, fields, _identical(content)))


def _schema(content):
    known = {one.get("schema-id"): one for one in content.get("schemas") or ()}
    return known.get(content.get("current-schema-id")) or content["schema"]


def _identical(content):
    """Ids of the columns that part the table as they are: a file of another program may leave them out."""
    specs = [one["fields"] for one in content.get("partition-specs") or ()] or [
        content.get("partition-spec") or ()
    ]
    return {part["source-id"] for spec in specs for part in spec if part["transform"] == "identity"}


def _files(folder, content, current):
    """The data files that the current snapshot has."""
    taken = {one["snapshot-id"]: one for one in content["snapshots"]}[current]
    if "manifest-list" not in taken:
        raise Unanswered("format", "a snapshot without a list of manifests")
    location = content["location"]
    found = set()
    for manifest in _records(folder, location, taken["manifest-list"]):
        for entry in _records(folder, location, manifest["manifest_path"]):
            if entry["status"] != DELETED:
                found.add(_data_file(folder, location, entry["data_file"]))
        if len(found) > MOST_FILES:
            raise Unanswered("too_much", f"more than {MOST_FILES} files")
    return found


def _records(folder, location, written):
    path = Path(_within(folder, location, written))
    if path.stat().st_size > avro.MOST_BYTES:
        raise Unanswered("too_much", path.name)
    return avro.records(path.read_bytes())


def _data_file(folder, location, told):
    if told.get("content", DATA) != DATA:
        raise Unanswered("format", "rows are deleted by files of their own; rewrite the table without them")
    if str(told["file_format"]).upper() != "PARQUET":
        raise Unanswered("format", f"a file of the format {str(told['file_format'])[:20]}")
    if told.get("key_metadata"):
        raise Unanswered("format", "a file is encrypted")
    return _within(folder, location, told["file_path"])


def _within(folder, location, written):
    """The file that the metadata means: one below the table's own folder, wherever that was when it was written."""
    path, start = _plain(written), _plain(location).rstrip("/") + "/"
    if not path.startswith(start) or "\0" in path:
        raise Unanswered("format", "a file lies outside of the table")
    try:
        found = (folder / path[len(start) :]).resolve(strict=True)
    except (OSError, RuntimeError):
        raise Unanswered("changed", f"a file of the table is gone: {path[len(start) :]}") from None
    if not found.is_relative_to(folder.resolve()):
        raise Unanswered("format", "a file lies outside of the table")
    return str(found)


def _plain(address):
    return "/" + address[5:].lstrip("/") if address.startswith("file:") else address


def _renamed(files, fields, identical):
    """The names under which some file has another column, or the same one under another name."""
    import pyarrow
    import pyarrow.parquet

    renamed = set()
    for path in files:
        try:
            stored = {_id(one): one for one in pyarrow.parquet.read_schema(path)}
        except (OSError, pyarrow.ArrowException) as error:
            raise Unanswered("format", str(error)) from None
        if None in stored:
            raise Unanswered("format", "columns of a file have no numbers")
        named = {one.name: number for number, one in stored.items()}
        for field in fields:
            number, name = field["id"], field["name"]
            if number not in stored and number in identical:
                raise Unanswered("format", "a file leaves out what the table is parted by")
            if number in stored and not _agrees(stored[number].type, field["type"]):
                raise Unanswered("format", f"a file has other parts within {name}")
            if named.get(name, number) != number or (number in stored and stored[number].name != name):
                renamed.add(name)
    return frozenset(renamed)


def _id(field):
    return int((field.metadata or {})[ID]) if ID in (field.metadata or {}) else None


def _agrees(stored, said):
    """Whether what lies within a column is the same by number and name; plain ones have nothing within."""
    if not isinstance(said, dict):
        return stored.num_fields == 0
    if said["type"] == "struct":
        inner = [stored.field(place) for place in range(stored.num_fields)]
        return [(_id(one), one.name) for one in inner] == [
            (one["id"], one["name"]) for one in said["fields"]
        ] and all(_agrees(one.type, two["type"]) for one, two in zip(inner, said["fields"], strict=True))
    if said["type"] == "list":
        return stored.num_fields == 1 and _agrees(stored.value_type, said["element"])
    return _agrees(stored.key_type, said["key"]) and _agrees(stored.item_type, said["value"])


def _type(said):
    """A type as DuckDB spells it."""
    if isinstance(said, str):
        if found := DECIMAL.fullmatch(said):
            return f"DECIMAL({found[1]},{found[2]})"
        if FIXED.fullmatch(said):
            return "BLOB"
        if said not in TYPES:
            raise Unanswered("format", f"a column of the type {said[:40]}")
        return TYPES[said]
    if said["type"] == "struct":
        inner = (f"{quoted(one['name'])} {_type(one['type'])}" for one in said["fields"])
        return f"STRUCT({', '.join(inner)})"
    if said["type"] == "list":
        return f"{_type(said['element'])}[]"
    return f"MAP({_type(said['key'])}, {_type(said['value'])})"

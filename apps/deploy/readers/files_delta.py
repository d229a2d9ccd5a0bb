"""Delta tables by their log: commits as JSON, checkpoints as Parquet. Pure."""

import json
import re

from .files_fields import DEEPEST, Field, Shape, unique
from .files_parquet import Engine
from .found import Note, ReaderError

COMMIT = re.compile(r"(\d{20})\.json")
CHECKPOINT = re.compile(r"(\d{20})\.checkpoint(?:\.[\w.-]+)?\.parquet")
LOG = "_delta_log"
MOST_BYTES = 50_000_000  # of one commit
READER_VERSION = 3
# What a reader must know of for the schema to be what it says (protocol of Delta, table features).
FEATURES = frozenset(
    """columnMapping deletionVectors timestampNtz v2Checkpoint vacuumProtocolCheck typeWidening typeWidening-preview
    variantType variantType-preview variantShredding-preview""".split()
)
NAMES = {"long": "bigint", "integer": "int", "short": "smallint", "byte": "tinyint"}


def is_table(folder):
    """True for a folder with a log."""
    return (folder / LOG).is_dir()


def shape(folder):
    """The `Shape` of a Delta table as of its newest commit. Raises `ReaderError`."""
    commits, checkpoints = _files(folder / LOG)
    start = max(checkpoints, default=-1)
    state: dict = {}
    if start >= 0:
        _checkpoint(checkpoints[start], state)
    following = sorted(number for number in commits if number > start)
    if following != list(range(start + 1, start + 1 + len(following))) or (start < 0 and not following):
        raise ReaderError(
            "incomplete_log",
            f"The log of {folder.name} has gaps.",
            "Copy the whole folder, with its _delta_log.",
        )
    for number in following:
        _commit(commits[number], state)
    if "metaData" not in state or "protocol" not in state:
        raise ReaderError(
            "incomplete_log", f"The log of {folder.name} names no schema.", "Copy the whole folder."
        )
    _refuse_unknown(state["protocol"], folder.name)
    return _shape(state, folder.name, max(following, default=start))


def _files(log):
    commits, checkpoints = {}, {}
    for path in log.iterdir():
        if found := COMMIT.fullmatch(path.name):
            commits[int(found[1])] = path
        elif found := CHECKPOINT.fullmatch(path.name):
            checkpoints.setdefault(int(found[1]), []).append(path)
    return commits, checkpoints


def _checkpoint(paths, state):
    """Take the protocol and the metadata out of a checkpoint, of however many parts."""
    with Engine(paths) as engine:
        for path in paths:
            sql = "SELECT to_json(protocol)::VARCHAR, to_json(metaData)::VARCHAR FROM read_parquet(?)"
            for protocol, metadata in engine.rows(
                sql + " WHERE protocol IS NOT NULL OR metaData IS NOT NULL", path
            ):
                for key, text in (("protocol", protocol), ("metaData", metadata)):
                    if text is not None and isinstance(content := json.loads(text), dict):
                        state[key] = _plain(content)


def _plain(content):
    """A row of a checkpoint as commits say it: maps come as lists of pairs."""
    configuration = content.get("configuration")
    if isinstance(configuration, list):
        content["configuration"] = {each.get("key"): each.get("value") for each in configuration}
    return {key: value for key, value in content.items() if value is not None}


def _commit(path, state):
    if path.stat().st_size > MOST_BYTES:
        raise ReaderError("too_large", f"The commit {path.name} is larger than {MOST_BYTES // 1_000_000} MB.")
    with path.open("rb") as file:
        for line in file:
            if b'"metaData"' not in line and b'"protocol"' not in line:
                continue
            try:
                action = json.loads(line)
            except (ValueError, RecursionError):
                raise ReaderError(
                    "damaged", f"The commit {path.name} is damaged.", "Copy it again."
                ) from None
            if isinstance(action, dict):
                state |= {
                    key: action[key] for key in ("metaData", "protocol") if isinstance(action.get(key), dict)
                }


def _refuse_unknown(protocol, name):
    version = protocol.get("minReaderVersion")
    unknown = sorted({str(each) for each in protocol.get("readerFeatures") or ()} - FEATURES)
    if unknown:
        words = f"{name} needs reader features that are not known here: {', '.join(unknown)}."
        raise ReaderError(
            "unknown_features", words, "It is not read, for its schema might mean something else."
        )
    if isinstance(version, int) and version > READER_VERSION:
        raise ReaderError(
            "unknown_version", f"{name} needs readers of version {version}; {READER_VERSION} is known."
        )


def _shape(state, name, version):
    metadata = state["metaData"]
    configuration = {
        str(key): str(value)
        for key, value in (metadata.get("configuration") or {}).items()
        if value is not None
    }
    try:
        schema = json.loads(metadata.get("schemaString") or "")
    except (ValueError, TypeError, RecursionError):
        raise ReaderError("damaged", f"The schema of {name} cannot be read.", "Copy the log again.") from None
    found = Shape("delta", [], description=str(metadata.get("description") or ""))
    found.fields = fields(schema, found.notes, name)
    keys = [str(each) for each in metadata.get("partitionColumns") or ()]
    if keys:
        found.partitioning = {"strategy": "list", "key": keys}
    for key, expression in configuration.items():
        if key.startswith("delta.constraints."):
            found.constraints.append({"type": "check", "name": key[18:], "expression": expression})
    found.facts = {"version": version, "table_id": str(metadata.get("id") or "")}
    if mode := configuration.get("delta.columnMapping.mode"):
        found.facts["column_mapping"] = mode
    return found


def fields(struct, notes, called, depth=0):
    """The fields of a struct of Delta's (and Spark's) JSON."""
    made = []
    for entry in struct.get("fields", ()) if isinstance(struct, dict) else ():
        if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
            notes.append(Note("warning", "odd_field", f"A field of {called} has no name; it is left out."))
            continue
        meta = entry.get("metadata")
        meta = meta if isinstance(meta, dict) else {}
        kind = entry.get("type")
        found = Field(
            entry["name"][:255],
            words(kind),
            entry.get("nullable") is not False,
            str(meta.get("comment") or ""),
        )
        if isinstance(meta.get("delta.columnMapping.id"), int):
            found.meta["field_id"] = meta["delta.columnMapping.id"]
        if expression := meta.get("delta.generationExpression"):
            found.meta["generated"] = {"expression": str(expression), "stored": True}
        if "delta.identity.start" in meta:
            found.meta["identity"] = (
                "by default" if meta.get("delta.identity.allowExplicitInsert") else "always"
            )
        if default := meta.get("CURRENT_DEFAULT"):
            found.constraints.append({"type": "default", "expression": str(default)})
        inner = kind
        while isinstance(inner, dict) and inner.get("type") == "array":
            inner = inner.get("elementType")
        if isinstance(inner, dict) and inner.get("type") == "struct" and depth < DEEPEST:
            found.fields = fields(inner, notes, called, depth + 1)
        made.append(found)
    return unique(made, notes, called)


def words(kind, depth=0):
    """A type in a line, in the words of SQL."""
    if isinstance(kind, str):
        return NAMES.get(kind, kind)[:1000]
    if not isinstance(kind, dict) or depth > DEEPEST:
        return "unknown"
    base = kind.get("type")
    if base == "array":
        return f"array<{words(kind.get('elementType'), depth + 1)}>"
    if base == "map":
        return f"map<{words(kind.get('keyType'), depth + 1)}, {words(kind.get('valueType'), depth + 1)}>"
    if base == "struct":
        return "struct"
    return words(base, depth + 1) if isinstance(base, str) else "unknown"

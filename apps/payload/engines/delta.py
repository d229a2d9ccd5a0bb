"""The live files of a Delta table, by its log: commits as JSON, checkpoints as Parquet. Pure.

What is not known to be read rightly is refused: a wrong count is worse than none (quality-engine.md, section 2.1).
"""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from .base import Unanswered

LOG = "_delta_log"
COMMIT = re.compile(r"(\d{20})\.json")
CHECKPOINT = re.compile(r"(\d{20})\.checkpoint(?:\.(\d{10})\.(\d{10}))?\.parquet")
ANY_CHECKPOINT = re.compile(r"(\d{20})\.checkpoint\..+")
MOST_BYTES = 200_000_000  # of one commit
MOST_FILES = 10_000
READER_VERSION = 3
# Reader features that change nothing in what the files hold, and deletion vectors, which are looked at file by file.
FEATURES = {"timestampNtz", "vacuumProtocolCheck", "deletionVectors"}
TYPES = {
    "string": "VARCHAR",
    "long": "BIGINT",
    "integer": "INTEGER",
    "short": "SMALLINT",
    "byte": "TINYINT",
    "float": "FLOAT",
    "double": "DOUBLE",
    "boolean": "BOOLEAN",
    "binary": "BLOB",
    "date": "DATE",
    "timestamp": "TIMESTAMP WITH TIME ZONE",
    "timestamp_ntz": "TIMESTAMP",
}
DECIMAL = re.compile(r"decimal\((\d{1,2}),\s*(\d{1,2})\)")


@dataclass(frozen=True)
class Snapshot:
    """A state of the table: `columns` are (name, type or None for a nested one), `parts` {file: {column: text}}."""

    version: int
    table_id: str
    columns: tuple
    files: tuple[str, ...]
    partitioned_by: tuple[str, ...] = ()
    parts: dict = field(default_factory=dict)

    @property
    def renamed(self):
        """Columns of which files tell nothing by name: the log says what they are."""
        return frozenset(self.partitioned_by)

    @property
    def fingerprint(self):
        """A text that changes with each commit."""
        return f"delta-{self.table_id}-{self.version}"


def snapshot(folder):
    """The newest `Snapshot` of the table in `folder`. Raises `Unanswered`."""
    folder = Path(folder)
    try:
        state = _State()
        version = _replayed(folder / LOG, state)
    except (OSError, ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
        raise Unanswered("format", f"the log is damaged: {error}") from None
    _refuse_unknown(state)
    return _settled(folder, state, version)


class _State:
    def __init__(self):
        self.protocol, self.metadata, self.live = None, None, {}

    def take(self, action):
        """Follow one action of the log."""
        if added := action.get("add"):
            self.live[added["path"]] = added
        elif removed := action.get("remove"):
            self.live.pop(removed["path"], None)
        self.protocol = action.get("protocol") or self.protocol
        self.metadata = action.get("metaData") or self.metadata


def _replayed(log, state):
    """Follow the newest whole checkpoint, then every commit after it; the version of the last."""
    commits, checkpoints = {}, {}
    for path in log.iterdir():
        if found := COMMIT.fullmatch(path.name):
            commits[int(found[1])] = path
        elif found := CHECKPOINT.fullmatch(path.name):
            checkpoints.setdefault((int(found[1]), int(found[3] or 1)), []).append(path)
        elif (found := ANY_CHECKPOINT.fullmatch(path.name)) and path.suffix in (".parquet", ".json"):
            raise Unanswered("format", f"a checkpoint of another kind: {path.name}")
    whole = [key for key, paths in checkpoints.items() if len(paths) == key[1]]
    start = -1
    if whole:
        start, _parts = newest = max(whole)
        for path in sorted(checkpoints[newest]):
            _checkpoint(path, state)
    following = sorted(number for number in commits if number > start)
    if following != list(range(start + 1, start + 1 + len(following))) or (start < 0 and not following):
        raise Unanswered("format", "the log has gaps")
    for number in following:
        _commit(commits[number], state)
    return max(following, default=start)


def _checkpoint(path, state):
    import pyarrow
    import pyarrow.parquet

    try:
        file = pyarrow.parquet.ParquetFile(path)
        wanted = [name for name in ("add", "protocol", "metaData") if name in file.schema_arrow.names]
        for batch in file.iter_batches(batch_size=5_000, columns=wanted):
            for action in batch.to_pylist():
                state.take({key: _plain(value) for key, value in action.items() if value})
    except pyarrow.ArrowException as error:
        raise Unanswered("format", f"{path.name}: {error}") from None


def _plain(content):
    """A row of a checkpoint as commits say it: maps come as lists of pairs."""
    for key in ("partitionValues", "configuration"):
        if isinstance(content.get(key), list):
            content[key] = dict(content[key])
    return content


def _commit(path, state):
    if path.stat().st_size > MOST_BYTES:
        raise Unanswered("too_much", path.name)
    actions = [json.loads(line) for line in path.read_bytes().splitlines() if line.strip()]
    # Within one commit the order says nothing: what it removes was there before.
    for action in sorted(actions, key=lambda action: "remove" not in action):
        state.take(action)


def _refuse_unknown(state):
    if not state.protocol or not state.metadata:
        raise Unanswered("format", "the log names no schema")
    version = state.protocol.get("minReaderVersion") or 1
    unknown = set(state.protocol.get("readerFeatures") or ()) - FEATURES
    if version > READER_VERSION or unknown:
        raise Unanswered("format", f"reader version {version}, features {sorted(map(str, unknown))}")
    mode = (state.metadata.get("configuration") or {}).get("delta.columnMapping.mode") or "none"
    if mode != "none":
        raise Unanswered("format", f"columns are mapped by {mode}")
    if any(added.get("deletionVector") for added in state.live.values()):
        raise Unanswered("format", "rows are deleted by vectors")
    if len(state.live) > MOST_FILES:
        raise Unanswered("too_much", f"more than {MOST_FILES} files")


def _settled(folder, state, version):
    try:
        schema = json.loads(state.metadata["schemaString"])
        columns = tuple((one["name"], _type(one["type"])) for one in schema["fields"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Unanswered("format", "the schema is damaged") from None
    parts = {
        _within(folder, path): dict(added.get("partitionValues") or {}) for path, added in state.live.items()
    }
    partitioned = tuple(state.metadata.get("partitionColumns") or ())
    known = dict(columns)
    if any(known.get(name) is None for name in partitioned):
        raise Unanswered("format", "a part of the table is no plain column")
    identity = str(state.metadata.get("id") or "")
    return Snapshot(version, identity, columns, tuple(sorted(parts)), partitioned, parts)


def _within(folder, written):
    """The file that a path of the log means: one below the table's own folder, and no other."""
    path = unquote(written)
    if "://" in path or path.startswith("/") or "\0" in path:
        raise Unanswered("format", "a file lies outside of the table")
    try:
        found = (folder / path).resolve(strict=True)
    except (OSError, RuntimeError):
        raise Unanswered("changed", f"a file of the table is gone: {path}") from None
    if not found.is_relative_to(folder.resolve()):
        raise Unanswered("format", "a file lies outside of the table")
    return str(found)


def _type(said):
    if not isinstance(said, str):
        return None
    if found := DECIMAL.fullmatch(said):
        return f"DECIMAL({found[1]},{found[2]})"
    return TYPES.get(said)

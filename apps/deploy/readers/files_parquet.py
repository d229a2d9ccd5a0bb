"""Parquet files by their footers, read by DuckDB; no row is touched. Pure."""

from .files_fields import DEEPEST, Field, Shape
from .found import Note, ReaderError

SCHEMA = "SELECT name, type, repetition_type, num_children, field_id, duckdb_type, converted_type FROM parquet_schema(?)"
FACTS = "SELECT num_rows, num_row_groups, file_size_bytes, created_by FROM parquet_file_metadata(?)"
CODEC = "SELECT compression FROM parquet_metadata(?) LIMIT 1"
KEYS = "SELECT key::VARCHAR FROM parquet_kv_metadata(?)"
CODECS = {"gzip", "snappy", "zstd", "lz4"}
MEMORY_MB = 512


class Engine:
    """DuckDB that may open the given files and nothing else, while it is a context."""

    def __init__(self, paths):
        self.paths = [str(path) for path in paths]

    def __enter__(self):
        # Imported late: a process that reads no data does not pay for the engine.
        import duckdb

        config: dict = {
            "memory_limit": f"{MEMORY_MB}MB",
            "threads": 1,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
        self.connection = duckdb.connect(":memory:", config=config)
        listed = ", ".join("'" + path.replace("'", "''") + "'" for path in self.paths)
        self.connection.execute(f"SET allowed_paths = [{listed}]")
        self.connection.execute("SET enable_external_access = false")
        self.connection.execute("SET lock_configuration = true")
        return self

    def __exit__(self, *_error):
        self.connection.close()

    def rows(self, sql, path):
        """The rows of a query over one file. Raises `ReaderError` without paths in its words."""
        import duckdb

        try:
            return self.connection.execute(sql, [str(path)]).fetchall()
        except (duckdb.Error, UnicodeDecodeError) as error:
            said = str(error).split("\n", 1)[0].replace(str(path), path.name)
            words = f"{path.name} cannot be read: {said[:300]}"
            raise ReaderError("damaged", words, "Is it whole, and a Parquet file?") from None


def shape(path):
    """The `Shape` of a Parquet file. Raises `ReaderError`."""
    if any(sign in str(path) for sign in "*?["):
        raise ReaderError(
            "bad_name", f"{path.name} has a sign in its name that means several files.", "Rename it."
        )
    with Engine([path]) as engine:
        nodes = engine.rows(SCHEMA, path)
        rows, groups, size, author = engine.rows(FACTS, path)[0]
        codec = engine.rows(CODEC, path)
        keys = {key for (key,) in engine.rows(KEYS, path)}
    found = Shape("parquet", [], rows=rows, bytes=size)
    tree, _end = _tree(nodes, 0)
    found.fields = [_field(node, found.notes, path.name, 1) for node in tree["children"]]
    word = str(codec[0][0]).lower() if codec else ""
    found.compression = word if word in CODECS else ""
    found.facts = {"row_groups": groups, "created_by": str(author or "")[:200]}
    if "pandas" in keys:
        found.notes.append(
            Note("info", "pandas", f"{path.name} was written by pandas; its index is a column like others.")
        )
    return found


def _tree(nodes, at):
    """(node with its children, the place behind it) of the flat list in which a footer has them."""
    name, kind, repetition, count, field_id, shown, converted = nodes[at]
    node = {
        "name": name, "kind": kind, "repetition": repetition, "id": field_id, "type": shown, "converted": converted,
        "children": [],
    }  # fmt: skip
    at += 1
    for _number in range(count or 0):
        child, at = _tree(nodes, at)
        node["children"].append(child)
    return node, at


def _field(node, notes, file, depth):
    found = Field(
        node["name"], str(node["type"] or node["kind"] or "unknown"), node["repetition"] != "REQUIRED"
    )
    if node["id"] is not None:
        found.meta["field_id"] = node["id"]
    if node["kind"] == "INT96":
        words = f"{file}: {node['name']} is an INT96, an outdated form of times; whether it has a zone is not told."
        notes.append(Note("warning", "int96", words))
    inside = _inside(node)
    if inside and depth < DEEPEST:
        found.fields = [_field(child, notes, file, depth + 1) for child in inside]
    return found


def _inside(node):
    """The fields of a record, also of the records in a list; none for maps and plain values."""
    if node["converted"] == "MAP" or str(node["type"]).startswith("MAP("):
        return []
    if node["converted"] == "LIST" or str(node["type"]).endswith("[]"):
        step = node
        while len(step["children"]) == 1 and (step is node or str(step["type"]).endswith("[]")):
            step = step["children"][0]
        return step["children"] if str(step["type"]).startswith("STRUCT(") else []
    return node["children"]

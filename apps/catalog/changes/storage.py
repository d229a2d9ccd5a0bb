"""Changes of indexes, partitions and of where and how the data is kept. Rows 23 to 26."""

from .change import B, M, N
from .codes import found
from .normal import expression, same
from .notes import notes

FILE_FORMATS = frozenset("parquet orc avro delta iceberg csv json".split())
ALIASES = {"delta_lake": "delta", "iceberg_table": "iceberg"}
INDEX_DEFAULTS = {"type": "btree", "unique": False, "primary": False, "columns": [], "expressions": []}


def storage(v):
    """The changes of indexes, partitioning, location, format and compression."""
    yield from _indexes(v)
    yield from _partitioning(v)
    yield from _kept(v)


def _indexes(v):
    schema_old, schema_new = v.section("schema")
    before = {index["name"]: index for index in schema_old.get("indexes") or ()}
    after = {index["name"]: (place, index) for place, index in enumerate(schema_new.get("indexes") or ())}
    slas = (v.old.get("contract") or {}).get("slas") or {}
    felt = N if slas.get("latency") else M
    for name, (place, new) in after.items():
        at = f"/schema/indexes/{place}"
        old = before.get(name)
        if old is None:
            yield found("index_added", "index", name, at, None, new)
            continue
        if same(old, new) and not v.renames:
            continue
        if not same(_index(old, v.dialect, v.renames), _index(new, v.dialect)):
            yield found("index_changed", "index", name, at, old, new, consumer=felt)
        named = (
            "name",
            "columns",
            "expressions",
            "type",
            "unique",
            "primary",
            "where",
            "tablespace",
            "fill_factor",
        )
        yield from notes(old, new, named, dimension="structural", kind="index", name=name, at=at)
    for place, old in enumerate(schema_old.get("indexes") or ()):
        gone = any(v.matching.gone(name) for name in old.get("columns") or ())
        if old["name"] not in after and not gone:
            yield found(
                "index_removed", "index", old["name"], f"/schema/indexes/{place}", old, None, consumer=felt
            )
    yield from notes(
        schema_old, schema_new, ("columns", "constraints", "indexes"),
        dimension="structural", kind="schema", name="", at="/schema",
    )  # fmt: skip


def _index(index, dialect, renames=frozenset()):
    names = dict(renames)
    found_ = {
        **INDEX_DEFAULTS,
        **{key: index[key] for key in index if not key.startswith("x-") and key != "meta"},
    }
    found_["columns"] = [names.get(name, name) for name in found_["columns"]]
    found_["expressions"] = [expression(each, dialect, renames) for each in found_["expressions"]]
    if found_.get("where"):
        found_["where"] = expression(found_["where"], dialect, renames)
    return found_


def _partitioning(v):
    old, new = v.section("partitioning")
    if same(old, new) and not v.renames:
        return
    was = {**old, "key": [v.matching.now(name) for name in old.get("key") or ()]}
    was["expression"] = expression(old["expression"], v.dialect, v.renames) if old.get("expression") else ""
    now = {**new, "key": new.get("key") or []}
    now["expression"] = expression(new["expression"], v.dialect) if new.get("expression") else ""
    first = not any(old.get(part) for part in ("strategy", "key", "expression"))
    for part in ("strategy", "key", "expression"):
        if not same(was.get(part), now.get(part)):
            at = f"/partitioning/{part}"
            # What was unknown and is stated for the first time moves nothing.
            verdicts = {"consumer": M, "producer": M} if first else {}
            yield found(
                "partitioning_changed", "partitioning", part, at, old.get(part), new.get(part), **verdicts
            )
    yield from notes(
        old, new, ("strategy", "key", "expression"),
        dimension="structural", kind="partitioning", name="partitioning", at="/partitioning",
    )  # fmt: skip


def _kept(v):
    old_format, new_format = (_format(each) for each in (v.old, v.new))
    files = (old_format or new_format) in FILE_FORMATS
    for key, code, was, now in (
        ("location", "location_changed", v.old.get("location"), v.new.get("location")),
        ("format", "format_changed", old_format, new_format),
    ):
        if (was or None) != (now or None):
            verdicts = {"consumer": B if files else N} if was else {"consumer": M, "producer": M}
            yield found(code, "capsule", key, f"/{key}", was or None, now or None, **verdicts)
    was, now = (each.get("compression") or None for each in (v.old, v.new))
    if was != now:
        yield found("compression_changed", "capsule", "compression", "/compression", was, now)


def _format(document):
    word = str(document.get("format") or "").lower()
    return ALIASES.get(word, word)

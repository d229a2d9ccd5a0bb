"""Avro: schemas as JSON (.avsc), and the schema in the header of a container (.avro). Pure."""

import json

from .files_fields import DEEPEST, Field, Shape, unique
from .found import Note, ReaderError

MAGIC = b"Obj\x01"
MOST_BYTES = 4_000_000
CODECS = {"deflate": "gzip", "snappy": "snappy", "zstandard": "zstd"}
PLAIN = ("null", "boolean", "int", "long", "float", "double", "bytes", "string")


def shape(path):
    """The `Shape` of an Avro file. Raises `ReaderError`."""
    with path.open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    codec = ""
    if data.startswith(MAGIC):
        header = _header(data, path.name)
        codec, data = header.get("avro.codec", b"").decode("ascii", "replace"), header.get("avro.schema", b"")
    elif len(data) > MOST_BYTES:
        raise ReaderError("too_large", f"{path.name} is larger than a schema may be.")
    try:
        schema = json.loads(data)
    except (ValueError, RecursionError):
        raise ReaderError("damaged", f"{path.name} holds no schema of Avro.", "Is it whole?") from None
    if isinstance(schema, list):
        schema = next(
            (each for each in reversed(schema) if isinstance(each, dict) and each.get("type") == "record"), {}
        )
    if (
        not isinstance(schema, dict)
        or schema.get("type") != "record"
        or not isinstance(schema.get("fields"), list)
    ):
        raise ReaderError("no_record", f"{path.name} describes no record.", "A table's schema is a record.")
    found = Shape("avro", [], description=_text(schema.get("doc")), compression=CODECS.get(codec, ""))
    found.facts = {
        "record": ".".join(filter(None, [_text(schema.get("namespace")), _text(schema.get("name"))]))
    }
    found.fields = Types(found.notes, path.name).fields(schema, ())
    return found


class Types:
    """Follows the types of one schema; named ones are remembered."""

    def __init__(self, notes, file):
        self.notes, self.file, self.known = notes, file, {}

    def fields(self, record, above):
        """The fields of a record; `above` are the names of the records it is in."""
        name = _text(record.get("name"))
        self.known[name] = record
        made = [
            self._field(each, (*above, name))
            for each in record.get("fields", ())
            if isinstance(each, dict) and isinstance(each.get("name"), str)
        ]
        return unique(made, self.notes, self.file)

    def _field(self, entry, above):
        given = entry.get("type")
        nullable, kind = self._without_null(given)
        found = Field(entry["name"][:255], self.words(kind), nullable, _text(entry.get("doc")))
        found.aliases = [each for each in entry.get("aliases") or () if isinstance(each, str)]
        default = entry.get("default")
        if isinstance(default, str | int | float | bool):
            found.constraints.append({"type": "default", "value": default})
        if isinstance(kind, dict) and kind.get("type") == "enum":
            found.meta["values"] = [each for each in kind.get("symbols") or () if isinstance(each, str)]
        if isinstance(entry.get("logicalType"), str):
            # Beside the type and not in it: Avro itself overlooks that.
            found.meta["logical_type"] = entry["logicalType"]
        record = self._record(kind)
        if record is not None:
            if _text(record.get("name")) in above or len(above) >= DEEPEST:
                words = f"{self.file}: {entry['name']} is a {_text(record.get('name'))} within itself; it is not unfolded."
                self.notes.append(Note("info", "recursive", words))
            else:
                found.fields = self.fields(record, above)
        return found

    @staticmethod
    def _without_null(given):
        """(nullable, the type besides null) of a field."""
        if isinstance(given, list):
            others = [each for each in given if each != "null"]
            return len(others) < len(given), others[0] if len(others) == 1 else others
        return given == "null", given

    def _record(self, kind):
        """The record that a type is, or that is in its list; None."""
        for _step in range(DEEPEST):
            if isinstance(kind, str):
                kind = self.known.get(kind.rpartition(".")[2], self.known.get(kind))
            if not isinstance(kind, dict):
                return None
            if kind.get("type") == "record" and isinstance(kind.get("fields"), list):
                return kind
            if kind.get("type") != "array":
                return None
            kind = self._without_null(kind.get("items"))[1]
        return None

    def words(self, kind, depth=0):
        """A type in a line."""
        if depth > DEEPEST:
            return "unknown"
        if isinstance(kind, list):
            return (
                "union<" + ", ".join(self.words(each, depth + 1) for each in kind) + ">" if kind else "null"
            )
        if isinstance(kind, str):
            return kind if kind in PLAIN else kind.rpartition(".")[2] or "unknown"
        if not isinstance(kind, dict):
            return "unknown"
        logical, base = kind.get("logicalType"), kind.get("type")
        if logical == "decimal" and isinstance(kind.get("precision"), int):
            return f"decimal({kind['precision']},{kind.get('scale') or 0})"
        if isinstance(logical, str):
            return logical
        if base == "array":
            return f"array<{self.words(self._without_null(kind.get('items'))[1], depth + 1)}>"
        if base == "map":
            return f"map<string, {self.words(self._without_null(kind.get('values'))[1], depth + 1)}>"
        if base == "fixed":
            return f"fixed({kind.get('size')})"
        if base in ("record", "enum"):
            return base
        return self.words(base, depth + 1)


def _text(value):
    return value if isinstance(value, str) else ""


def _header(data, name):
    """{key: bytes} of the header of a container. Raises `ReaderError`."""
    found, at = {}, len(MAGIC)
    try:
        while True:
            count, at = _long(data, at)
            if not count:
                return found
            if count < 0:
                count, at = -count, _long(data, at)[1]
            for _number in range(count):
                key, at = _bytes(data, at)
                found[key.decode()], at = _bytes(data, at)
    except (IndexError, UnicodeDecodeError):
        raise ReaderError("damaged", f"The header of {name} breaks off.", "Is it whole?") from None


def _long(data, at):
    """(number, the place behind it): seven bits a byte, the sign in the last bit."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return (value >> 1) ^ -(value & 1), at
        shift += 7
        if shift > 70:
            raise IndexError


def _bytes(data, at):
    length, at = _long(data, at)
    if length < 0 or at + length > len(data):
        raise IndexError
    return data[at : at + length], at + length

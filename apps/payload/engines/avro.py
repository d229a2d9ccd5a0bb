"""Records of an Avro container, as manifests of tables are written (Avro specification, 1.11). Pure.

Only what manifests are made of: the codecs `null` and `deflate`, and no schema but the writer's own.
"""

import json
import struct
import zlib

MAGIC = b"Obj\x01"
MOST_BYTES = 200_000_000  # of one file, as it is read and as it is once inflated
MOST_ITEMS = 20_000_000  # some take no byte at all, and a count is easily written
SYNC = 16


class Damaged(ValueError):
    """What was read is no container of Avro, or of a kind that is not read here."""


def records(data):
    """The records of a container as dicts. Raises `Damaged`."""
    if not data.startswith(MAGIC):
        raise Damaged("no container of Avro")
    reader = _Reader(data, len(MAGIC))
    try:
        about = reader.mapping(reader.binary)
        sync = reader.take(SYNC)
        codec = about.get("avro.codec", b"null").decode("ascii", "replace")
        schema = json.loads(about.get("avro.schema", b""))
        found = []
        while reader.at < len(data):
            count, block = reader.long(), reader.binary()
            if reader.take(SYNC) != sync:
                raise Damaged("a block of Avro ends in the wrong place")
            inner = _Reader(_inflated(block, codec), 0, reader.left)
            read = inner.kind(schema, {})
            found += [read() for _record in inner.counted(count)]
            reader.left = inner.left
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, struct.error) as error:
        raise Damaged(f"Avro: {error}") from None
    return found


def _inflated(block, codec):
    if codec == "null":
        return block
    if codec != "deflate":
        raise Damaged(f"compressed by {codec[:20]}")
    stream = zlib.decompressobj(-15)
    try:
        data = stream.decompress(block, MOST_BYTES)
    except zlib.error as error:
        raise Damaged(str(error)) from None
    if stream.unconsumed_tail:
        raise Damaged("larger than a manifest may be")
    return data


class _Reader:
    """Reads one run of bytes from `at` on; `left` is how many items may still be read."""

    def __init__(self, data, at, left=MOST_ITEMS):
        self.data, self.at, self.left = data, at, left

    def take(self, length):
        """So many bytes."""
        if length < 0 or self.at + length > len(self.data):
            raise Damaged("it ends too early")
        self.at += length
        return self.data[self.at - length : self.at]

    def long(self):
        """A number: seven bits a byte, its sign in the last one."""
        found = shift = 0
        while True:
            (byte,) = self.take(1)
            found |= (byte & 0x7F) << shift
            if byte < 0x80:
                return (found >> 1) ^ -(found & 1)
            shift += 7
            if shift > 63:
                raise Damaged("a number has no end")

    def binary(self):
        """Bytes after their length."""
        return self.take(self.long())

    def text(self):
        """A text in UTF-8."""
        return self.binary().decode()

    def counted(self, count):
        """`range(count)`, taken from what may be read at all."""
        self.left -= count
        if count < 0 or self.left < 0:
            raise Damaged("it holds more than a manifest may")
        return range(count)

    def mapping(self, read):
        """A dict of texts."""
        return {self.text(): read() for _place in self._blocks()}

    def _blocks(self):
        while count := self.long():
            if count < 0:  # then its length follows, for those who skip it
                self.long()
                count = -count
            yield from self.counted(count)

    def kind(self, schema, named):
        """A function that reads what `schema` says; `named` are the types that were described before."""
        if isinstance(schema, list):
            kinds = [self.kind(one, named) for one in schema]
            return lambda: kinds[self._of(kinds)]()
        if isinstance(schema, str):
            return named[schema] if schema in named else self._plain(schema)
        kind = schema["type"]
        if kind == "record":
            return self._record(schema, named)
        if kind == "array":
            element = self.kind(schema["items"], named)
            return lambda: [element() for _place in self._blocks()]
        if kind == "map":
            value = self.kind(schema["values"], named)
            return lambda: self.mapping(value)
        if kind == "fixed":
            size = int(schema["size"])
            return named.setdefault(schema["name"], lambda: self.take(size))
        if kind == "enum":
            symbols = schema["symbols"]
            return named.setdefault(schema["name"], lambda: symbols[self._of(symbols)])
        return self.kind(kind, named)

    def _of(self, kinds):
        place = self.long()
        if not 0 <= place < len(kinds):
            raise Damaged("a choice that there is not")
        return place

    def _record(self, schema, named):
        fields = []
        # Known before its fields are: one of them may be of this very type.
        named[schema["name"]] = lambda: {name: read() for name, read in fields}
        fields += [(one["name"], self.kind(one["type"], named)) for one in schema["fields"]]
        return named[schema["name"]]

    def _plain(self, name):
        return {
            "null": lambda: None,
            "boolean": lambda: self.take(1) != b"\0",
            "int": self.long,
            "long": self.long,
            "float": lambda: struct.unpack("<f", self.take(4))[0],
            "double": lambda: struct.unpack("<d", self.take(8))[0],
            "bytes": self.binary,
            "string": self.text,
        }[name]

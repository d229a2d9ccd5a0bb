"""Which capsules or columns lie up and down the lineage, however deep, and how many.

The whole graph is kept in the process (some megabytes) and read again when its counter has moved; a walk over
all of it then takes milliseconds, where a query takes seconds.
"""

import logging
import tempfile
import threading
import time
import uuid
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from django.conf import settings
from django.db import DatabaseError, connection

from apps.audit.context import acting
from apps.people.reader import system

from . import counters
from .sparse import DOWNSTREAM, UPSTREAM, Rows

log = logging.getLogger(__name__)
CAPSULES, COLUMNS = "capsule_lineage", "column_lineage"
NODES = {
    "capsule_lineage": "SELECT n.id, n.visibility_rank, n.id FROM dcs.capsules n WHERE n.retired_at IS NULL ORDER BY n.id",
    "column_lineage": """
        SELECT n.id, greatest(n.visibility_rank, c.visibility_rank), c.id FROM dcs.columns n JOIN dcs.capsules c ON c.id = n.capsule_id
        WHERE n.retired_at IS NULL AND c.retired_at IS NULL AND (
            EXISTS (SELECT FROM dcs.column_lineage e WHERE e.source_column_id = n.id)
            OR EXISTS (SELECT FROM dcs.column_lineage e WHERE e.target_column_id = n.id)) ORDER BY n.id""",
}
EDGES = {
    "capsule_lineage": "SELECT e.source_id, e.target_id, e.visibility_rank FROM dcs.capsule_lineage e",
    "column_lineage": "SELECT e.source_column_id, e.target_column_id, e.visibility_rank FROM dcs.column_lineage e",
}
CAPSULE_KEYS = "SELECT n.id FROM dcs.capsules n WHERE n.retired_at IS NULL ORDER BY n.id"
BLOCK = 4_000_000  # bytes that are looked at at a time
LARGE = 1_000_000  # bytes of an array that is laid aside
HEADER, TRAILER = 19, 2  # bytes around the rows of a binary COPY
PATIENCE = "2min"
KEY = "S16"  # the bytes of a uuid; zeros at its end are not stored, and have to be put back
LONG_S = 1.0  # a page does not wait for what took longer the last time
_kept = {}
_took = {}  # {(database, kind): seconds of the last reading}
_lock = threading.Lock()
_reading = {CAPSULES: threading.Lock(), COLUMNS: threading.Lock()}


@dataclass(frozen=True)
class Graph:
    """The lineage of one kind: sorted keys of the nodes, what it takes to see each, edges in both directions.

    `capsules[held[node]]` is the key of the capsule that a node is, or lies in.
    """

    keys: np.ndarray
    ranks: np.ndarray
    down: Rows
    up: Rows
    capsules: np.ndarray
    held: np.ndarray

    def levels(self, key, way, depth, clearance):
        """The numbers of the nodes at each distance from `key`; none if nobody of that clearance sees it."""
        at = _places(self.keys, np.array([key.bytes], KEY))[0]
        visible = self.ranks <= clearance
        if at < 0 or not visible[at]:
            return []
        return self.rows(way).levels(at, depth, visible, clearance)

    def rows(self, way):
        return self.up if way == UPSTREAM else self.down

    def places(self, keys):
        """The numbers of the nodes with these keys, those that are here."""
        found = _places(self.keys, np.array([key.bytes for key in keys], KEY))
        return found[found >= 0]

    def beyond(self, keys, clearance):
        """{(key, way): how many visible neighbours of each of `keys` are not among them}; None if one of them is not here."""
        places = _places(self.keys, np.array([key.bytes for key in keys], KEY))
        if np.any(places < 0):
            return None
        outside = self.ranks <= clearance
        outside[places] = False
        found = {}
        for way in (UPSTREAM, DOWNSTREAM):
            at, there = self.rows(way).neighbours(places, clearance)
            fits = outside[there]
            # The same neighbour by two edges counts once: each pair is one number.
            pairs = np.unique(at[fits].astype(np.int64) * len(self.keys) + there[fits])
            numbers = np.bincount(pairs // max(len(self.keys), 1), minlength=len(keys)).tolist()
            found.update({(key, way): number for key, number in zip(keys, numbers, strict=True) if number})
        return found

    def fed(self, keys, clearance):
        """Those of `keys` that something visible flows into."""
        visible, rows = self.ranks <= clearance, self.up
        found = set()
        for key, place in zip(
            keys, _places(self.keys, np.array([key.bytes for key in keys], KEY)), strict=True
        ):
            edges = slice(rows.starts[place], rows.starts[place + 1])
            if place >= 0 and np.any((rows.ranks[edges] <= clearance) & visible[rows.targets[edges]]):
                found.add(key)
        return found

    def holders(self, places):
        """The keys of the capsules that the nodes with these numbers are or lie in, each once, as bytes."""
        return self.capsules[np.unique(self.held[places])]

    def ids(self, places):
        """The keys of the nodes with these numbers."""
        return [uuid.UUID(bytes=bytes(key).ljust(16, b"\0")) for key in self.keys[places]]


@dataclass(frozen=True)
class Reached:
    """What a walk came to: `steps` maps keys to their distance, nearest first, `before` to the key one step nearer."""

    steps: dict
    before: dict

    def path(self, key):
        """The keys between the start and `key`, the nearest to the start first."""
        return path(key, self.before)


def path(key, before):
    """The keys on the way to `key`, as far as `before` leads back; the start is none of them."""
    found = []
    while (key := before.get(key)) in before:
        found.append(key)
    return found[::-1]


def reached(kind, starts, reader, *, way=DOWNSTREAM, depth=10, shut=()):
    """The `Reached` from any of `starts` (keys of capsules or columns), as far as `reader` may know.

    `shut` are edges, pairs of (source, target), that are not taken.
    """
    lineage = graph(kind)
    places = lineage.places(starts)
    visible = lineage.ranks <= reader.clearance
    rows = lineage.rows(way)
    closed = _positions(lineage, rows, way, shut) if shut else ()
    levels, before = rows.walk(places[visible[places]], depth, visible, reader.clearance, closed)
    if not levels:
        return Reached({}, {})
    found = np.concatenate(levels)
    keys = lineage.ids(found)
    steps = np.repeat(np.arange(1, len(levels) + 1), [len(level) for level in levels]).tolist()
    return Reached(
        dict(zip(keys, steps, strict=True)),
        dict(zip(keys, lineage.ids(before[found]), strict=True)),
    )


def holders(kind, starts, reader, *, way=DOWNSTREAM, depth=10):
    """The keys of the capsules that `reached` comes to or whose columns it comes to, as an array of bytes.

    For numbers alone: to make an object of each of forty thousand keys takes a hundred times longer than the walk.
    """
    lineage = graph(kind)
    places, visible = lineage.places(starts), lineage.ranks <= reader.clearance
    levels, _before = lineage.rows(way).walk(places[visible[places]], depth, visible, reader.clearance)
    return lineage.holders(np.concatenate(levels)) if levels else np.array([], KEY)


def _positions(lineage, rows, way, pairs):
    near, far = (1, 0) if way == UPSTREAM else (0, 1)
    ends = [_places(lineage.keys, np.array([pair[end].bytes for pair in pairs], KEY)) for end in (near, far)]
    there = (ends[0] >= 0) & (ends[1] >= 0)
    return rows.between(ends[0][there], ends[1][there])


def counts(capsule_id, reader, *, way=DOWNSTREAM, depth=10):
    """How many capsules lie at distance 1, 2, … of a capsule, as far as `reader` may know: `[12, 140, 3]`."""
    found = graph("capsule_lineage").levels(capsule_id, way, depth, reader.clearance)
    return [len(level) for level in found]


def columns(column_id, reader, *, way=DOWNSTREAM, depth=10):
    """The ids of the columns that a change of a column reaches, nearest first."""
    return _ids("column_lineage", column_id, reader, way, depth)


def capsules(capsule_id, reader, *, way=DOWNSTREAM, depth=10):
    """The ids of the capsules that a change of a capsule reaches, nearest first."""
    return _ids("capsule_lineage", capsule_id, reader, way, depth)


def _ids(kind, key, reader, way, depth):
    lineage = graph(kind)
    levels = lineage.levels(key, way, depth, reader.clearance)
    return [key for level in levels for key in lineage.ids(level)]


def known(kind):
    """The `Graph` of a kind if it is at hand and as it is now, else None: for what is not worth reading all of it."""
    found = _kept.get((connection.settings_dict["NAME"], kind))
    return found[1] if found is not None and found[0] == counters.count(kind) else None


def graph(kind):
    """The `Graph` of `capsule_lineage` or `column_lineage` as it is now.

    Reads all edges the first time and when they have changed: about a second for half a million. Who comes while another
    thread reads waits for it instead of reading once more.
    """
    return known(kind) or _renewed(kind)


def at_once(kind):
    """The `Graph` of a kind as it is now, or None where reading it takes long: then it is read behind this answer."""
    found = known(kind)
    if found is not None:
        return found
    place = (connection.settings_dict["NAME"], kind)
    busy = _reading[kind].locked()
    if busy or _took.get(place, 0) > LONG_S:
        if not busy:
            threading.Thread(target=read_ahead, args=(kind,), daemon=True).start()
        return None
    return _renewed(kind)


def read_ahead(*kinds):
    """Read the graphs of these kinds in a thread of its own, with a connection of its own."""
    try:
        with acting(system("read lineage")):
            for kind in kinds:
                graph(kind)
    except DatabaseError:
        log.exception("The lineage could not be read ahead; the first who needs it reads it.")
    finally:
        connection.close()


def _renewed(kind):
    place = (connection.settings_dict["NAME"], kind)
    with _reading[kind]:
        number = counters.count(kind)
        with _lock:
            there = _kept.get(place)
        if there is not None and number is not None and there[0] == number:
            return there[1]
        begun = time.monotonic()
        found = _load(kind)
        _took[place] = time.monotonic() - begun
        if number is not None:
            with _lock:
                _kept[place] = (number, found)
    return found


@contextmanager
def _patient():
    """Let reading all of a large lineage take longer than a page's statements may."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('statement_timeout'), set_config('statement_timeout', %s, true)",
            [PATIENCE],
        )
        before, _now = cursor.fetchone()
        yield
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [before])


def _load(kind):
    with _patient():
        return _read(kind)


def _read(kind):
    """The `Graph`, block by block: what is kept is a tenth of what is sent, and all of it at once would be a gigabyte."""
    capsules = np.concatenate([block["key"] for block in _copy(CAPSULE_KEYS, [("key", KEY)])])
    nodes = []
    for block in _copy(NODES[kind], [("key", KEY), ("rank", ">i2"), ("capsule", KEY)]):
        held = _places(capsules, block["capsule"])
        # A capsule that came meanwhile is read the next time.
        there = held >= 0
        nodes.append((block["key"][there], block["rank"][there].astype(np.int8), held[there]))
    keys, ranks, held = (np.concatenate(parts) for parts in zip(*nodes, strict=True))
    del nodes
    edges = []
    for block in _copy(EDGES[kind], [("source", KEY), ("target", KEY), ("rank", ">i2")]):
        sources, targets = _places(keys, block["source"]), _places(keys, block["target"])
        # An end that is not among the nodes is retired: nothing flows through it.
        whole = (sources >= 0) & (targets >= 0)
        edges.append((sources[whole], targets[whole], block["rank"][whole].astype(np.int8)))
    sources, targets, rank = (np.concatenate(parts) for parts in zip(*edges, strict=True))
    del edges
    ways = []
    for ends in ((sources, targets), (targets, sources)):
        rows = Rows(*ends, rank, len(keys))
        rows.starts, rows.targets, rows.ranks = map(_aside, (rows.starts, rows.targets, rows.ranks))
        ways.append(rows)
    return Graph(_aside(keys), _aside(ranks), *ways, _aside(capsules), _aside(held))


def _aside(array):
    """A large array in a file without a name: a walk touches little of it, and the system may take the memory back."""
    if array.nbytes < LARGE:
        return array
    try:
        with tempfile.TemporaryFile(dir=settings.VAR_DIR) as file:
            array.tofile(file)
            file.flush()
            return np.asarray(np.memmap(file, array.dtype, "r", shape=array.shape))
    except OSError:
        return array  # no room, or nowhere to write


def _places(keys, wanted):
    """Where each wanted key stands among the sorted keys; -1 for one that is not there."""
    if not len(keys):
        return np.full(len(wanted), -1, np.int32)
    places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[places] == wanted, places, -1).astype(np.int32)


def _copy(query, fields):
    """The rows of a query as arrays of `BLOCK` bytes and one shorter, by binary COPY: fixed widths, no Python object a row.

    An array is gone when the next one is asked for: copy what is to be kept.
    """
    parts = [("count", ">i2")]
    for name, kind in fields:
        parts += [(f"{name}_length", ">i4"), (name, kind)]
    row = np.dtype(parts)
    received, skipped = bytearray(), HEADER
    with (
        connection.cursor() as cursor,
        cursor.cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT binary)") as stream,
    ):
        for piece in stream:
            received += piece
            if len(received) >= BLOCK:
                whole = (len(received) - skipped - TRAILER) // row.itemsize
                yield np.frombuffer(bytes(received[skipped : skipped + whole * row.itemsize]), row)
                received, skipped = received[skipped + whole * row.itemsize :], 0
    yield np.frombuffer(bytes(received[skipped:-TRAILER]), row)

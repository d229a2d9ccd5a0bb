"""What the facets count, kept in the process: a code a capsule and facet, some megabytes for a hundred thousand.

Counting all facets is then a pass over an array each, 5 to 28 ms for a hundred thousand, where the database needs a hundred and more. When the
catalogue has moved, the capsules whose facts have changed are read again (`capsule_facts_log`), so counts are as fresh as
lists. Within a transaction that has changed the catalogue itself nothing is kept: the database counts.
"""

import datetime
import threading
import time
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from django.db import connection
from django.utils import timezone

from apps.catalog.vocabularies import sensitivity_rank
from apps.provenance import counters

from .filters import MANY, NONE, PRESENT
from .values import DAYS, LISTS, VALUES, band_of

KEY = "S16"  # the bytes of a uuid
BEFORE, AFTER = 25, 2  # bytes around the one value of a binary COPY
OLDEST_S = 12 * 3600  # the log of changes is forgotten after a day
MOST_COUNTED = 64  # questions about the same facts whose answers are kept
SLUGS = (*VALUES, *LISTS)
READ = """
SELECT f.capsule_id, f.ord, f.visible_from, f.visible_to, f.retired, {values}
FROM dcs.capsule_facts f {which}
""".replace(
    "{values}",
    ", ".join([*(f"({sql})::text" for sql in VALUES.values()), *LISTS.values()]),
)
CHANGED = "SELECT ords FROM dcs.capsule_facts_log WHERE changed_in >= %s::text::xid8"
HORIZON = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text"
NAMED = {
    "domain": "SELECT id::text FROM dcs.domains WHERE lower(name) = ANY (%s)",
    "owner": "SELECT id::text FROM dcs.owners WHERE lower(name) = ANY (%s)",
    "source": "SELECT id::text FROM dcs.source_systems WHERE lower(name) = ANY (%s)",
}


class Codes:
    """The values of one facet, each with a small number; numbers are given once and never taken back."""

    def __init__(self):
        self.values, self.numbers = [], {}
        self._members = None

    def of(self, value):
        number = self.numbers.get(value)
        if number is None:
            number = self.numbers[value] = len(self.values)
            self.values.append(value)
        return number

    @property
    def members(self):
        """Of values that are lists: (members, the code of a value and the place of its member, pair by pair)."""
        size = len(self.values)
        if self._members is None or self._members[0] != size:
            places, codes, found = {}, [], []
            for code, value in enumerate(self.values[:size]):
                for member in value or (None,):
                    codes.append(code)
                    found.append(places.setdefault(member, len(places)))
            self._members = (size, list(places), np.array(codes, np.intp), np.array(found, np.intp))
        return self._members[1:]


@dataclass(frozen=True)
class Facts:
    """All facts at one moment: arrays of one length, and the codes that stand in `coded`.

    What changed in transactions before `horizon` is in them; `read_at` is the clock of the process.
    """

    horizon: str
    read_at: float
    keys: np.ndarray
    ords: np.ndarray
    visible_from: np.ndarray
    visible_to: np.ndarray
    retired: np.ndarray
    coded: dict
    codes: dict
    counted: dict = field(default_factory=dict, repr=False)  # what was counted already, by question

    @cached_property
    def _hashes(self):
        """(hashes of the keys in order, where each row stands)."""
        hashes = hashed(self.keys)
        order = np.argsort(hashes)
        return hashes[order], order

    def having(self, hashes):
        """Which rows have one of these keys, as `hashed` makes them."""
        there, order = self._hashes
        found = np.zeros(len(there), bool)
        first, last = np.searchsorted(there, hashes, "left"), np.searchsorted(there, hashes, "right")
        while np.any(here := first < last):  # a capsule has a row for each step of clearance
            found[order[first[here]]] = True
            first = first + here
        return found

    def visible(self, filters, reader):
        """Which rows `reader` may see, before any facet: an array of booleans."""
        found = (self.visible_from <= reader.clearance) & (self.visible_to >= reader.clearance)
        if filters.retired == "include":
            return found
        return found & (self.retired if filters.retired == "only" else ~self.retired)

    def meeting(self, slug, wanted):
        """Which rows have a value of a facet that `wanted` takes."""
        values = self.codes["present" if slug in ("has", "lacks") else slug].values
        taken = np.fromiter((wanted(value) for value in values), bool, len(values))
        coded = self.coded["present" if slug in ("has", "lacks") else slug]
        return taken[coded] if len(taken) else np.zeros(len(coded), bool)

    def numbers(self, slug, places):
        """{value: how many of the rows at `places` have it}; of lists, each of their values counts."""
        codes = self.codes[slug]
        if not codes.values:
            return {}
        found, values = np.bincount(self.coded[slug][places], minlength=len(codes.values)), codes.values
        if slug in LISTS:
            values, each, member = codes.members
            found = np.bincount(member, found[each], len(values)).astype(np.int64)
        return {values[at]: int(found[at]) for at in np.flatnonzero(found)}


@dataclass(frozen=True)
class Counted:
    """{facet: {stored value as text or None: number}} and how many capsules all filters leave."""

    counts: dict
    total: int
    named: dict = field(default_factory=dict, compare=False, repr=False)  # the counts as pages name them


_kept = {}  # {database: (count of the counter, Facts)}
_lock = threading.Lock()


def current():
    """The `Facts` as they are now, or None within a transaction that has changed them."""
    database = connection.settings_dict["NAME"]
    number = counters.count("catalogue")
    if number is None:
        return None
    with _lock:
        known = _kept.get(database)
        if known is not None and known[0] == number:
            return known[1]
        if known is None or time.monotonic() - known[1].read_at > OLDEST_S:
            facts = load()
        else:
            facts = renewed(known[1])
        _kept.clear()
        _kept[database] = (number, facts)
        return facts


def load():
    """All facts, read anew: about a second for a hundred thousand."""
    with connection.cursor() as cursor:
        cursor.execute(HORIZON)
        (horizon,) = cursor.fetchone()
        codes = {slug: Codes() for slug in SLUGS}
        cursor.execute(READ.replace("{which}", ""))
        return Facts(horizon, time.monotonic(), **_arrays(cursor.fetchall(), codes), codes=codes)


def renewed(facts):
    """`facts` with what has changed since."""
    with connection.cursor() as cursor:
        cursor.execute(HORIZON)
        (horizon,) = cursor.fetchone()
        cursor.execute(CHANGED, [facts.horizon])
        changes = [ords for (ords,) in cursor]
        touched = {ord_ for ords in changes for ord_ in ords or ()}
        if None in changes or len(touched) * 5 > len(facts.ords):
            return load()
        cursor.execute(READ.replace("{which}", "WHERE f.ord = ANY (%s)"), [list(touched)])
        fresh = _arrays(cursor.fetchall(), facts.codes)
    stay = ~np.isin(facts.ords, np.fromiter(touched, np.int32, len(touched)))
    plain = ("keys", "ords", "visible_from", "visible_to", "retired")
    arrays = {name: np.concatenate([getattr(facts, name)[stay], fresh[name]]) for name in plain}
    coded = {slug: np.concatenate([facts.coded[slug][stay], fresh["coded"][slug]]) for slug in SLUGS}
    return Facts(horizon, time.monotonic(), **arrays, coded=coded, codes=facts.codes)


def hashed(keys):
    """64 bits that stand for each key: comparing numbers costs a tenth of comparing bytes."""
    halves = np.ascontiguousarray(keys).view(">u8").astype(np.uint64).reshape(-1, 2)
    return halves[:, 0] * np.uint64(0x9E3779B97F4A7C15) + halves[:, 1]


def ids_of(query, params):
    """The ids that a query gives, as an array of keys: sent as one piece by binary COPY, no message and no object a row."""
    text = f"COPY (SELECT string_agg(uuid_send(id), '') FROM ({query}) found(id)) TO STDOUT (FORMAT binary)"  # noqa: S608
    with connection.cursor() as cursor, cursor.cursor.copy(text, params) as stream:
        received = b"".join(stream)
    return np.frombuffer(received[BEFORE:-AFTER], KEY)


def _arrays(rows, codes):
    number = len(rows)
    columns = list(zip(*rows, strict=True)) if rows else [()] * (5 + len(SLUGS))
    coded = {}
    for slug, values in zip(SLUGS, columns[5:], strict=True):
        of = codes[slug].of
        found = (of(tuple(value) if slug in LISTS else value) for value in values)
        coded[slug] = np.fromiter(found, np.int32, number)
    return {
        "keys": np.array([key.bytes for key in columns[0]], KEY),
        "ords": np.fromiter(columns[1], np.int32, number),
        "visible_from": np.fromiter(columns[2], np.int16, number),
        "visible_to": np.fromiter(columns[3], np.int16, number),
        "retired": np.fromiter(columns[4], bool, number),
        "coded": coded,
    }


# ---------- counting ----------


def count(facts, filters, reader, matched=None):
    """`Counted` of these facts under `filters`, of those that `matched` names by hash if there is a text.

    Each facet leaves its own filter out; `has` and `lacks` narrow each other. What was counted of the same facts for
    somebody who sees as far is not counted again.
    """
    met = _chosen(filters)
    if matched is not None:
        return _count(facts, filters, reader, matched, met)
    # A filter takes what it takes today: days grow older, and a name may be given to another row.
    asked = (reader.clearance, filters.retired, *((key, means) for key, (means, _takes) in met.items()))
    found = facts.counted.get(asked)
    if found is None:
        if len(facts.counted) >= MOST_COUNTED:
            facts.counted.clear()
        found = facts.counted[asked] = _count(facts, filters, reader, None, met)
    return found


def _count(facts, filters, reader, matched, chosen):
    base, met = _narrowed(facts, filters, reader, matched, chosen)
    whole = _all(base, met)
    places = np.flatnonzero(whole)
    counts = {}
    for slug in SLUGS:
        others = {key: rows for key, rows in met.items() if key != slug}
        counts[slug] = facts.numbers(slug, np.flatnonzero(_all(base, others)) if slug in met else places)
    return Counted(counts, len(places))


def total(facts, filters, reader, matched=None):
    """How many capsules there are under `filters`, without counting any facet."""
    return int(np.count_nonzero(_all(*_narrowed(facts, filters, reader, matched, _chosen(filters)))))


def _chosen(filters):
    """{facet or part: what its values mean today, what it takes} of the filters in force."""
    return {key: wanted(key, getattr(filters, key)) for key in MANY if getattr(filters, key)}


def _narrowed(facts, filters, reader, matched, chosen):
    """(rows that the reader may see and a text matches, the rows that meet each filter)."""
    base = facts.visible(filters, reader)
    if matched is not None:
        base = base & facts.having(matched)
    return base, {key: facts.meeting(key, takes) for key, (_means, takes) in chosen.items()}


def _all(base, met):
    for rows in met.values():
        base = base & rows
    return base


def wanted(key, values):
    """(what the chosen `values` of a facet mean, what takes a stored value that one of them means).

    conditions.py says the same in SQL. The first tells two questions apart: rows by their ids, and the day that it is.
    """
    named = frozenset(value for value in values if value != NONE)
    without = NONE in values
    if key in NAMED:
        with connection.cursor() as cursor:
            cursor.execute(NAMED[key], [[value.lower() for value in named]])
            ids = frozenset(found for (found,) in cursor)
        return (ids, without), lambda value: value in ids or without and value is None
    if key in LISTS:
        return (named, without), lambda value: not named.isdisjoint(value) or without and not value
    if key in ("has", "lacks"):
        bits = sum(PRESENT[value] for value in values)
        asked = bits if key == "has" else 0
        return bits, lambda value: int(value) & bits == asked
    if key == "sensitivity":
        named = frozenset(str(sensitivity_rank(value)) for value in named)
    means = (named, without, timezone.now().astimezone(datetime.UTC).date() if key in DAYS else None)
    return means, lambda value: band_of(key, value) in named or without and value is None

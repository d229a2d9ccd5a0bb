"""Repeated keys: hashes sorted, and only the suspects looked at by their real values (quality-engine.md, 4.1). Pure."""

from .base import SUBJECT, Repeated
from .description import quoted

SMALL = 200_000  # rows below which one GROUP BY is as quick, without numpy
SUSPECTS = 200_000  # above so many, grouping everything is cheaper than naming them
SHARE = 4  # of the memory limit, one part in so many, for the hashes of one pass
COUNTS = "SELECT coalesce(sum(n), 0), count(*), count(*) FILTER (WHERE n > 1), coalesce(sum(n) FILTER (WHERE n > 1), 0)"


def repeated_in(engine, columns, where=""):
    """The `Repeated` of the keys of DuckDB's `payload`: rows with a NULL in the key are out, NaN equals itself."""
    known = {name.casefold(): name for name in engine.types()}
    keys = [quoted(known.get(column.casefold(), column)) for column in columns]
    relation = engine.relation(SUBJECT)
    conditions = [f"{key} IS NOT NULL" for key in keys] + ([f"({where})"] if where else [])
    scope = f"FROM {relation} WHERE {' AND '.join(conditions)}"
    ((most,),) = engine.fetch(f"SELECT count(*) FROM {relation}")  # noqa: S608 - quoted names
    if most <= SMALL:
        return _grouped(engine, keys, scope)
    return _by_hash(engine, keys, scope, most)


def _grouped(engine, keys, scope):
    counted = f"SELECT count(*) AS n {scope} GROUP BY {', '.join(keys)}"
    ((rows, distinct, groups, involved),) = engine.fetch(f"{COUNTS} FROM ({counted}) t")
    return Repeated(int(rows), int(distinct), int(groups), int(involved))


def _by_hash(engine, keys, scope, most):
    rows, suspects = 0, []
    for part in _passes(most * 8, engine.described.memory_mb * 2**20 // SHARE):
        found, repeating = _hashes(engine, keys, scope, part)
        rows += found
        suspects.append(repeating)
        if sum(map(len, suspects)) > SUSPECTS:
            return _grouped(engine, keys, scope)
    return _settled(engine, keys, scope, rows, suspects)


def _passes(size, budget):
    """Conditions on the top bits of a hash: as many parts, a power of two, as keep each within the budget."""
    bits = max(0, (-(-size // max(budget, 1)) - 1).bit_length())
    if not bits:
        return [""]
    return [f" AND {{hash}} >> {64 - bits} = {number}" for number in range(2**bits)]


def _hashes(engine, keys, scope, part):
    """(how many rows, the hashes that occur again) of one pass."""
    import numpy

    made = f"hash({', '.join(keys)})"
    found = engine.arrays(f"SELECT {made} AS h {scope}{part.format(hash=made)}")["h"]
    found = numpy.asarray(found, dtype=numpy.uint64)
    found.sort()
    again = found[1:][found[1:] == found[:-1]]
    return len(found), numpy.unique(again)


def _settled(engine, keys, scope, rows, suspects):
    """Hashes may collide: rows of equal hashes are grouped by what they really hold."""
    import numpy

    named = numpy.concatenate(suspects)
    if not len(named):
        return Repeated(rows, rows, 0, 0)
    made = f"hash({', '.join(keys)})"
    engine.connection.register("suspects", {"h": named})
    try:
        within = f"{scope} AND {made} IN (SELECT h FROM suspects)"  # noqa: S608 - quoted names
        few = _grouped(engine, keys, within)
    finally:
        engine.connection.unregister("suspects")
    # Whoever is not suspected stands alone.
    return Repeated(rows, rows - few.rows + few.distinct, few.groups, few.involved)

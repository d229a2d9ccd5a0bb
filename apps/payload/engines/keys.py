"""Repeated keys: hashes sorted, and only the suspects looked at by their real values (quality-engine.md, 4.1). Pure."""

from .base import SUBJECT, Repeated
from .description import quoted

SMALL = 200_000  # rows below which one GROUP BY is as quick, without numpy
SUSPECTS = 200_000  # above so many, grouping everything is cheaper than naming them
SHARE = 4  # of the memory limit, one part in so many, for the hashes of one pass
FIRST = 65_536  # rows that show whether a column repeats itself all the time
COUNTS = "SELECT coalesce(sum(n), 0), count(*), count(*) FILTER (WHERE n > 1), coalesce(sum(n) FILTER (WHERE n > 1), 0)"


class Keys:
    """Counts the keys of DuckDB's `payload`; what is suspected of one key is remembered for longer ones."""

    def __init__(self, engine):
        self.engine = engine
        self.suspects = {}  # {(condition, keys): hashes}

    def repeated(self, columns, where="", worst=0):
        """The `Repeated` of the columns: rows with a NULL in the key are out, NaN equals itself."""
        known = {name.casefold(): name for name in self.engine.types()}
        keys = tuple(quoted(known.get(column.casefold(), column)) for column in columns)
        relation = self.engine.relation(SUBJECT)
        conditions = [f"{key} IS NOT NULL" for key in keys] + ([f"({where})"] if where else [])
        scope = f"FROM {relation} WHERE {' AND '.join(conditions)}"
        if (shorter := self._shorter(keys, where)) is not None:
            return self._settled(keys, scope, self._count(scope), shorter, worst)
        most = self._count(f"FROM {relation}")
        if most <= SMALL or self._repeats_itself(keys, scope, most):
            return self._grouped(keys, scope, worst)
        rows, suspects = self._by_hash(keys, scope, most)
        if suspects is None:
            return self._grouped(keys, scope, worst)
        self.suspects[where, keys] = suspects
        return self._settled(keys, scope, rows, (keys, suspects), worst)

    def _shorter(self, keys, where):
        """(keys, hashes) of a part of these keys that was looked at: whoever repeats all of them repeats that too."""
        for (condition, few), suspects in self.suspects.items():
            if condition == where and set(few) <= set(keys):
                return few, suspects
        return None

    def _count(self, scope):
        return int(self.engine.fetch(f"SELECT count(*) {scope}")[0][0])

    def _repeats_itself(self, keys, scope, most):
        """True if the first rows promise more suspects than are worth naming."""
        some = f"SELECT hash({', '.join(keys)}) AS h {scope} LIMIT {FIRST}"
        ((rows, distinct),) = self.engine.fetch(f"SELECT count(*), count(DISTINCT h) FROM ({some}) t")  # noqa: S608 - quoted names
        return rows and (rows - distinct) * most > SUSPECTS * rows

    def _by_hash(self, keys, scope, most):
        """(rows, the hashes that occur again), or (0, None) if they are too many."""
        import numpy

        rows, suspects = 0, []
        for part in _passes(most * 8, self.engine.described.memory_mb * 2**20 // SHARE):
            found, repeating = _hashes(self.engine, keys, scope, part)
            rows += found
            suspects.append(repeating)
            if sum(map(len, suspects)) > SUSPECTS:
                return 0, None
        return rows, numpy.concatenate(suspects)

    def _settled(self, keys, scope, rows, suspected, worst):
        """Hashes may collide: rows of equal hashes are grouped by what they really hold."""
        few, suspects = suspected
        if not len(suspects):
            return Repeated(rows, rows, 0, 0)
        self.engine.connection.register("suspects", {"h": suspects})
        try:
            within = f"{scope} AND hash({', '.join(few)}) IN (SELECT h FROM suspects)"  # noqa: S608 - quoted names
            found = self._grouped(keys, within, worst)
        finally:
            self.engine.connection.unregister("suspects")
        # Whoever is not suspected stands alone.
        return Repeated(rows, rows - found.rows + found.distinct, found.groups, found.involved, found.worst)

    def _grouped(self, keys, scope, worst):
        named = ", ".join(f"{key} AS k{number}" for number, key in enumerate(keys))
        counted = f"SELECT count(*) AS n, {named} {scope} GROUP BY {', '.join(keys)}"
        if not worst:
            ((rows, distinct, groups, involved),) = self.engine.fetch(f"{COUNTS} FROM ({counted}) t")
            return Repeated(int(rows), int(distinct), int(groups), int(involved))
        # The least of (−occurrences, key) is the most frequent key, the first of several in their order.
        told = ", ".join(f"'k{number}': k{number}" for number in range(len(keys)))
        asked = f"{COUNTS}, min({{'n': -n, {told}}}, {int(worst)}) FROM ({counted}) t"
        ((rows, distinct, groups, involved, first),) = self.engine.fetch(asked)
        repeating = tuple(
            (-one["n"], *(one[f"k{number}"] for number in range(len(keys))))
            for one in first or ()
            if one["n"] < -1
        )
        return Repeated(int(rows), int(distinct), int(groups), int(involved), repeating)


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
    # Sorted already: each once, without looking for them anew.
    return len(found), again[numpy.append(True, again[1:] != again[:-1])] if len(again) else again

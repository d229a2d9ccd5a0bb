"""The columns that tables, subqueries and CTEs offer to the query around them."""

DIRECT, DERIVED, AGGREGATED = "direct", "derived", "aggregated"
STRENGTH = {DIRECT: 0, DERIVED: 1, AGGREGATED: 2}


class TooExpensive(Exception):
    """The statement is larger, deeper or slower than the limits allow."""


class Column:
    """How one column of a relation came about, before the last step is put into words."""

    __slots__ = ("kind", "name", "node", "sources", "whole")

    def __init__(self, name, sources, kind=DIRECT, node=None, whole=True):
        self.name, self.sources, self.kind, self.node, self.whole = name, sources, kind, node, whole


class Relation:
    """The columns that a table, subquery or CTE offers to the query that reads it.

    One that is not `whole` may have columns that nobody listed: a table makes them up as they are asked for,
    a query asks what it selects `*` from.
    """

    __slots__ = ("ask", "columns", "name", "table", "whole")

    def __init__(self, columns, whole=True, table=None, name="", ask=None):
        self.columns, self.whole, self.table, self.name, self.ask = columns, whole, table, name, ask

    def column(self, key, spelling):
        found = self.columns.get(key)
        if found is None and not self.whole:
            if self.table is not None:
                found = Column(spelling, frozenset([(self.table, spelling)]))
            elif self.ask is not None:
                found = self.ask(key, spelling)
            if found is not None:
                self.columns[key] = found
        return found


def open_to(relations):
    """What a query that selects `*` from `relations` offers beyond its own columns: `(whole, name, ask)`."""
    hidden = [relation for relation in relations if not relation.whole]
    if len(hidden) == 1:
        return False, hidden[0].name, hidden[0].column
    return not hidden, ", ".join(relation.name for relation in hidden if relation.name), None


class Scope:
    """The sources that names of one SELECT may mean, inside the scope around it."""

    __slots__ = ("aliases", "outer", "sources", "using")

    def __init__(self, sources, outer, using):
        self.sources, self.outer, self.using, self.aliases = sources, outer, using, {}

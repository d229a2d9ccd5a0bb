"""Whether each name in a person's SELECT is a column: in PostgreSQL `t.f` is the function f of a whole row of t otherwise. Pure.

Such a function may be anybody's and may do anything that the account may. So a name after a point has to be a column of
what stands before it, and whole rows are no values.
"""

from sqlglot import exp
from sqlglot.errors import OptimizeError
from sqlglot.optimizer.scope import Scope, traverse_scope

from .refused import Refused


def judge(tree, columns):
    """Refuse names that are no columns, where `columns` are {table: its columns}, all as the tree spells them."""
    try:
        names = Names(traverse_scope(tree), columns)
    except (OptimizeError, RecursionError):
        raise Refused("unstable") from None
    for column in tree.find_all(exp.Column):
        if not isinstance(column.this, exp.Star):
            names.judge(column)
    for star in tree.find_all(exp.Star):
        place = star.parent
        if isinstance(place, exp.Column) and not isinstance(place.parent, exp.Select):
            raise Refused("whole_row", name=place.table)


class Names:
    """The names that hold in each query of a tree."""

    def __init__(self, scopes, known):
        self.scopes = {id(scope.expression): scope for scope in scopes}
        self.known = known

    def judge(self, column):
        levels = list(self._levels(column))
        if column.table:
            held = next((sources[column.table] for sources in levels if column.table in sources), ())
            if column.name not in held:
                raise Refused("column", name=f"{column.table}.{column.name}"[:100])
            return
        is_row = any(column.name in sources for sources in levels)
        if is_row and not any(column.name in held for sources in levels for held in sources.values()):
            raise Refused("whole_row", name=column.name[:100])

    def _levels(self, node):
        """{alias: its columns} of the query in which a node stands, then of those around it."""
        while (node := node.parent) is not None:
            if (scope := self.scopes.get(id(node))) is not None:
                yield self._sources(scope)
            if isinstance(node, exp.CTE) or (
                isinstance(node, exp.Subquery) and isinstance(node.parent, exp.From | exp.Join)
            ):
                return  # what is read from sees nothing of the query that reads

    def _sources(self, scope):
        if isinstance(scope.expression, exp.SetOperation):
            return {}
        return {name: self._of(node, source) for name, (node, source) in scope.selected_sources.items()}

    def _of(self, node, source):
        """The columns of what stands in FROM; of those that are renamed there, the new names alone."""
        if isinstance(source, Scope):
            made = source.expression
            return _renamed(node) or _renamed(made) or _renamed(made.parent) or self._outputs(made)
        return _renamed(node) or frozenset(self.known.get(source.name, ()))

    def _outputs(self, made):
        """The names of what a query gives, as far as they are certain; those of the first where several are joined."""
        while isinstance(made, exp.SetOperation | exp.Subquery | exp.Paren):
            made = made.this
        scope = self.scopes.get(id(made))
        if scope is None:
            return frozenset()
        sources, found = self._sources(scope), set()
        for each in made.selects:
            if isinstance(each, exp.Star):
                found.update(*sources.values())
            elif isinstance(each, exp.Column) and isinstance(each.this, exp.Star):
                found.update(sources.get(each.table, ()))
            elif isinstance(each, exp.Alias | exp.Column):
                found.add(each.alias_or_name)
        return frozenset(found)


def _renamed(node):
    alias = node.args.get("alias") if node is not None else None
    return frozenset(one.name for one in alias.columns) if isinstance(alias, exp.TableAlias) else frozenset()

"""What a value in a query is made of: its column names, followed into the scopes around them."""

from types import ModuleType

from .sql_scopes import AGGREGATED, DERIVED, STRENGTH, Column


class Expressions:
    """The part of a statement's walk that reads values; `sql_statement` adds queries and tables."""

    exp: ModuleType
    dialect: str | None
    indirect: dict
    unresolved: dict

    def query(self, node, ctes, outer):
        raise NotImplementedError

    def open(self, sentence):
        if len(self.unresolved) < 100:
            self.unresolved[sentence] = None

    def coalesced(self, key, name, sources):
        sides = [relation.columns[key] for relation in sources.values() if key in relation.columns]
        return Column(name, frozenset().union(*(side.sources for side in sides)), DERIVED)

    def expression(self, node, scope, ctes):
        """What a value is made of; its own words are kept when it is more than a column passed on."""
        exp = self.exp
        bare = node.unnest() if isinstance(node, exp.Paren) else node
        if isinstance(bare, exp.Column) and not isinstance(bare.this, exp.Star):
            return self.reference(bare, scope, ctes)
        sources, kind, whole = set(), DERIVED, True
        words = node
        stack = [node]
        while stack:
            part = stack.pop()
            if isinstance(part, exp.Column):
                if isinstance(part.this, exp.Star):
                    continue
                found = self.reference(part, scope, ctes)
                sources |= found.sources
                whole = whole and found.whole
                if STRENGTH[found.kind] > STRENGTH[kind]:
                    kind = found.kind
                continue
            if isinstance(part, exp.Subquery | exp.Select | exp.SetOperation):
                inner = self.query(part, ctes, scope)
                for column in inner.columns.values():
                    sources |= column.sources
                    whole = whole and column.whole
                kind = AGGREGATED if any(c.kind == AGGREGATED for c in inner.columns.values()) else kind
                continue
            if isinstance(part, exp.AggFunc):
                kind = AGGREGATED
            for value in part.args.values():
                if isinstance(value, list):
                    stack.extend(item for item in value if isinstance(item, exp.Expression))
                elif isinstance(value, exp.Expression):
                    stack.append(value)
        return Column("", frozenset(sources), kind, words, whole)

    def reference(self, node, scope, ctes):
        """Follow one column name into the sources of its scope, then of the scopes around it."""
        name, table = node.name, node.table
        key = name.lower()
        at = scope
        while at is not None:
            if table:
                relation = at.sources.get(table.lower())
                if relation is not None:
                    found = relation.column(key, name)
                    if found is not None:
                        return found
                    return self.missing(node, relation)
                holder = self.unqualified(table.lower(), at) if len(at.sources) else None
                if holder is not None:
                    # `address.city`: a field of a structured column.
                    return Column(name, holder.sources, DERIVED, node, holder.whole)
            else:
                found = self.unqualified(key, at)
                if found is not None:
                    return found
                if key in at.aliases:
                    return at.aliases[key]
                if key in at.sources and not at.sources[key].whole:
                    return Column(name, frozenset(), DERIVED, node, whole=False)
            at = at.outer
        found = self.only_possible(key, name, table, scope)
        if found is not None:
            return found
        self.open(f"column {node.sql(dialect=self.dialect)} is in no table of its query")
        return Column(name, frozenset(), DERIVED, node, whole=False)

    def unqualified(self, key, scope):
        if scope.using.get(key):
            return self.coalesced(key, key, scope.sources)
        for relation in scope.sources.values():
            if key in relation.columns:
                return relation.columns[key]
        return None

    def only_possible(self, key, name, table, scope):
        """A name found nowhere belongs to the one source whose columns are not all known, if there is one."""
        if table:
            return None
        unknown = [relation for relation in scope.sources.values() if not relation.whole]
        return unknown[0].column(key, name) if len(unknown) == 1 else None

    def missing(self, node, relation):
        self.open(
            f"column {node.sql(dialect=self.dialect)} is not among the columns of {relation.name or node.table}"
        )
        return Column(node.name, frozenset(), DERIVED, node, whole=False)

    def filtering(self, part, scope, ctes):
        said = dict(self.unresolved)
        found = self.expression(part, scope, ctes)
        # Names that only order or filter may be positions and aliases: not knowing them opens no column.
        self.unresolved = said
        self.indirect.update(dict.fromkeys(found.sources))

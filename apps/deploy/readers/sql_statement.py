"""Walk the queries of one parsed statement, from the innermost CTE outwards."""

import time

from .sql_expressions import Expressions
from .sql_scopes import DERIVED, STRENGTH, Column, Relation, Scope, TooExpensive, open_to

# What dbt writes before the name of an ephemeral model that it puts inline.
EPHEMERAL = "__dbt__cte__"
_EPHEMERAL_NAMES = (EPHEMERAL, "__dbt__CTE__")


class Statement(Expressions):
    """One walk over a parsed statement; every method works on a part of its tree."""

    def __init__(self, tree, dialect, schema, default, partial, deadline):
        from sqlglot import exp

        self.exp, self.tree, self.dialect, self.deadline = exp, tree, dialect, deadline
        self.default = tuple(part.lower() for part in default if part)
        self.tables: dict = {}
        self.indirect, self.unresolved = {}, {}
        self.partial = partial
        self.schema: dict = {}
        for parts, columns in schema.items():
            for start in range(len(parts)):
                self.schema.setdefault(parts[start:], (parts, columns))
        self.known, self.said = {}, {}

    def outcome(self):
        """The relation the whole statement makes, None when it is no query."""
        tree = self.tree
        if isinstance(tree, self.exp.Create | self.exp.Insert):
            tree = tree.expression
        return self.query(tree, {}, None) if isinstance(tree, self.exp.Query | self.exp.Values) else None

    def words(self, column):
        """What made a column, as SQL; `""` when it was only passed on."""
        if column.node is None:
            return ""
        said = self.said.get(id(column.node))
        if said is None:
            # Nothing else reads the tree any more, so the generator need not work on a copy.
            said = column.node.sql(dialect=self.dialect, comments=False, copy=False)
            self.said[id(column.node)] = said
        return said

    def hurry(self):
        if time.monotonic() > self.deadline:
            raise TooExpensive("the statement takes too long to follow")

    # Queries

    def query(self, node, ctes, outer):
        """The relation that a query, subquery, set operation or VALUES list makes."""
        exp = self.exp
        self.hurry()
        ctes = self.with_ctes(node, ctes, outer)
        if isinstance(node, exp.Select):
            return self.select(node, ctes, outer)
        if isinstance(node, exp.SetOperation):
            return self.union(node, ctes, outer)
        if isinstance(node, exp.Subquery | exp.Paren):
            if node.args.get("joins"):
                return self.joined(node, ctes, outer)
            return self.renamed(self.query(node.this, ctes, outer), node.args.get("alias"))
        if isinstance(node, exp.Table):
            return self.table(node, ctes)
        if isinstance(node, exp.Values):
            return self.values(node)
        self.open(f"{node.key} is not followed")
        return Relation({}, whole=False)

    def with_ctes(self, node, ctes, outer):
        clause = node.args.get("with_")
        if clause is None:
            return ctes
        ctes = dict(ctes)
        for cte in clause.expressions:
            name = cte.alias
            if clause.args.get("recursive") and self.reads(cte.this, name):
                # The anchor tells the columns; what the recursion adds to them is not followed.
                self.open(f"CTE {name} is recursive: only its first part is followed")
                anchor = cte.this.this if isinstance(cte.this, self.exp.SetOperation) else cte.this
                inner = {**ctes, name.lower(): Relation({}, whole=False)}
                found = self.query(anchor, inner, outer)
            else:
                found = self.query(cte.this, ctes, outer)
            found = self.renamed(found, cte.args.get("alias"))
            if name.startswith(_EPHEMERAL_NAMES):
                found = self.ephemeral(name, found)
            ctes[name.lower()] = found
        return ctes

    def reads(self, node, name):
        return any(table.name.lower() == name.lower() for table in node.find_all(self.exp.Table))

    def ephemeral(self, name, found):
        """An inlined model: columns are traced to it, not through it, since it is a capsule of its own."""
        table = (name.lower(),)
        self.tables[table] = None
        columns = {
            key: Column(column.name, frozenset([(table, column.name)]))
            for key, column in found.columns.items()
        }
        return Relation(columns, found.whole, table, name)

    def union(self, node, ctes, outer):
        left = self.query(node.left, ctes, outer)
        right = self.query(node.right, ctes, outer)
        if node.args.get("by_name"):
            keys = {
                key: (left.columns.get(key), right.columns.get(key)) for key in left.columns | right.columns
            }
        else:
            rights = list(right.columns.values())
            if left.whole and right.whole and len(rights) != len(left.columns):
                self.open("the parts of a union have different numbers of columns")
            keys = {
                key: (column, rights[at] if at < len(rights) else None)
                for at, (key, column) in enumerate(left.columns.items())
            }
        columns: dict = {}
        for key, pair in keys.items():
            columns[key] = self.either([side for side in pair if side is not None])
        whole, name, _ = open_to([left, right])

        def ask(key, spelling):
            sides = [side for side in (left.column(key, spelling), right.column(key, spelling)) if side]
            return self.either(sides) if sides else None

        return Relation(columns, whole, name=name, ask=ask)

    def either(self, sides):
        """One column of a union: made of all that stands in its place."""
        kind = max((side.kind for side in sides), key=STRENGTH.__getitem__)
        node = next((side.node for side in sides if side.kind == kind and side.node is not None), None)
        sources = frozenset().union(*(side.sources for side in sides))
        return Column(sides[0].name, sources, kind, node, all(side.whole for side in sides))

    def values(self, node):
        first = node.expressions[0] if node.expressions else None
        width = len(first.expressions) if isinstance(first, self.exp.Tuple) else 1
        names = [f"column{at + 1}" for at in range(width)]
        columns = {name: Column(name, frozenset(), DERIVED) for name in names}
        return self.renamed(Relation(columns), node.args.get("alias"))

    def renamed(self, relation, alias):
        names = (
            alias.args.get("columns")
            if alias is not None and not isinstance(alias, self.exp.Identifier)
            else None
        )
        if not names:
            return relation
        columns: dict = {}
        for name, column in zip(names, relation.columns.values(), strict=False):
            columns[name.name.lower()] = Column(
                name.name, column.sources, column.kind, column.node, column.whole
            )
        return Relation(columns, relation.whole)

    # Tables

    def table(self, node, ctes):
        exp = self.exp
        if not isinstance(node.this, exp.Identifier):
            self.open(f"table function {node.this.sql(dialect=self.dialect)[:80]} is not followed")
            return self.renamed(Relation({}, whole=False), node.args.get("alias"))
        parts = tuple(part.name.lower() for part in node.parts)
        if len(parts) == 1 and parts[0] in ctes:
            found = ctes[parts[0]]
        else:
            found = self.base(parts)
        if node.args.get("pivots"):
            self.open(f"the pivot of {node.name} is not followed")
            return Relation({}, whole=False)
        return self.renamed(found, node.args.get("alias"))

    def base(self, parts):
        if parts in self.known:
            return self.known[parts]
        full = self.default[: max(0, len(self.default) + 1 - len(parts))] + parts if len(parts) < 3 else parts
        hit = self.schema.get(full) or self.schema.get(parts)
        if hit is None and len(parts) > 2:
            # A schema without databases knows this table by its last two parts.
            hit = next((one for one in [self.schema.get(parts[-2:])] if one and len(one[0]) < 3), None)
        key, names = hit if hit else (full, ())
        self.tables[key] = None
        columns = {name.lower(): Column(name, frozenset([(key, name)])) for name in names}
        whole = hit is not None and bool(columns) and key not in self.partial
        found = self.known[parts] = Relation(columns, whole, key, ".".join(key))
        return found

    def joined(self, node, ctes, outer):
        """A bracketed join: the columns of all its sides under one roof."""
        sources = self.sources_of(node.this, node.args.get("joins") or (), ctes, outer)
        columns: dict = {}
        for relation in sources.values():
            for key, column in relation.columns.items():
                columns.setdefault(key, column)
        whole, name, ask = open_to(sources.values())
        return self.renamed(Relation(columns, whole, name=name, ask=ask), node.args.get("alias"))

    # SELECT

    def select(self, node, ctes, outer):
        exp = self.exp
        origin = node.args.get("from_")
        joins = node.args.get("joins") or ()
        laterals = node.args.get("laterals") or ()
        sources: dict = {}
        if origin is not None:
            sources = self.sources_of(origin.this, [*joins, *laterals], ctes, outer)
        scope = Scope(sources, outer, self.merged_by_using(joins))
        columns: dict = {}
        starred: list = []
        for projection in node.expressions:
            self.hurry()
            if isinstance(projection, exp.Star):
                starred += self.star(projection, sources, scope, columns, ctes)
            elif isinstance(projection, exp.Column) and isinstance(projection.this, exp.Star):
                starred += self.star(projection.this, self.only(projection, sources), scope, columns, ctes)
            else:
                self.projected(projection, scope, columns, ctes)
                scope.aliases = columns
        for clause in ("where", "group", "having", "qualify", "order", "distinct"):
            part = node.args.get(clause)
            if part is not None:
                self.filtering(part, scope, ctes)
        for join in joins:
            if join.args.get("on") is not None:
                self.filtering(join.args["on"], scope, ctes)
            for name in join.args.get("using") or ():
                for relation in sources.values():
                    found = relation.columns.get(name.name.lower())
                    self.indirect.update(dict.fromkeys(found.sources if found else ()))
        whole, name, ask = open_to(starred)
        return Relation(columns, whole, name=name, ask=ask)

    def sources_of(self, first, joins, ctes, outer):
        sources: dict = {}
        queue = [
            first,
            *(getattr(join, "this", join) if isinstance(join, self.exp.Join) else join for join in joins),
        ]
        for node in queue:
            if self.is_bracketed_join(node):
                sources |= self.unbracketed(node, ctes, outer)
                continue
            self.source(node, sources, ctes, outer)
            for nested in node.args.get("joins") or ():
                if not isinstance(node, self.exp.Subquery):
                    self.source(nested.this, sources, ctes, outer)
                    if nested.args.get("on") is not None:
                        self.filtering(nested.args["on"], Scope(sources, outer, {}), ctes)
        return sources

    def is_bracketed_join(self, node):
        """True for tables in brackets without a name of their own, as dumps write joins: each keeps its name."""
        exp = self.exp
        while isinstance(node, exp.Subquery | exp.Paren) and node.args.get("alias") is None:
            node = node.this
            if isinstance(node, exp.Table):
                return True
        return False

    def unbracketed(self, node, ctes, outer):
        """The sources of a join in brackets."""
        joins = node.args.get("joins") or ()
        found = self.sources_of(node.this, joins, ctes, outer)
        for join in joins:
            if join.args.get("on") is not None:
                self.filtering(join.args["on"], Scope(found, outer, {}), ctes)
            for name in join.args.get("using") or ():
                sides = [relation.columns.get(name.name.lower()) for relation in found.values()]
                self.indirect.update(dict.fromkeys(one for side in sides if side for one in side.sources))
        return found

    def source(self, node, sources, ctes, outer):
        exp = self.exp
        name = node.alias_or_name or f"#{len(sources)}"
        if isinstance(node, exp.Table):
            found = self.table(node, ctes)
        elif isinstance(node, exp.Subquery | exp.Values | exp.Paren):
            found = self.query(node, ctes, outer)
        elif isinstance(node, exp.Lateral) and isinstance(node.this, exp.Subquery):
            found = self.renamed(
                self.query(node.this, ctes, Scope(sources, outer, {})), node.args.get("alias")
            )
        elif isinstance(node, exp.Lateral | exp.Unnest | exp.UDTF):
            found = self.exploded(node, Scope(sources, outer, {}), ctes)
        else:
            self.open(f"{node.key} is not followed")
            found = Relation({}, whole=False)
        sources[name.lower()] = found

    def exploded(self, node, scope, ctes):
        """UNNEST, FLATTEN and the like: every column comes from what is exploded."""
        made = self.expression(node.this if isinstance(node, self.exp.Lateral) else node, scope, ctes)
        alias = node.args.get("alias")
        names = [name.name for name in (alias.args.get("columns") or ())] if alias is not None else []
        # BigQuery names the element by the alias itself.
        names = names or ([alias.name] if alias is not None and alias.name else [])
        columns = {name.lower(): Column(name, made.sources, DERIVED, node, made.whole) for name in names}
        if isinstance(node, self.exp.Unnest) and node.args.get("offset") is not None:
            offset = node.args["offset"]
            name = offset.name if isinstance(offset, self.exp.Expression) else "offset"
            columns[name.lower()] = Column(name, frozenset(), DERIVED)
        return Relation(columns)

    def merged_by_using(self, joins):
        names = {}
        for join in joins:
            for name in join.args.get("using") or ():
                names[name.name.lower()] = join.side in ("FULL",)
        return names

    def only(self, projection, sources):
        name = projection.table.lower()
        if name in sources:
            return {name: sources[name]}
        self.open(f"{projection.table}.* names no table of the query")
        return {name: Relation({}, whole=False)}

    def star(self, star, sources, scope, columns, ctes):
        """Add all columns of `sources` to `columns`; returns the relations they came from."""
        left_out = {name.name.lower() for name in star.args.get("except_") or ()}
        new_names = {
            pair.this.name.lower(): pair.alias
            for pair in star.args.get("rename") or ()
            if hasattr(pair, "alias")
        }
        replaced = {new.alias.lower(): new for new in star.args.get("replace") or ()}
        merged = set()
        for relation in sources.values():
            for key, column in relation.columns.items():
                if key in left_out or (key in scope.using and key in merged):
                    continue
                merged.add(key)
                if key in replaced:
                    self.projected(replaced[key], scope, columns, ctes)
                    continue
                name = new_names.get(key, column.name)
                if scope.using.get(key) and len(sources) > 1:
                    column = self.coalesced(key, name, sources)
                columns.setdefault(
                    name.lower(), Column(name, column.sources, column.kind, column.node, column.whole)
                )
        return list(sources.values())

    def projected(self, projection, scope, columns, ctes):
        exp = self.exp
        value = projection.unalias() if isinstance(projection, exp.Alias) else projection
        if isinstance(projection, exp.Aliases):
            made = self.expression(projection.this, scope, ctes)
            for name in projection.aliases:
                columns[name.lower()] = Column(name, made.sources, DERIVED, projection.this, made.whole)
            return
        name = projection.alias_or_name or projection.output_name or f"_col_{len(columns)}"
        made = self.expression(value, scope, ctes)
        columns[name.lower()] = Column(name, made.sources, made.kind, made.node, made.whole)

"""Expressions of Ibis as text of the source's dialect. Pure.

Ibis compiles and nothing more (docs/decisions/010). Its tables stand for aliases: here they become the relations of the
engine, narrowed to the rows of the rule, and marks become the SQL that they stand for.
"""

from functools import cache

from .environment import MARK
from .schemas import SCOPE


@cache
def compiler(dialect):
    """Ibis' compiler of a dialect."""
    from ibis.backends.sql import compilers
    from ibis.backends.sql.compilers.base import SQLGlotCompiler
    from sqlglot import generator

    class Databricks(compilers.DatabricksCompiler):
        """As it is, but that a missing value and one that is no number are two things, as they are elsewhere."""

        visit_IsNull = SQLGlotCompiler.visit_IsNull
        visit_NotNull = SQLGlotCompiler.visit_NotNull

    # Ibis teaches sqlglot spellings while it is imported; a writer that wrote anything before would keep its own.
    generator._DISPATCH_CACHE.clear()
    return {
        "duckdb": compilers.DuckDBCompiler,
        "postgres": compilers.PostgresCompiler,
        "databricks": Databricks,
        "sqlite": compilers.SQLiteCompiler,
        "trino": compilers.TrinoCompiler,
    }[dialect]()


class Writer:
    """Writes expressions for one engine; `condition` is SQL that narrows the subject, checked before."""

    def __init__(self, dialect, relations, texts, condition=""):
        self.dialect, self.texts, self.condition = dialect, texts, condition
        subject = relations(None)
        self.subject = subject
        self.relations = relations
        self.narrowed = f"(SELECT * FROM {subject} WHERE {condition})" if condition else subject  # noqa: S608

    def text(self, expression):
        """The SELECT of a table expression."""
        return self._said(self.tree(expression))

    def nothing(self, expression):
        """The same, planned by the engine and not run."""
        return self._said(self.tree(expression).limit(0))

    def conditions(self, table, conditions):
        """Conditions on rows of the subject as trees, written together: each alone would cost as much as all."""
        named = {f"c{place}": one for place, one in enumerate(conditions)}
        return [one.this for one in self.tree(table.select(**named), narrow=False).expressions]

    def rows(self, condition, names, columns, limit, *, ordered):
        """The SELECT of some rows for which `condition`, a tree, is true.

        First come `names`, SQL expressions that tell each row apart, then `columns`.
        """
        from sqlglot import exp

        alias = next((one.table for one in condition.find_all(exp.Column) if one.table), "t0")
        told = [self._parsed(name) for name in names]
        for one in told:
            for column in one.find_all(exp.Column):
                column.set("table", exp.to_identifier(alias, quoted=True))
        wanted = told + [exp.column(name, table=alias, quoted=True) for name in columns]
        source = self._from(self.relations(None))
        source.set("alias", exp.TableAlias(this=exp.to_identifier(alias, quoted=True)))
        tree = exp.select(*(exp.alias_(one.copy(), f"v{i}", quoted=True) for i, one in enumerate(wanted)))
        tree = tree.from_(source).where(condition)
        if self.condition:
            tree = tree.where(self._parsed(self.condition))
        if ordered and told:
            tree = tree.order_by(*(one.copy() for one in told))
        return self._said(tree.limit(limit))

    def tree(self, expression, *, narrow=True):
        """The SELECT as a tree of sqlglot."""
        from sqlglot import exp

        tree = compiler(self.dialect).to_sqlglot(expression)
        if isinstance(tree, list):
            tree = tree[-1]
        for table in list(tree.find_all(exp.Table)):
            relation = (
                self.narrowed
                if table.name == SCOPE and narrow
                else self.relations(None if table.name == SCOPE else table.name)
            )
            found = self._from(relation)
            found.set("alias", table.args.get("alias"))
            table.replace(found)
        return tree.transform(self._stands_for)

    def _stands_for(self, node):
        from sqlglot import exp

        if not isinstance(node, exp.Anonymous) or not str(node.this).lower().startswith(MARK):
            return node
        text, names = self.texts[str(node.this).lower()]
        arguments = dict(zip((name.casefold() for name in names), node.expressions, strict=True))

        def filled(inner):
            if isinstance(inner, exp.Column) and inner.name.casefold() in arguments:
                return arguments[inner.name.casefold()].transform(self._stands_for)
            return inner

        return exp.Paren(this=self._parsed(text).transform(filled))

    def _parsed(self, text):
        import sqlglot

        return sqlglot.parse_one(text, read=self.dialect)

    def _from(self, relation):
        import sqlglot
        from sqlglot import exp

        return sqlglot.parse_one(f"SELECT * FROM {relation}", read=self.dialect).find(exp.From).this  # noqa: S608

    def _said(self, tree):
        return tree.sql(dialect=compiler(self.dialect).dialect)

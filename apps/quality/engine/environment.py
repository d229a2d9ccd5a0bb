"""What compiling may look at besides the table: the clock, the dialect, other tables. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

MICROSECONDS = {
    "duckdb": "epoch_us(a0)",
    "postgres": "CAST(EXTRACT(epoch FROM a0) * 1000000 AS BIGINT)",
    "databricks": "unix_micros(CAST(a0 AS TIMESTAMP))",
    "sqlite": "CAST(ROUND((julianday(a0) - 2440587.5) * 86400000) * 1000 AS BIGINT)",
    "trino": "CAST(to_unixtime(CAST(a0 AS TIMESTAMP(6))) * 1000000 AS BIGINT)",  # of a day there is none
}
MARK = "written_"  # how what Ibis cannot write is called until the text is made


@dataclass(frozen=True)
class Environment:
    """The surroundings of a rule; `relation(alias)` is how SQL writes a table, for SQL that people wrote.

    `texts` collects what stands for SQL: {mark: (text, names of the columns in it)}.
    """

    now: datetime
    dialect: str
    version: str = ""
    tables: Mapping[str, Any] = field(default_factory=dict)  # ibis.Table by alias
    relation: Callable[[str], str] = str
    texts: dict[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    made: dict[Any, Any] = field(default_factory=dict)

    def raw(self, text, arguments, kind="boolean"):
        """SQL of our own as an expression; the columns a0, a1 … in it stand for the arguments."""
        return self._standing(text, tuple(f"a{i}" for i in range(len(arguments))), arguments, kind)

    def written(self, table, text):
        """(A checked expression over the columns of a table, the columns that it names.)"""
        import sqlglot
        from sqlglot import exp

        tree = sqlglot.parse_one(text, read=self.dialect)
        by_name = {name.casefold(): name for name in table.columns}
        named = dict.fromkeys(by_name.get(one.name.casefold(), one.name) for one in tree.find_all(exp.Column))
        # Without a column it would be of no row at all.
        used = tuple(named) or tuple(table.columns[:1])
        return self._standing(text, used, [table[name] for name in used], "boolean"), tuple(named)

    def microseconds(self, instant):
        """Microseconds since 1970 of a date or time, as a number: no driver reads times like another."""
        return self.raw(MICROSECONDS[self.dialect], [instant], "int64")

    def _standing(self, text, names, arguments, kind):
        import inspect

        import ibis
        import ibis.expr.datatypes as kinds

        key = text, names, kind, tuple(one.type() for one in arguments)
        if key not in self.made:
            mark = f"{MARK}{len(self.texts)}"

            def stands(*_arguments): ...

            stands.__name__ = mark
            stands.__signature__ = inspect.Signature(
                [
                    inspect.Parameter(f"x{i}", inspect.Parameter.POSITIONAL_OR_KEYWORD)
                    for i in range(len(names))
                ]
            )
            signature = tuple(one.type() for one in arguments), kinds.dtype(kind)
            self.made[key] = ibis.udf.scalar.builtin(stands, name=mark, signature=signature)
            self.texts[mark] = text, names
        return self.made[key](*arguments)

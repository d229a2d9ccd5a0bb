"""The queries of a profile, compiled by Ibis for the engine's dialect. Pure."""

from sqlglot import exp

from apps.payload.engines.base import SUBJECT

from . import patterns
from .engine.compiling import compiler

PROFILED = ("duckdb", "postgres")  # dialects that all queries of a profile are written for
BINS = 20
TOP = 20
SHAPED = 200  # characters of a value whose shape is told
# Runs of what is alike become one sign; the rest stays. Everything that is not printable ASCII is one kind.
FOLDED = (("[A-Z]+", "A"), ("[a-z]+", "a"), ("[0-9]+", "9"), ("[^ -~]+", "ß"))
UNFOLDED = {"A": "[A-Z]+", "a": "[a-z]+", "9": "[0-9]+", "ß": "[^ -~]+"}
BINARY = exp.Identifier(this="C", quoted=True)  # the order of code points, the same everywhere


class Subject:
    """The engine's subject as an unbound table, and queries over each `step`-th row of it."""

    def __init__(self, engine, types, *, step=1):
        # Imported late: a process that never profiles does not pay for the compiler.
        import ibis

        self.engine, self.step = engine, step
        self.whole = ibis.table({name: self._type(kind) for name, kind in types.items()}, name=SUBJECT)
        self.table = self._spread(self.whole, step)

    def _type(self, kind):
        import ibis.expr.datatypes as dt
        from ibis.backends.sql import datatypes

        mapper = {"postgres": datatypes.PostgresType, "duckdb": datatypes.DuckDBType}[self.engine.dialect]
        try:
            return mapper.from_string(kind)
        except Exception:  # Ibis and sqlglot raise what they like for a type that they do not know
            return dt.unknown

    def _spread(self, table, step):
        if step == 1:
            return table
        import ibis

        numbered = table.mutate(**{" at": ibis.row_number()})
        return numbered.filter(numbered[" at"] % step == 0).drop(" at")

    def kind(self, name):
        """What the values of a column are: number, time, text, boolean or other."""
        type_ = self.whole[name].type()
        if type_.is_boolean():
            return "boolean"
        if type_.is_numeric():
            return "number"
        if type_.is_timestamp() or type_.is_date():
            return "time"
        return "text" if type_.is_string() or type_.is_uuid() or type_.is_time() else "other"

    def is_text(self, name):
        """True for a column of texts, whose shapes tell something; not for keys and times of the engine's own types."""
        return self.whole[name].type().is_string()

    def is_plain(self, name):
        """True for a column whose distinct values the engine may count as they are: no NaN may hide in it."""
        return not self.whole[name].type().is_floating()

    def _values(self, name, table=None):
        """The values of a column that count: no NaN; texts as texts."""
        column = (self.table if table is None else table)[name]
        if column.type().is_floating():
            return column.isnan().ifelse(None, column)
        if self.kind(name) == "text" and not column.type().is_string():
            return column.cast("string")
        return column

    # ---------- queries ----------

    def count(self):
        return self.sql(self.whole.aggregate(rows=self.whole.count()))

    def scan(self, facts):
        """One row: `rows`, then `facts` in order."""
        return self.sql(self.table.aggregate(rows=self.table.count(), **facts), binary=True)

    def facts(self, name, *, open):
        """What one scan tells of a column: {figure: expression}; without its values where it is not `open`."""
        column, kind = self.table[name], self.kind(name)
        found = {"nulls": _counted(column.isnull())}
        if column.type().is_floating():
            found["nan_count"] = _counted(column.isnan())
        if kind == "text":
            found["blank_count"] = _counted(self._values(name).re_search("^[ \\t\\n\\r\\f]*$"))
        if not open:
            return found
        return found | getattr(self, f"_{kind}_facts", lambda _name: {})(name)

    def _number_facts(self, name):
        values = self._values(name)
        found = {}
        if values.type().is_floating():
            infinite = values.isinf()
            found["infinite_count"] = _counted(infinite)
            values = infinite.ifelse(None, values)
        real = values.cast("float64")
        return found | {
            "min_value": values.min(),
            "max_value": values.max(),
            "mean_value": real.mean(),
            "std_dev": real.std(how="sample"),
            "variance": real.var(how="sample"),
            "percentile_25": real.quantile(0.25),
            "median_value": real.quantile(0.5),
            "percentile_75": real.quantile(0.75),
        }

    def _time_facts(self, name):
        column = self.table[name]
        return {"earliest_timestamp": column.min(), "latest_timestamp": column.max()}

    def _text_facts(self, name):
        values = self._values(name)
        lengths = values.length()
        return {
            "min_length": lengths.min(),
            "max_length": lengths.max(),
            "avg_length": lengths.cast("float64").mean(),
            "min_text": values.min(),
            "max_text": values.max(),
        }

    def distinct(self, name):
        return self.sql(self.table.aggregate(found=self._values(name).nunique()))

    def bins(self, name, low, high):
        """(number of the bin, how many values lie in it)."""
        import ibis

        column = self._values(name)
        if self.kind(name) == "time":
            column = column.cast("timestamp") if column.type().is_date() else column.truncate("s")
            column = column.epoch_seconds()
        else:
            column = column.cast("float64")
            column = column.between(low, high).ifelse(column, None)
        if high > low:
            place = ((column.cast("float64") - low) / (high - low) * BINS).floor().cast("int64")
        else:
            place = column.notnull().ifelse(ibis.literal(0, "int64"), None)
        table = self.table.select(bin=place)
        return self.sql(table.group_by("bin").aggregate(found=table.count()))

    def frequent(self, name, *, step=None, among=None):
        """(value, how often), the most frequent first and ties by value; `among` restricts the values."""
        table = self.table if step is None else self._spread(self.whole, max(step, self.step))
        table = table.select(value=self._values(name, table))
        table = table.filter(table.value.notnull())
        if among is not None:
            table = table.filter(table.value.isin(among))
        found = table.group_by("value").aggregate(found=table.count())
        return self.sql(
            found.order_by([found.found.desc(), found.value]).limit(TOP), binary=self.kind(name) == "text"
        )

    def shapes(self, name, *, step, most):
        """(shape, how many values have it), the most frequent first."""
        table = self._spread(self.whole, max(step, self.step))
        shape = self._values(name, table).left(SHAPED)
        for run, sign in FOLDED:
            shape = shape.re_replace(run, sign)
        table = table.select(value=shape)
        table = table.filter(table.value.notnull())
        found = table.group_by("value").aggregate(found=table.count())
        return self.sql(found.order_by([found.found.desc(), found.value]).limit(most), binary=True)

    @staticmethod
    def pattern(shape):
        """A portable pattern that the whole of a value of this shape matches."""
        written = "".join(UNFOLDED.get(sign) or patterns.literal(sign) for sign in shape)
        return f"^{written}" + ("" if len(shape) >= SHAPED else "$")

    # ---------- writing ----------

    def sql(self, query, *, binary=False):
        """The text of a query over the engine's own relation; `binary` orders texts by code point."""
        tree = compiler(self.engine.dialect).to_sqlglot(query.unbind())
        relation = self.engine.relation()
        for table in tree.find_all(exp.Table):
            if table.name == SUBJECT and not table.args.get("db"):
                if not table.args.get("alias"):
                    table.set("alias", exp.TableAlias(this=exp.to_identifier(SUBJECT, quoted=True)))
                table.set("this", exp.Var(this=relation))
        if binary and self.engine.dialect == "postgres":
            _ordered_by_code_point(tree)
        return tree.sql(dialect=self.engine.dialect)


def _counted(truth):
    """How often it is true; PostgreSQL casts no truth value to a large number."""
    return truth.ifelse(1, 0).sum()


def _ordered_by_code_point(tree):
    for alias in list(tree.find_all(exp.Alias)):
        if alias.alias.endswith(("min_text", "max_text")):
            inner = next(alias.find_all(exp.Min, exp.Max))
            inner.set("this", exp.Collate(this=inner.this.copy(), expression=BINARY.copy()))
    for ordered in list(tree.find_all(exp.Ordered)):
        if ordered.this.name == "value":
            ordered.set("this", exp.Collate(this=ordered.this.copy(), expression=BINARY.copy()))

"""What each statement of a file with SQL does to the tables that are known so far. Pure."""

import re

from . import ddl_alter, ddl_indexes, ddl_others, ddl_tables
from .ddl_model import Column, Enumeration, Name, Table, Tables
from .ddl_text import Unclosed
from .ddl_words import Misread, Walk

LONGEST = 1_000_000  # characters of a statement
# Statements that make or change nothing of what capsules are, by their first words.
IDLE = frozenset(
    """SET SELECT GRANT REVOKE INSERT UPDATE DELETE MERGE BEGIN COMMIT ROLLBACK START END COPY ANALYZE VACUUM LOCK UNLOCK
    PRAGMA CALL EXEC EXECUTE PRINT DISCARD RESET REINDEX CLUSTER TRUNCATE REFRESH SECURITY SAVEPOINT RELEASE DEALLOCATE
    PREPARE EXPLAIN SHOW LISTEN NOTIFY UNLISTEN VALUES WITH ABORT CHECKPOINT LOAD REPLACE PROMPT EXIT WHENEVER SPOOL
    DECLARE DENY REASSIGN IMPORT OPTIMIZE ATTACH DETACH INSTALL""".split()
)
OTHERS = re.compile(  # kinds of thing that are no capsules
    r"(?:EVENT\s+TRIGGER|TEXT\s+SEARCH|ACCESS\s+METHOD|FOREIGN\s+DATA|USER\s+MAPPING|OPERATOR|SEQUENCE|FUNCTION|PROC|"
    r"PROCEDURE|TRIGGER|EXTENSION|SCHEMA|ROLE|USER|LOGIN|GROUP|POLICY|RULE|CAST|AGGREGATE|DATABASE|SERVER|LANGUAGE|"
    r"COLLATION|CONVERSION|PUBLICATION|SUBSCRIPTION|STATISTICS|TABLESPACE|TRANSFORM|PACKAGE|SYNONYM|CONSTRAINT\s+TRIGGER|"
    r"EVENT|DEFAULT\s+PRIVILEGES|LARGE\s+OBJECT|SYSTEM|SESSION|STAGE|WAREHOUSE|PIPE|TASK|STREAM|FILE\s+FORMAT|TAG|MACRO|"
    r"SECRET|TYPE\s+BODY|ASSEMBLY|PARTITION|CERTIFICATE|INDEX)\b",
    re.I,
)
WITHIN = re.compile(r"\b(?:CREATE|ALTER)\s+(?:\w+\s+){0,3}TABLE\b", re.I)
PREFIX = re.compile(r"\s*(CREATE|ALTER|DROP)\s+(?:OR\s+(?:REPLACE|ALTER)\s+)?((?:NON)?EDITIONABLE\s+)?", re.I)


class Catalog:
    """The tables, views and types that a file makes, statement by statement."""

    def __init__(self, dialect, schema, database=""):
        self.dialect, self.schema, self.database = dialect, schema, database
        self.tables = Tables()
        self.types: dict[str, Enumeration] = {}
        self.ignored: dict[str, int] = {}
        self.made = 0  # tables that were read, later dropped ones and partitions too
        self._path = schema
        self._odd: list[str] = []

    def odd(self, words):
        """Note something about the statement at hand that was not understood."""
        self._odd.append(words)

    def run(self, statement):
        """Take one statement in; returns sentences about what of it was not understood."""
        self._odd = []
        if statement.unclosed:
            return [statement.unclosed]
        verb = statement.first
        if verb in IDLE and not (
            verb == "SET" and re.match(r"SET\s+(?:SESSION\s+|LOCAL\s+)?search_path", statement.text, re.I)
        ):
            return self._idle(statement, verb)
        if verb == "DO" or (verb in ("BEGIN", "DECLARE") and self.dialect in ("oracle", "mysql")):
            return self._block(statement)
        if (found := PREFIX.match(statement.text)) and self._is_other(statement.text, found):
            return []
        if len(statement.text) > LONGEST:
            return [f"The statement has {len(statement.text):,} characters, more than {LONGEST:,}."]
        try:
            self._dispatch(statement, Walk(statement.words(), statement.text, self.dialect))
        except (Misread, Unclosed) as error:
            return [*self._odd, str(error)]
        except RecursionError:
            return ["The statement is nested too deeply."]
        return self._odd

    def _idle(self, statement, verb):
        if verb in ("BEGIN", "DECLARE", "EXEC", "EXECUTE") and WITHIN.search(statement.text):
            return self._block(statement)
        if (
            verb == "SELECT"
            and self.dialect == "tsql"
            and re.search(r"\bINTO\s+\w", statement.text[:20_000], re.I)
        ):
            return ["A table that is made by SELECT INTO is not read; read the database itself."]
        if verb == "SELECT" and (
            path := re.search(r"set_config\(\s*'search_path'\s*,\s*'([^']*)'", statement.text)
        ):
            self._path = path[1].split(",")[0].strip().strip('"') or self.schema
        return []

    def _block(self, statement):
        if WITHIN.search(statement.text):
            return ["A table is made or changed inside of a program; read the database itself."]
        self._ignore("program")
        return []

    def _is_other(self, text, found):
        kind = OTHERS.match(text, found.end())
        if kind is None or found[1].upper() == "CREATE" and kind[0].upper() in ("INDEX", "PARTITION"):
            return False
        if kind[0].upper() == "SCHEMA" and WITHIN.search(text):
            return False
        self._ignore(" ".join(kind[0].lower().split()))
        return True

    def _ignore(self, kind):
        self.ignored[kind] = self.ignored.get(kind, 0) + 1

    def _dispatch(self, statement, walk):
        if walk.take("CREATE"):
            self._create(statement, walk)
        elif walk.take("ALTER"):
            self._alter(walk)
        elif walk.take("COMMENT"):
            self._comment(walk)
        elif walk.take("DROP"):
            self._drop(walk)
        elif walk.take("SET", "SET SESSION", "SET LOCAL") and walk.name().lower() == "search_path":
            walk.need("=", "TO")
            word = walk.next()
            self._path = word.value or self.schema
        elif walk.take("USE"):
            self._use(walk)
        elif walk.take("RENAME TABLE"):
            self._renamed(self.need(walk.table()), walk)
        else:
            raise Misread(f"{statement.first or statement.text[:20]} is no statement that is known here.")

    def _use(self, walk):
        """USE: of a schema; which database it is, the person has said."""
        if walk.take("SCHEMA") or self.dialect in ("mysql", "databricks", "duckdb"):
            self._path = walk.name()

    # ---------- names ----------

    def full(self, name):
        """The name with the schema that counts where it was written, and the database if it names one."""
        return Name(name.name, name.schema or self._path, name.database or self.database)

    def known(self, name):
        """The table or view of this name, in whatever case where the dialect leaves that open; None."""
        full = self.full(name)
        if full in self.tables:
            return self.tables[full]
        folded = str(full).casefold()
        alike = [
            self.tables[each] for each in self.tables.called(full.name) if str(each).casefold() == folded
        ]
        return alike[0] if len(alike) == 1 else None

    def need(self, name):
        """As `known`. Raises `Misread` if there is none."""
        found = self.known(name)
        if found is None:
            raise Misread(f"There is no table {name} in what was read before.")
        return found

    # ---------- CREATE ----------

    def _create(self, statement, walk):
        walk.take("OR REPLACE", "OR ALTER")
        while walk.take(
            "TEMPORARY", "TEMP", "GLOBAL", "LOCAL", "UNLOGGED", "TRANSIENT", "FORCE", "NO FORCE", "EDITIONABLE",
            "HYBRID", "SECURE", "VOLATILE",
        ):  # fmt: skip
            pass
        if walk.take("TABLE"):
            self._table(statement, walk)
        elif walk.take("FOREIGN TABLE", "EXTERNAL TABLE"):
            self._table(statement, walk).foreign = True
        elif walk.take("MATERIALIZED VIEW"):
            ddl_others.view(self, statement, walk).materialized = True
        elif ddl_others.before_view(walk):
            ddl_others.view(self, statement, walk)
        elif walk.see() in (
            "INDEX",
            "UNIQUE",
            "CLUSTERED",
            "NONCLUSTERED",
            "BITMAP",
            "FULLTEXT",
            "SPATIAL",
            "COLUMNSTORE",
        ):
            ddl_others.index(self, walk)
        elif walk.take("TYPE"):
            ddl_others.enumeration(self, walk)
        elif walk.take("DOMAIN"):
            ddl_others.domain(self, walk)
        elif walk.take("SCHEMA"):
            raise Misread(
                "A schema that is made together with its tables is not read; write its tables apart."
            )
        else:
            raise Misread(f"CREATE {walk.see() or walk.rest()[:20]} is nothing that is known here.")

    def _table(self, statement, walk):
        walk.take("IF NOT EXISTS")
        table = Table(self.full(walk.table()), statement.line)
        if self.known(table.name) is not None:
            raise Misread(f"The table {table.name} is made twice.")
        try:
            self._body(table, walk)
        except Misread:
            # What could be read of it would pass for the whole table.
            self.tables.discard(table.name)
            raise
        self.tables[table.name] = table
        self.made += 1
        return table

    def _body(self, table, walk):
        if walk.take("PARTITION OF"):
            table.parent = self.full(walk.table())
            parent = self.need(table.parent)
            table.columns = [Column(each.name, each.type, each.nullable) for each in parent.columns]
            if walk.see() == "(":
                walk.bracket()
            table.bound = walk.rest()
            parent.partitions.append({"name": table.name.name, "bound": table.bound})
            return
        if walk.sees("OF"):
            raise Misread("A table of a composite type is not read; read the database itself.")
        if walk.take("LIKE"):
            walk.at -= 1
            self.copy_like(table, walk)
        elif walk.see() == "(":
            bracket = walk.at
            items = walk.items()
            if items and items[0].see() in ("SELECT", "WITH"):
                walk.at = bracket
                self._selected(table, walk)
            else:
                self._inherit(table, walk)
                ddl_tables.fill(table, items, self)
                self._checked_columns(table)
        self._options(table, walk)
        if not table.columns:
            self.odd("No column of it is written out.")

    @staticmethod
    def _checked_columns(table):
        """Keys that stand before their columns: all of them are known only now."""
        for key in table.keys:
            for name in key.columns:
                if table.column(name) is None:
                    raise Misread(f"The table {table.name} has no column {name}.")

    def _inherit(self, table, walk):
        """Columns of the tables that it inherits from, before its own; the word comes behind the bracket."""
        start = walk.at
        if walk.take("INHERITS"):
            for item in walk.items():
                parent = self.need(item.table())
                table.parents.append(parent.name)
                for column in parent.columns:
                    if table.column(column.name) is None:
                        meta = {**column.meta, "inherited_from": True}
                        table.columns.append(
                            Column(column.name, column.type, column.nullable, column.default, "", meta)
                        )
                table.keys += [key for key in parent.keys if key.type == "check"]
        walk.at = start

    def copy_like(self, table, walk):
        """LIKE other [INCLUDING …]: the columns of a table that is known."""
        walk.need("LIKE")
        other = self.need(walk.table())
        said = walk.rest().upper()
        for column in other.columns:
            found = Column(column.name, column.type, column.nullable)
            if "INCLUDING ALL" in said or "INCLUDING DEFAULTS" in said:
                found.default = column.default
            table.columns.append(found)

    def _options(self, table, walk):
        """What follows the bracket of a table."""
        while not walk.done:
            if walk.take("INHERITS"):
                walk.bracket()
            elif walk.take("PARTITION BY", "PARTITIONED BY"):
                self._partition(table, walk)
            elif walk.take("COMMENT"):
                walk.take("=")
                table.description = walk.string()
            elif walk.take("AS") or walk.see() in ("SELECT", "WITH") and walk.see(1) not in ("(", ""):
                self._selected(table, walk)
            elif walk.take("OPTIONS"):
                table.description = ddl_tables.options(walk).get("description", table.description)
            else:
                walk.skip()

    def _partition(self, table, walk):
        strategy = walk.see().lower() if walk.see(1) in ("(", "COLUMNS") else ""
        if walk.see() == "(":
            strategy = "list"  # Hive's: each value has a folder of its own
        elif strategy in ("range", "list", "hash"):
            walk.next()
            walk.take("COLUMNS")
        else:
            # BigQuery and others name an expression alone.
            said = walk.until(
                lambda ahead: ahead.see() in ("OPTIONS", "CLUSTER", "AS", "COMMENT", "TBLPROPERTIES")
            )
            table.partitioning = {"strategy": "range", "expression": said[:500]}
            return
        columns, expressions = ddl_indexes.index_parts(table, walk)
        table.partitioning = {"strategy": strategy, "key": columns}
        if expressions:
            table.partitioning["expression"] = ", ".join(expressions)
        if self.dialect in ("mysql", "oracle") and not walk.done:
            table.facts["partitions"] = walk.rest()[:2000]

    def _selected(self, table, walk):
        """CREATE TABLE … AS SELECT: which columns it has is known by following the query."""
        table.query = walk.raw(walk.at)
        table.facts["made_by_query"] = True
        walk.rest()

    # ---------- ALTER, COMMENT, DROP ----------

    def _alter(self, walk):
        ddl_alter.alter(self, walk)

    def _comment(self, walk):
        walk.need("ON")
        if walk.take("COLUMN"):
            *parts, column = walk.qualified()
            name = Name(*reversed(["", "", *parts][-3:]))
            table = self.known(name)
            found = table.column(column) if table is not None else None
            text = self._text(walk)
            if found is None and table is not None and table.query:
                table.facts.setdefault("comments", {})[column] = text  # its columns are known later
            elif found is None:
                raise Misread(f"There is no column {'.'.join([*parts, column])} in what was read before.")
            else:
                found.description = text
        elif walk.take("TABLE", "VIEW", "MATERIALIZED VIEW", "FOREIGN TABLE"):
            table = self.need(walk.table())
            table.description = self._text(walk)
        else:
            self._ignore("comment on something else")

    @staticmethod
    def _text(walk):
        walk.need("IS")
        if walk.take("NULL"):
            return ""
        return walk.string()

    def _drop(self, walk):
        kind = walk.take("TABLE", "VIEW", "MATERIALIZED VIEW", "FOREIGN TABLE", "DOMAIN", "TYPE")
        if not kind:
            self._ignore("drop of something else")
            return
        walk.take("IF EXISTS")
        while not walk.done and walk.see() not in ("CASCADE", "RESTRICT"):
            if (table := self.known(walk.table())) is not None:
                self.remove(table)
            if not walk.take(","):
                break

    def remove(self, table):
        """Forget a table that was dropped."""
        self.tables.discard(table.name)

    def _renamed(self, table, walk):
        walk.need("TO")
        self.rename(table, walk.table())

    def rename(self, table, name):
        """Give a table another name; foreign keys that refer to it follow."""
        before = table.name
        del self.tables[before]
        table.name = Name(name.name, name.schema or before.schema, name.database or before.database)
        self.tables[table.name] = table
        for each in self.tables.values():
            for key in each.keys:
                if key.to is not None and self.full(key.to) == before:
                    key.to = table.name

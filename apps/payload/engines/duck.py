"""DuckDB, shut in with the files it was given: what files and database files have in common. Pure."""

import contextlib
import re
import warnings

from .base import SUBJECT, Unanswered
from .connected import Connected
from .description import quoted, text
from .keys import Keys
from .limits import AT_ONCE, alarm, batches_of, gathered

READING = ("SELECT", "EXPLAIN")  # kinds of statements; an allowed file could otherwise be written to
ZONED = "TIMESTAMP WITH TIME ZONE"
NO_TABLE = re.compile(r"(Table|View) with name .* does not exist|Schema with name .* does not exist")
NO_COLUMN = re.compile(
    r'Referenced column .* not found|does not have a column named|column "[^"]*" not found', re.I
)
DAMAGED = re.compile(
    r"CSV Error|Malformed JSON|JSON transform error|No magic bytes|too small to be a Parquet"
)


class DuckEngine(Connected):
    """One connection of its own: a context manager. Subclasses attach what may be read; then the door is closed for good."""

    dialect = "duckdb"
    hidden: tuple[str, ...] = ()  # columns that are no part of the data

    def __init__(self, description):
        super().__init__(description)
        self.keys = Keys(self)

    def __enter__(self):
        # Imported late: a process that never reads data does not pay for the engine.
        import duckdb

        self.version = duckdb.__version__
        given = self.described
        self.connection = duckdb.connect(
            ":memory:",
            config={
                "memory_limit": f"{given.memory_mb}MB",
                "threads": given.threads,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            },
        )
        try:
            self.connection.execute("SET TimeZone = 'UTC'")
            # Without a folder for it nothing is written; the engine's own choice is where the process stands.
            self.connection.execute(f"SET temp_directory = {text(given.spill)}")
            if given.spill:
                self.connection.execute(f"SET max_temp_directory_size = '{int(given.spill_mb)}MB'")
            self.attach()
            self.connection.execute("SET enable_external_access = false")
            self.connection.execute("SET lock_configuration = true")
        except duckdb.Error as error:
            self.close()
            raise answered(error, opening=True) from None
        except BaseException:
            self.close()
            raise
        return self

    def attach(self):
        raise NotImplementedError

    def relation(self, alias=SUBJECT):
        """How SQL writes the table of an alias."""
        return quoted(self.table(alias).alias)

    def fetch(self, sql, values=(), *, deadline_s=None):
        """The rows of one SELECT as tuples."""
        import duckdb

        self._cancelled = False
        with alarm(self.seconds(deadline_s), self.connection.interrupt) as passed:
            try:
                self._only_reads(sql)
                asked = self.connection.execute(sql, values)
                batches = batches_of(asked)
                if any(ZONED in str(one[1]) for one in asked.description or ()):
                    batches = _through_arrow(asked)
                return gathered(batches, rows=self.described.rows, size=self.described.bytes)
            except duckdb.InterruptException as error:
                why = "deadline" if passed.is_set() or not self._cancelled else "cancelled"
                raise Unanswered(why, str(error)) from None
            except duckdb.Error as error:
                raise answered(error) from None
            except MemoryError:
                raise Unanswered("memory") from None

    def _only_reads(self, sql):
        kinds = [one.type.name for one in self.connection.extract_statements(sql)]
        if len(kinds) != 1 or kinds[0] not in READING:
            raise Unanswered("query", f"not one SELECT: {', '.join(kinds)}")

    def types(self, alias=SUBJECT):
        """{column: type, as DuckDB spells it} in the order of the table."""
        if alias not in self._types:
            found = self.fetch(f"DESCRIBE SELECT * FROM {self.relation(alias)}")  # noqa: S608 - quoted names
            self._types[alias] = {name: kind for name, kind, *_more in found if name not in self.hidden}
        return self._types[alias]

    def row_names(self):
        """SQL expressions that tell the subject's rows apart, in reading order; none if nobody knows any."""
        return self.key()

    def repeated(self, columns, *, where="", worst=0):
        """The `Repeated` of keys: exact, on the real values."""
        return self.keys.repeated(columns, where, worst)

    def arrays(self, sql, *, deadline_s=None):
        """The columns of one SELECT as arrays of numpy, without a limit of rows: for numbers of our own making."""
        import duckdb

        with alarm(self.seconds(deadline_s), self.connection.interrupt):
            try:
                return self.connection.execute(sql).fetchnumpy()
            except duckdb.InterruptException as error:
                raise Unanswered("deadline", str(error)) from None
            except duckdb.Error as error:
                raise answered(error) from None
            except MemoryError:
                raise Unanswered("memory") from None

    def cancel(self):
        """End the query that runs; called from another thread."""
        self._cancelled = True
        with contextlib.suppress(Exception):
            self.connection.interrupt()


def answered(error, *, opening=False):
    """The `Unanswered` for what DuckDB said."""
    import duckdb

    said = str(error)
    if isinstance(error, duckdb.OutOfMemoryException):
        return Unanswered("memory", said)
    if NO_TABLE.search(said):
        return Unanswered("no_table", said)
    if NO_COLUMN.search(said):
        return Unanswered("no_column", said)
    if DAMAGED.search(said):
        return Unanswered("format", said)
    if opening:
        return Unanswered("unreachable" if "No files found" in said else "format", said)
    if isinstance(error, duckdb.IOException):
        return Unanswered("changed", said)
    return Unanswered("query", said)


def _through_arrow(asked):
    """Times with a zone as Python has them; the driver itself wants one more library for them."""
    reader = getattr(asked, "to_arrow_reader", None) or asked.fetch_record_batch  # as 1.x calls it
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that rows are copied once more, which is known
        batches = reader(AT_ONCE)
    for batch in batches:
        columns = [column.to_pylist() for column in batch.columns]
        yield list(zip(*columns, strict=True))

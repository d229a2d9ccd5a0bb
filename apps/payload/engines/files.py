"""Files of one format or another, read by DuckDB: Parquet, CSV and JSON. Pure."""

import glob
import os
import re
from dataclasses import replace

from . import delta, iceberg
from .base import SUBJECT, Unanswered
from .description import quoted, text
from .duck import DuckEngine
from .fingerprints import fingerprint_of, together
from .footers import metadata_of

# Where a row comes from: columns of every table of files that nobody asks for but by name.
FILE, ROW = "_payload_file", "_payload_row"
RAW = " as written"  # what a text file holds, before it is read as the catalogued types
TEXT = ("csv", "json")
LOGGED = {"delta": delta, "iceberg": iceberg}  # tables whose own log says which files count
WHOLE = re.compile(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?", re.IGNORECASE)
PART = re.compile(r"([^/=]+)=[^/]*")


class FilesEngine(DuckEngine):
    """Tables made of files. A value of a text file that does not read as its column's type is NULL, and counted."""

    hidden = (FILE, ROW)

    def attach(self):
        self._open = {table.alias: _live(table) for table in self.described.tables}
        every = {path for table, _snapshot in self._open.values() for path in table.files}
        if not all(table.files or snapshot for table, snapshot in self._open.values()):
            raise Unanswered("no_table", "no file")
        # Both as it is and as it is written for the engine, which would take signs in it for a pattern.
        every |= {glob.escape(path) for path in every}
        self.connection.execute(f"SET allowed_paths = [{', '.join(map(text, sorted(every)))}]")
        for table, snapshot in self._open.values():
            selected = self._of_log(table, snapshot) if snapshot else self._of_files(table)
            self.connection.execute(f"CREATE VIEW {quoted(table.alias)} AS {selected}")

    def table(self, alias=SUBJECT):
        """The `Table` of an alias, with the files that it is made of now."""
        return self._open[super().table(alias).alias][0]

    def _of_log(self, table, snapshot):
        of = _of_iceberg if isinstance(snapshot, iceberg.Snapshot) else _of_delta
        return of(self, table, snapshot)

    def _of_files(self, table):
        names = self.raw(table)
        if table.format == "csv" and table.types and not _shared(names, table.types):
            # Where all values are texts, names look like one more row of them.
            names = self.raw(table, "header = true")
        typed = {name.casefold(): kind for name, kind in table.types.items()}
        text_files = table.format in TEXT
        parts = {name.casefold() for name in _parts(table)}
        told = []
        for name in names:
            kind = typed.get(name.casefold())
            reads = kind and (text_files or name.casefold() in parts)
            told.append(f"{read_as(quoted(name), kind)} AS {quoted(name)}" if reads else quoted(name))
        return f"SELECT {', '.join([*told, FILE, ROW])} FROM {quoted(table.alias + RAW)}"  # noqa: S608

    def raw(self, table, *more):
        """Make the view of what the files hold, as it is written; its columns."""
        options = [
            *more,
            "hive_types_autocast = false",
            f"hive_partitioning = {str(bool(_parts(table)) and not self._open[table.alias][1]).lower()}",
        ]
        if len(table.files) > 1 and not any(one.startswith("schema = ") for one in more):
            options.append("union_by_name = true")
        options += {"csv": ["all_varchar = true"], "json": _json(table)}.get(table.format, [])
        files = ", ".join(text(glob.escape(path)) for path in table.files)
        where = f"substr(filename, {len(table.below.rstrip('/')) + 2})" if table.below else "filename"
        row = "file_row_number" if table.format == "parquet" else "row_number() OVER () - 1"
        self.connection.execute(
            f"CREATE OR REPLACE VIEW {quoted(table.alias + RAW)} AS SELECT *, {where} AS {FILE}, {row} AS {ROW}"  # noqa: S608
            f" FROM read_{table.format}([{files}], {', '.join(options)})"
        )
        found = self.connection.execute(f"DESCRIBE {quoted(table.alias + RAW)}").fetchall()
        return [name for name, *_more in found if name not in self.hidden]

    def row_names(self):
        """The file and the number of the row in it: from 0 for Parquet, over all files for others."""
        return (FILE, ROW)

    def metadata(self, alias=SUBJECT):
        """The `TableMetadata` that footers tell; None for text files, which have none."""
        table, snapshot = self.table(alias), self._open[alias][1]
        if table.format != "parquet":
            return None
        found = metadata_of(table.files)
        # What the log says of a part or a name rules over what files may hold of the same name.
        of_log = snapshot.renamed if snapshot else ()
        return replace(
            found, columns={name: one for name, one in found.columns.items() if name not in of_log}
        )

    def fingerprint(self, alias=SUBJECT):
        """A text that changes whenever a file does, or one comes or goes."""
        self.table(alias)
        snapshot = self._open[alias][1]
        return snapshot.fingerprint if snapshot else together(self.fingerprints(alias))

    def fingerprints(self, alias=SUBJECT):
        """{name of a file below its folder: its fingerprint}."""
        table = self.table(alias)
        start = table.below or "/"
        return {os.path.relpath(path, start): fingerprint_of(path, table.format) for path in table.files}

    def unreadable(self, alias=SUBJECT):
        """{column: how many of its values did not read as its type} of a text file, those with none left out."""
        table = self.table(alias)
        names = {name.casefold(): name for name in self.types(alias)}
        typed = {names[key]: kind for name, kind in table.types.items() if (key := name.casefold()) in names}
        if table.format not in TEXT or not typed:
            return {}
        counts = ", ".join(
            f"count_if({quoted(name)} IS NOT NULL AND {read_as(quoted(name), kind)} IS NULL)"
            for name, kind in typed.items()
        )
        (found,) = self.fetch(f"SELECT {counts} FROM {quoted(alias + RAW)}")  # noqa: S608 - quoted names
        return {name: lost for name, lost in zip(typed, found, strict=True) if lost}


def _live(table):
    """(the table with the files that it is made of now, the snapshot of a table that keeps a log or None)."""
    if table.format not in LOGGED:
        return table, None
    found = LOGGED[table.format].snapshot(table.files[0])
    return replace(table, files=found.files, format="parquet", below=table.files[0]), found


def _empty(columns):
    """The SELECT of a table without files."""
    told = [f"NULL::{kind} AS {quoted(name)}" for name, kind in columns]
    return f"SELECT {', '.join([*told, f'NULL::VARCHAR AS {FILE}', f'NULL::BIGINT AS {ROW}'])} WHERE false"


def _of_delta(engine, table, snapshot):
    """The SELECT of a Delta table: the columns that its schema names, parts as its log tells them."""
    kinds = {name: kind or "VARCHAR" for name, kind in snapshot.columns}
    if not snapshot.files:
        return _empty(kinds.items())
    stored, parts = set(engine.raw(table)), snapshot.partitioned_by
    told = []
    for name, kind in kinds.items():
        if name in parts:
            told.append(f"CAST(nullif(parts.c{parts.index(name)}, '') AS {kind}) AS {quoted(name)}")
        else:
            told.append(f"raw.{quoted(name)}" if name in stored else f"NULL::{kind} AS {quoted(name)}")
    told += [f"raw.{FILE}", f"raw.{ROW}"]
    selected = f"SELECT {', '.join(told)} FROM {quoted(table.alias + RAW)} raw"  # noqa: S608 - quoted names
    if not parts:
        return selected
    rows = ", ".join(
        f"({', '.join(map(_or_null, (os.path.relpath(path, table.below), *map(values.get, parts))))})"
        for path, values in sorted(snapshot.parts.items())
    )
    named = ", ".join(f"c{number}" for number in range(len(parts)))
    return f"{selected} JOIN (VALUES {rows}) parts(of, {named}) ON parts.of = raw.{FILE}"


def _of_iceberg(engine, table, snapshot):
    """The SELECT of an Iceberg table: columns are found by their numbers, whatever a file calls them."""
    if not snapshot.files:
        return _empty([(name, kind) for _number, name, kind in snapshot.columns])
    told = ", ".join(
        f"{number}: {{name: {text(name)}, type: {text(kind)}, default_value: NULL}}"
        for number, name, kind in snapshot.columns
    )
    engine.raw(table, f"schema = MAP {{{told}}}")
    names = ", ".join(quoted(name) for _number, name, _kind in snapshot.columns)
    return f"SELECT {names}, {FILE}, {ROW} FROM {quoted(table.alias + RAW)}"  # noqa: S608 - quoted names


def _or_null(value):
    return "NULL::VARCHAR" if value is None else text(value)


def read_as(column, kind):
    """The SQL that reads a text as a type, NULL if it is none: half a piece is no number of pieces."""
    tried = f"TRY_CAST({column} AS {kind})"
    if not WHOLE.fullmatch(kind):
        return tried
    broken = f"coalesce(TRY_CAST({column} AS DOUBLE) % 1 <> 0, true)"
    return f"CASE WHEN (contains({column}, '.') OR contains(lower({column}), 'e')) AND {broken} THEN NULL ELSE {tried} END"


def _shared(names, types):
    return {name.casefold() for name in names} & {name.casefold() for name in types}


def _parts(table):
    """Names of the parts of a path, such as the day in day=2026-01-31/orders.parquet."""
    if not table.files:
        return ()
    below = os.path.relpath(os.path.dirname(table.files[0]), table.below or "/")
    return tuple(PART.findall(below))


def _json(table):
    """Every catalogued value of JSON as a text, nested ones as JSON: nothing is sniffed."""
    if not table.types:
        return []
    nested = re.compile(r"STRUCT|MAP|JSON|UNION|\[", re.IGNORECASE)
    told = (
        f"{text(name)}: {text('JSON' if nested.search(kind) else 'VARCHAR')}"
        for name, kind in table.types.items()
    )
    return [f"columns = {{{', '.join(told)}}}"]

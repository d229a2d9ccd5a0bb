"""SQL that makes tables, of any of the dialects people choose, as documents (interop.md, section 5). Pure.

The statements are read by grammar of our own: what sqlglot does not know it keeps as one raw command, and of dumps that is
much (`ON ONLY`, `ATTACH PARTITION`, `CREATE DOMAIN`). Queries of views are followed with it (`sql_lineage`).
"""

import re

from .ddl_documents import Documents
from .ddl_statements import Catalog
from .ddl_text import Script, bare
from .found import TABLE, VIEW, Found, Missed, Note, ReaderError, scope_of

DIALECTS = {  # {dialect of sqlglot: (what people call it, the schema of a name that names none)}
    "postgres": ("PostgreSQL", "public"),
    "mysql": ("MySQL, MariaDB", ""),
    "tsql": ("SQL Server", "dbo"),
    "oracle": ("Oracle", ""),
    "snowflake": ("Snowflake", "PUBLIC"),
    "bigquery": ("BigQuery", ""),
    "redshift": ("Redshift", "public"),
    "databricks": ("Databricks", "default"),
    "duckdb": ("DuckDB", "main"),
    "sqlite": ("SQLite", "main"),
}
MADE = re.compile(r"\bCREATE\s+(?:\w+\s+){0,4}?TABLE\b", re.I)
MOST_MISSED = 10_000


def read(data, *, name, source, dialect="postgres", database="", schema="", whole=False, say=None):
    """Read a file of SQL; returns a `Found`.

    `data` are its bytes, `name` what the file is called. `source` is the name of the system that it describes,
    `database` and `schema` are those of names that name none. `whole` says that the file describes these schemas
    entirely, so that what it does not name has vanished. `say(phase, done, total)` may raise to stop.
    Raises `ReaderError` for what is no such file, and nothing else.
    """
    if dialect not in DIALECTS:
        known = ", ".join(DIALECTS)
        raise ReaderError(
            "unknown_dialect", f"The dialect {dialect} is not known.", f"Choose one of {known}."
        )
    text = _text(data)
    schema = schema or DIALECTS[dialect][1]
    script = Script(text, dialect)
    if not script.statements:
        raise ReaderError("empty", "There is no statement in this file.", "Send one with CREATE TABLE.")
    catalog = Catalog(dialect, schema)
    missed = []
    for number, statement in enumerate(script.statements):
        if say is not None and number % 500 == 0:
            say("Statements", number, len(script.statements))
        for words in catalog.run(statement):
            missed.append(Missed(statement.short, words, statement.line))
    missed += _uncounted(text, dialect, catalog, missed)
    documents = Documents(catalog, source=source, database=database)
    try:
        made = documents.made()
    except ValueError as error:
        raise ReaderError("too_long", str(error), "Shorten the name of the source or the schema.") from None
    missed += [Missed(str(view), words, line) for view, line, words in documents.missed]
    if not made and not missed:
        raise ReaderError(
            "no_tables", "There is no CREATE TABLE or CREATE VIEW in this file.", "Is it the right one?"
        )
    return Found(
        tuple(made),
        origin="ddl",
        source=source,
        scope=_scope(documents, source, database) if whole else (),
        complete=whole,
        notes=tuple(documents.notes + _ignored(catalog)),
        missed=tuple(missed[:MOST_MISSED]),
        name=name,
        places=documents.places,
    )


def _text(data):
    """The text of a file: UTF-8 with or without its mark, UTF-16 with one, else Latin-1. Raises `ReaderError`."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        try:
            text = data.decode("utf-16")
        except UnicodeDecodeError:
            raise ReaderError(
                "encoding", "The file says it is UTF-16, and is not.", "Save it as UTF-8."
            ) from None
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("latin-1")
    if "\x00" in text:
        raise ReaderError(
            "binary",
            "The file holds NUL characters: it is no SQL.",
            "Write a plain dump (pg_dump --format=plain).",
        )
    if text.startswith("PGDMP"):
        raise ReaderError(
            "binary", "This is a custom dump of pg_dump.", "Write a plain one (--format=plain)."
        )
    return text


def _uncounted(text, dialect, catalog, missed):
    """What says that tables are missing though no statement failed: the count of the text is another."""
    said = len(MADE.findall(bare(text, dialect)))
    failed = sum(bool(MADE.search(each.text)) for each in missed)
    if said <= catalog.made or failed >= said - catalog.made:
        return []
    words = f"The text makes {said} tables, and {catalog.made} were read."
    return [
        Missed(
            "CREATE TABLE",
            words + " Read the database itself, or send the tables in statements of their own.",
        )
    ]


def _scope(documents, source, database):
    places = {
        (table.name.database or database, table.name.schema or documents.catalog.schema)
        for table in documents.tables
    }
    return tuple(sorted(scope_of(source, kind, *place) for place in places for kind in (TABLE, VIEW)))


def _ignored(catalog):
    """One note on what is in the file and becomes no capsule."""
    if not catalog.ignored:
        return []
    said = ", ".join(f"{number} × {kind}" for kind, number in sorted(catalog.ignored.items()))
    return [Note("info", "no_capsules", f"These become no capsules: {said}.")]

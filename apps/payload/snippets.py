"""How a capsule's data is read elsewhere, to be copied: never with a secret."""

from django.utils.translation import gettext as _

from apps.catalog import engines
from apps.catalog.engines import Unfit, engine_of, settled

from .engines.description import quoted, text
from .maskers import VALUES
from .sources.places import ENDINGS, LOGS


def of(capsule, reader):
    """[{title, text}] for the capsule: where a server stands is told to those alone who may know of connections."""
    if capsule.storage_location and capsule.storage_format not in ("view", "table"):
        return _of_files(capsule)
    if not capsule.source_system or not capsule.source_system.connection:
        return []
    return _of_table(capsule, reader)


def _of_files(capsule):
    form = capsule.storage_format or capsule.storage_location.rpartition(".")[2].lower()
    where = text(capsule.storage_location)
    if form in LOGS:
        return [_snippet(_("DuckDB"), f"SELECT * FROM {form}_scan({where}) LIMIT 100")]  # noqa: S608 - to be read
    if form not in ENDINGS:
        return []
    return [
        _snippet(_("DuckDB"), f"SELECT * FROM read_{form}({where}) LIMIT 100"),  # noqa: S608 - to be read, not run
        _snippet(_("Python"), f"import duckdb; duckdb.read_{form}({capsule.storage_location!r})"),
    ]


def _of_table(capsule, reader):
    system = capsule.source_system
    table = ".".join(map(quoted, filter(None, (capsule.schema_name, capsule.name))))
    found = [_snippet(_("SQL"), f"SELECT * FROM {table} LIMIT 100")]  # noqa: S608 - to be read, not run
    if engine_of(system.connection, system.kind) != engines.POSTGRES or reader.clearance < VALUES:
        return found
    try:
        facts = settled(system.connection, engines.POSTGRES)
    except Unfit:
        return found
    told = {"host": "host", "port": "port", "database": "dbname", "sslmode": "sslmode"}
    named = " ".join(f"{word}={facts[key]}" for key, word in told.items() if facts.get(key))
    return [*found, _snippet("psql", f'psql "{named}"')]


def _snippet(title, words):
    return {"title": title, "text": words}

"""Which of some texts a column holds, asked so that no value fails the question."""

import psycopg
from django.utils.translation import gettext as _

from apps.payload.engines.description import quoted

from .base import Unreadable

AT_ONCE = 500  # parameters that SQLite takes


def held(source, column, values):
    """Those of `values` that some row of a `Source` has in `column`, as a set. Raises `Unreadable`."""
    stored = {name.casefold(): name for name in source.types()}.get(column.casefold())
    if stored is None:
        raise Unreadable(_("The data has no column %s.") % column)
    if source.dialect not in ASKED:
        raise Unreadable(_("Values are not looked up in this kind of source."), "engine")
    return ASKED[source.dialect](source, stored, source.types()[stored], values)


def _duckdb(source, column, kind, values):
    sql = (
        f"SELECT wanted FROM unnest(?::VARCHAR[]) t(wanted) WHERE TRY_CAST(wanted AS {kind})"  # noqa: S608
        f" IN (SELECT {quoted(column)} FROM {source.relation})"
    )
    return {wanted for (wanted,) in source.fetch(sql, [values])}


def _sqlite(source, column, _kind, values):
    found, name = set(), quoted(column)
    for start in range(0, len(values), AT_ONCE):
        some = values[start : start + AT_ONCE]
        marks = ", ".join("?" * len(some))
        sql = f"SELECT DISTINCT CAST({name} AS TEXT) FROM {source.relation}"  # noqa: S608 - quoted names
        found |= {one for (one,) in source.fetch(f"{sql} WHERE CAST({name} AS TEXT) IN ({marks})", some)}
    return found


def _postgres(source, column, kind, values):
    sql = (
        f"SELECT wanted FROM unnest(%s::text[]) wanted WHERE wanted::{kind}"  # noqa: S608 - as the server spells it
        f" IN (SELECT {quoted(column).replace('%', '%%')} FROM {source.relation.replace('%', '%%')})"
    )
    return {wanted for (wanted,) in source.fetch(sql, [_readable(source, values, kind)])}


def _readable(source, values, kind):
    """Those of `values` that are one of the type: another would fail the whole query."""
    if kind.startswith(("text", "character", "citext")):
        return values
    if source.connection.info.server_version >= 160_000:
        valid = "SELECT v FROM unnest(%s::text[]) v WHERE pg_input_is_valid(v, %s)"
        return [value for (value,) in source.fetch(valid, [values, kind])]
    found = []
    for value in values:
        try:
            with source.connection.transaction(), source.connection.cursor() as cursor:
                cursor.execute(f"SELECT %s::text::{kind}", [value])  # noqa: S608 - as the server spells it
                found.append(value)
        except psycopg.DataError:
            continue
        except psycopg.Error:
            raise Unreadable(_("The connection to the source was lost."), "unreachable") from None
    return found


ASKED = {"duckdb": _duckdb, "sqlite": _sqlite, "postgres": _postgres}

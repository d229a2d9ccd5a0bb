"""PostgreSQL, read where it lies: a sign-in that can only read, one state for all queries, and an end for each."""

import os
import re

import psycopg
from django.utils.translation import gettext as _
from psycopg import sql

from apps.catalog.engines import Unfit, settled
from apps.dcs import hosts

from .base import MOST_ROWS, Unreadable
from .secrets import below_root, secret

CONNECT_SECONDS = 3
LOCK_SECONDS = 2
IDLE_SECONDS = 60
TRIED = 2  # addresses of one host
SESSION = {
    "default_transaction_read_only": "on",
    "lock_timeout": f"{LOCK_SECONDS}s",
    "idle_in_transaction_session_timeout": f"{IDLE_SECONDS}s",
    "search_path": "pg_catalog",
    "timezone": "UTC",
    "datestyle": "ISO",
    "intervalstyle": "iso_8601",
    "extra_float_digits": "3",
}
# What a refusal says, in the server's words; who connects learns no more than the sentence.
REFUSALS = (
    (
        r"password authentication failed|no password supplied|authentication failed|peer authentication",
        "sign-in",
    ),
    (
        r"role .* (does not exist|is not permitted to log in)|no pg_hba\.conf entry|permission denied",
        "sign-in",
    ),
    (r"database .* does not exist", "database"),
    (r"SSL|certificate|TLS", "encryption"),
    (r"authentication method", "clear text"),
    (r"too many (clients|connections)|remaining connection slots", "full"),
    (r"starting up|shutting down|recovery", "starting"),
    (r"unsupported startup parameter", "pooler"),
)


def sentence(reason):
    """Why a connection was not made, for people: nothing about the network."""
    return {
        "sign-in": _("The server refused the sign-in. Look at the account and at its secret."),
        "database": _("The server has no database of this name, or the account may not enter it."),
        "encryption": _("The server and the portal do not agree on encryption. Look at sslmode."),
        "clear text": _("The server asks for the password in clear text. Use sslmode verify-full."),
        "full": _("The server takes no more connections now. Try again later."),
        "starting": _("The server is starting or stopping. Try again in a minute."),
        "pooler": _(
            "A pooler stands before the server and takes no options. Name the server itself, or let the pooler ignore them."
        ),
        "silent": _("The server did not answer within %(seconds)d seconds.") % {"seconds": CONNECT_SECONDS},
    }[reason]


class PostgresSource:
    """One connection of its own, in one read-only transaction that sees one state: a context manager.

    `table`, a `TableRef`, is what `types` and `held` are about. `deadline_s` is for each query, `rows` how many of
    them a query may bring.
    """

    dialect = "postgres"

    def __init__(self, connection, table=None, *, deadline_s, rows=MOST_ROWS, **_limits):
        try:
            self.facts = settled(connection, "postgres")
        except Unfit as error:
            raise Unreadable(str(error)) from None
        self.table, self.deadline_s, self.rows = table, deadline_s, rows
        self.connection = self._types = None

    def __enter__(self):
        self.connection = connect(self.facts, deadline_s=self.deadline_s)
        # Held until the end: all queries see one state. Those inside are savepoints.
        self._whole = self.connection.transaction()
        self._whole.__enter__()
        return self

    def __exit__(self, *_error):
        self.connection.close()

    @property
    def relation(self):
        """The table as SQL writes it."""
        parts = [self.table.schema or "public", self.table.name]
        return sql.Identifier(*parts).as_string(self.connection)

    def fetch(self, query, values=()):
        """The rows of a query as tuples. Raises `Unreadable` when it fails, passes its deadline or brings too many."""
        try:
            # A cursor on the server: rows beyond the limit never come here.
            with self.connection.transaction(), self.connection.cursor(name="portal") as cursor:
                cursor.itersize = 5000
                cursor.execute(query, values)
                found = cursor.fetchmany(self.rows + 1)
        except psycopg.Error as error:
            raise Unreadable(self._said(error)) from None
        if len(found) > self.rows:
            raise Unreadable(
                _("The source has more than %(rows)d rows to tell of; the portal reads no further.")
                % {"rows": self.rows}
            )
        return found

    def _said(self, error):
        """What a failed query says, without the server's words: these may hold values of rows."""
        state = error.sqlstate or ""
        if state == "57014":
            return _("The source took longer than %(seconds)s seconds.") % {"seconds": self.deadline_s}
        if state == "55P03":
            return _("Somebody holds a lock on the source. Try again later.")
        if state == "42501":
            return _("The account of the portal may not read this.")
        if state in ("42P01", "3F000"):
            return _("The source has no such table.")
        if state.startswith(("08", "57")) or not state:
            return _("The connection to the source was lost.")
        return _("The source cannot answer this (%(state)s).") % {"state": state}

    def types(self):
        """{column: type, as the server spells it} in the order of the table."""
        if self._types is None:
            found = self.fetch(
                "SELECT a.attname, format_type(a.atttypid, a.atttypmod) FROM pg_attribute a"
                " WHERE a.attrelid = to_regclass(%s) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum",
                [self.relation],
            )
            if not found:
                raise Unreadable(_("The source has no such table."))
            self._types = dict(found)
        return self._types

    def held(self, column, values):
        """Those of `values`, a list of texts, that some row has in `column`, as a set; they compare as its type does.

        Raises `Unreadable` if there is no such column.
        """
        stored = {name.casefold(): name for name in self.types()}.get(column.casefold())
        if stored is None:
            raise Unreadable(_("The data has no column %s.") % column)
        readable = self._readable(list(values), self.types()[stored])
        query = sql.SQL(
            "SELECT wanted FROM unnest(%s::text[]) wanted WHERE wanted::{kind} IN (SELECT {column} FROM {table})"
        ).format(
            kind=sql.SQL(self.types()[stored]),
            column=sql.Identifier(stored),
            table=sql.SQL(self.relation),
        )
        return {wanted for (wanted,) in self.fetch(query, [readable])}

    def _readable(self, values, kind):
        """Those of `values` that are one of the type: another would fail the whole query."""
        if kind.startswith(("text", "character", "citext")):
            return values
        if self.connection.info.server_version >= 160_000:
            valid = "SELECT v FROM unnest(%s::text[]) v WHERE pg_input_is_valid(v, %s)"
            return [value for (value,) in self.fetch(valid, [values, kind])]
        found = []
        for value in values:
            try:
                with self.connection.transaction(), self.connection.cursor() as cursor:
                    cursor.execute(sql.SQL("SELECT %s::text::{}").format(sql.SQL(kind)), [value])
                    found.append(value)
            except psycopg.DataError:
                continue
            except psycopg.Error as error:
                raise Unreadable(self._said(error)) from None
        return found


def connect(facts, *, deadline_s):
    """A connection in a read-only transaction, to an address that was looked at. Raises `Unreadable`."""
    password = secret(facts, "password")
    options = SESSION | {"statement_timeout": f"{max(1, int(deadline_s * 1000))}ms"}
    try:
        addresses = hosts.checked(facts["host"], facts["port"])[:TRIED]
    except hosts.HostRefused as refused:
        raise Unreadable(str(refused)) from None
    except hosts.HostUnknown:
        raise Unreadable(sentence("silent")) from None
    verified = facts.get("sslmode") in ("verify-ca", "verify-full")
    try:
        connection = psycopg.connect(
            host=",".join([facts["host"].strip()] * len(addresses)),
            # The driver goes where the check has looked, and asks for no address again.
            hostaddr=",".join(addresses),
            port=",".join([str(facts["port"])] * len(addresses)),
            dbname=facts["database"],
            user=facts["user"],
            password=password.reveal() if password else None,
            # Nothing of the process's own surroundings: no password file, no service, no other options.
            passfile=f"{os.devnull}/none",
            sslmode=facts.get("sslmode") or "prefer",
            sslrootcert=_authority(facts),
            gssencmode="disable",
            require_auth=None if verified else "!password",
            connect_timeout=CONNECT_SECONDS,
            tcp_user_timeout=int(deadline_s * 1000) + 5000,
            keepalives_idle=10,
            application_name="data capsule portal",
            options=" ".join(f"-c {name}={value}" for name, value in options.items()),
        )
    except psycopg.Error as error:
        raise Unreadable(sentence(_reason(error))) from None
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    connection.read_only = True
    return connection


def _authority(facts):
    """Who vouches for the server: a file below `SECRETS_ROOT`, else the system's authorities where one is asked for."""
    if named := facts.get("sslrootcert"):
        return str(below_root(str(named).removeprefix("file:")))
    return "system" if facts.get("sslmode") == "verify-full" else None


def _reason(error):
    said = str(error)
    return next((reason for words, reason in REFUSALS if re.search(words, said, re.IGNORECASE)), "silent")

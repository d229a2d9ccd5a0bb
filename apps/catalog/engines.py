"""The facts by which each engine is reached, in one spelling: an address is taken apart, what leads elsewhere is refused.

Pure but for gettext. Secrets are no part of it: `connections.problems` looks for them (errata row B11).
"""

import re

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

POSTGRES, DUCKDB, SQLITE, SPARK = "postgres", "duckdb", "sqlite", "spark"
SPELLINGS = {"postgresql": POSTGRES, "pg": POSTGRES, "sqlite3": SQLITE}
READ = (POSTGRES, DUCKDB, SQLITE)  # what the portal opens itself
CHECKED = (*READ, SPARK)  # where it looks at rows; what tables there are it learns of Spark from elsewhere
FILES = (DUCKDB, SQLITE)
SSL_MODES = ("disable", "prefer", "require", "verify-ca", "verify-full")
PORT, SPARK_PORT = 5432, 15002
# An address names the same things in other words.
OF_ADDRESS = {"host": "host", "port": "port", "dbname": "database", "user": "user", "sslmode": "sslmode"}
ALSO = {"dbname": "database", "username": "user", "driver": "engine"}
# These make the driver look elsewhere, or run what they say.
REFUSED = {
    "service": gettext_lazy("A service file names other hosts. Write host, port and database."),
    "servicefile": gettext_lazy("A service file names other hosts. Write host, port and database."),
    "passfile": gettext_lazy(
        "A password file lies outside of the portal's reach. Name the password as env:NAME."
    ),
    "options": gettext_lazy("Options of the session are the portal's own. Leave them out."),
    "hostaddr": gettext_lazy("Write the host alone; the portal finds its address and looks at it."),
    "sslkey": gettext_lazy("Keys in files are not read. Name the password as env:NAME."),
    "sslcert": gettext_lazy("Keys in files are not read. Name the password as env:NAME."),
}
HOST = re.compile(r"[A-Za-z0-9_.:-]{1,253}")


class Unfit(Exception):
    """A connection cannot be meant so; `problems` maps keys to sentences."""

    def __init__(self, problems):
        super().__init__(" ".join(str(words) for words in problems.values()))
        self.problems = {key: str(words) for key, words in problems.items()}


def engine_of(connection, kind=""):
    """`postgres`, `duckdb` or `sqlite`, or whatever word the connection or the kind of its source says; may be empty."""
    said = connection.get("engine") or connection.get("driver") or kind or ""
    word = str(said).strip().casefold()
    return SPELLINGS.get(word, word)


def settled(connection, kind=""):
    """The connection in one spelling, its `url` taken apart. Raises `Unfit`.

    Of an engine that the portal does not open itself everything stays as it is.
    """
    engine = engine_of(connection, kind)
    if not connection or engine not in READ:
        return connection
    found = {ALSO.get(key, key): value for key, value in connection.items()}
    found["engine"] = engine
    # Facts about options may be noted in an object; a text would be handed to the driver.
    problems = {
        key: words
        for key, words in REFUSED.items()
        if found.get(key) not in (None, "") and not (key == "options" and isinstance(found[key], dict))
    }
    if engine == POSTGRES:
        found, more = _server(found)
    else:
        more = _file(found)
    if problems | more:
        raise Unfit(problems | more)
    unused = {*REFUSED, "url", "dsn"} - ({"options"} if found.get("options") else set())
    return {key: value for key, value in found.items() if key not in unused}


def spark_server(connection):
    """The facts by which a server of Spark Connect is reached: host, port, user and tls. Raises `Unfit`."""
    found = {ALSO.get(key, key): value for key, value in connection.items()}
    if found.get("url") or found.get("dsn"):
        raise Unfit({"url": _("Write host and port of the Spark Connect server.")})
    if refused := {key: words for key, words in REFUSED.items() if found.get(key)}:
        raise Unfit(refused)
    facts, problems = _server({"port": SPARK_PORT, "database": "-", "user": "-", **found})
    if problems:
        raise Unfit(problems)
    user = facts["user"] if facts["user"] != "-" else ""
    tls = found.get("sslmode") not in (None, "", "disable", "prefer")
    return {**found, "host": facts["host"], "port": facts["port"], "user": user, "tls": tls}


def _file(found):
    path = found.get("path")
    if not isinstance(path, str) or not path.strip() or "\0" in path:
        return {"path": _("Name the file, below one of the folders that the portal may read.")}
    return {}


def _server(found):
    problems = {}
    for key in ("url", "dsn"):
        if address := found.pop(key, None):
            parts, more = _apart(address, key)
            problems |= more
            found = {**parts, **{name: value for name, value in found.items() if value not in (None, "")}}
    host, port = found.get("host"), found.get("port")
    if port in (None, ""):
        port = PORT
    if not isinstance(host, str) or not HOST.fullmatch(host):
        several = isinstance(host, str) and "," in host
        problems["host"] = (
            _("Name one host.") if several else _("Write the name of a host or its address, and no path.")
        )
    if isinstance(port, bool) or not re.fullmatch(r"\d{1,5}", str(port)) or not 0 < int(port) < 65536:
        problems["port"] = _("Write a port from 1 to 65535.")
    else:
        found["port"] = int(port)
    for key, words in (
        ("database", _("Name the database.")),
        ("user", _("Name the account to sign in with.")),
    ):
        if not isinstance(found.get(key), str) or not found[key].strip() or "\0" in found[key]:
            problems[key] = words
    if found.get("sslmode", "prefer") not in SSL_MODES:
        problems["sslmode"] = _("Choose one of %(modes)s.") % {"modes": ", ".join(SSL_MODES)}
    return found, problems


def _apart(address, key):
    """The facts of an address, `postgresql://…` or `host=… dbname=…`, and what is wrong with it."""
    try:
        parts = conninfo_to_dict(str(address))
    except ProgrammingError:
        return {}, {key: _("Write an address such as postgresql://reader@warehouse.example:5432/shop.")}
    if parts.get("password"):
        return {}, {key: _("A secret is never stored. Leave the password out and name it as env:NAME.")}
    problems = {name: REFUSED[name] for name in parts if name in REFUSED}
    unknown = sorted(set(parts) - set(OF_ADDRESS) - set(REFUSED))
    if unknown:
        problems[key] = _("The address says more than is used: %(names)s. Leave it out.") % {
            "names": ", ".join(unknown)
        }
    return {OF_ADDRESS[name]: value for name, value in parts.items() if name in OF_ADDRESS}, problems

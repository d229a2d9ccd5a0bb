"""The roles of the database: who owns, who serves, and what each may touch (trust.md, section 1.4)."""

from urllib.parse import parse_qsl, unquote, urlsplit

import psycopg
from psycopg import sql

OWNER, APP = "dcs_owner", "dcs_app"
DATABASE = "dcs"
PARTS = ("dcs_owner", "dcs_app", "dcs_definer", "dcs_audit", "dcs_backup")
SEARCH_PATH = "public,dcs"
# Months and years come back as text that keeps them; a page never waits for ever.
# Compiling a plan takes longer than any statement of ours runs; Debian's PostgreSQL does it by default.
SESSION = f"-c search_path={SEARCH_PATH} -c intervalstyle=iso_8601 -c jit=off -c lock_timeout=10s -c idle_in_transaction_session_timeout=60s"

CREATE_ROLES = """
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'dcs_owner') THEN CREATE ROLE dcs_owner LOGIN NOSUPERUSER NOBYPASSRLS; END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'dcs_app') THEN CREATE ROLE dcs_app LOGIN NOSUPERUSER NOBYPASSRLS; END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'dcs_definer') THEN CREATE ROLE dcs_definer NOLOGIN; END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'dcs_audit') THEN CREATE ROLE dcs_audit NOLOGIN; END IF;
END $$;
"""
# Run in the portal's database by somebody who may: dcs_owner makes tables there, and nothing else does.
CREATE_SCHEMA = """
GRANT CONNECT, TEMPORARY ON DATABASE {database} TO dcs_owner, dcs_app;
GRANT CREATE ON DATABASE {database} TO dcs_owner;
GRANT USAGE, CREATE ON SCHEMA public TO dcs_owner;
CREATE SCHEMA IF NOT EXISTS dcs AUTHORIZATION dcs_owner;
GRANT USAGE ON SCHEMA dcs, public TO dcs_app;
"""
# Run as dcs_owner after every migration. The log is for reading only; the owner's functions write it.
GRANTS = """
GRANT USAGE ON SCHEMA dcs, public TO dcs_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO dcs_app;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public, dcs TO dcs_app;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public, dcs TO dcs_app;
DO $$
DECLARE part record;
BEGIN
  FOR part IN SELECT c.oid::regclass AS name, c.relispartition, c.relname, c.relkind FROM pg_class c
      WHERE c.relnamespace = 'dcs'::regnamespace AND c.relkind IN ('r', 'p', 'm', 'v') LOOP
    IF part.relispartition OR part.relname IN ('audit_key', 'context_keys') THEN
      EXECUTE format('REVOKE ALL ON %s FROM dcs_app', part.name);
    ELSIF part.relname = 'audit_seals' THEN
      EXECUTE format('REVOKE ALL ON %s FROM dcs_app', part.name);
      EXECUTE format('GRANT SELECT, INSERT ON %s TO dcs_app', part.name);
    ELSIF part.relname = 'metadata_audit_log' OR part.relkind IN ('m', 'v') THEN
      EXECUTE format('REVOKE ALL ON %s FROM dcs_app', part.name);
      EXECUTE format('GRANT SELECT ON %s TO dcs_app', part.name);
    ELSE
      EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO dcs_app', part.name);
    END IF;
  END LOOP;
END $$;
"""


class ServerNotReady(Exception):
    """The database cannot be used yet; the message says what to do about it."""


def databases(url, owner_url, cluster, *, name="", statement_seconds=0):
    """Django's `DATABASES`: `default` as dcs_app, `owner` as dcs_owner.

    Without `url`, both reach the embedded `cluster` by its socket. With `url` alone, both sign in with it
    and take the role on; with `owner_url` as well, each signs in by itself. `name` is another database there.
    """
    if not url:
        where = {"HOST": str(cluster.socket_dir), "PORT": "", "NAME": DATABASE, "PASSWORD": "", "OPTIONS": {}}
        serving, owning = {**where, "USER": APP}, {**where, "USER": OWNER}
    else:
        serving, owning = _parts(url), _parts(owner_url or url)
    if name:
        serving, owning = {**serving, "NAME": name}, {**owning, "NAME": name}
    assumed = bool(url) and not owner_url
    app = _alias(serving, assume=APP if assumed else "", statement_seconds=statement_seconds)
    return {
        "default": app,
        "progress": {**app, "TEST": {"MIRROR": "default"}},
        "owner": _alias(owning, assume=OWNER if assumed else ""),
    }


def _parts(url):
    """Host, port, name, user, password and options of a `postgresql://` address."""
    parts = urlsplit(url)
    if parts.scheme not in ("postgres", "postgresql"):
        raise ServerNotReady(f"DATABASE_URL must begin with postgresql://, not {parts.scheme or url!r}.")
    options = dict(parse_qsl(parts.query))
    return {
        "NAME": unquote(parts.path.lstrip("/")) or DATABASE,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", "") or unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "OPTIONS": options,
    }


def _alias(where, *, assume="", statement_seconds=0):
    session = SESSION + (f" -c role={assume}" if assume else "")
    if statement_seconds:
        session += f" -c statement_timeout={statement_seconds}s"
    return {
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": 0,
        **where,
        "OPTIONS": {**where["OPTIONS"], "options": session, "connect_timeout": 5},
    }


def prepare(settings_dict):
    """Make the roles and the schema where they are missing, with the rights of `settings_dict`'s own user.

    Raises `ServerNotReady` when that user may not; the message names the command that prints the DDL.
    """
    with psycopg.connect(**_plain(settings_dict), autocommit=True) as connection:
        (name,) = connection.execute("SELECT current_database()").fetchone()
        assumed = "-c role=" in settings_dict["OPTIONS"].get("options", "")
        (ready,) = connection.execute(
            "SELECT to_regrole('dcs_app') IS NOT NULL AND to_regnamespace('dcs') IS NOT NULL AND (NOT %s"
            " OR pg_has_role(session_user, to_regrole('dcs_owner'), 'MEMBER')"
            " AND pg_has_role(session_user, to_regrole('dcs_app'), 'MEMBER'))",
            [assumed],
        ).fetchone()
        if ready:
            return
        try:
            connection.execute(CREATE_ROLES)
            connection.execute(
                "DO $$ BEGIN IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = session_user) THEN"
                " EXECUTE format('GRANT dcs_owner, dcs_app TO %I', session_user); END IF; END $$"
            )
            connection.execute(sql.SQL(CREATE_SCHEMA).format(database=sql.Identifier(name)))
        except psycopg.errors.InsufficientPrivilege as error:
            raise ServerNotReady(
                f"The user of DATABASE_URL may not create roles ({error.diag.message_primary}). "
                "Give `make sql-roles` to whoever runs the database, then set DATABASE_URL (dcs_app) and "
                "MIGRATION_DATABASE_URL (dcs_owner)."
            ) from None


def grant(connection):
    """Let dcs_app use what dcs_owner's migrations made, make room in the log and tell the keys; `connection` is the owner's."""
    from . import signing  # the settings, which it reads, are made with the help of this module

    with connection.cursor() as cursor:
        cursor.execute(
            "DO $$ BEGIN IF to_regproc('dcs.make_audit_partitions') IS NOT NULL THEN"
            " PERFORM dcs.make_audit_partitions(); END IF; END $$"
        )
        cursor.execute(GRANTS)
        signing.tell(cursor)


def _plain(settings_dict):
    """How psycopg connects as the signed-in user itself, without taking on a role."""
    known = {
        k: v for k, v in settings_dict["OPTIONS"].items() if k not in ("options", "pool", "connect_timeout")
    }
    where = {
        "dbname": settings_dict["NAME"],
        "user": settings_dict["USER"],
        "password": settings_dict["PASSWORD"],
        "host": settings_dict["HOST"],
        "port": settings_dict["PORT"],
    }
    return {key: value for key, value in {**known, **where, "connect_timeout": 5}.items() if value}

"""A database for every test worker, copied from one that the owner migrated once.

Tests run as `dcs_app`, like the portal: a suite that runs as the owner proves nothing about rights. That role
may not truncate, so a test that must commit gets a copy of the database for itself instead of a flush.
"""

import contextlib
import hashlib
import os
from pathlib import Path

import hypothesis
import psycopg
import pytest
from django.conf import settings
from psycopg import sql

from apps.dcs import keyring

ROOT = Path(__file__).parent.parent
FINGERPRINTED = (
    "apps/*/migrations/*.py",
    "apps/*/sql/*.sql",
    "apps/dcs/*.py",
    "apps/audit/operations.py",
    "apps/people/roles.py",
)

# How long an example takes says how busy the machine is, not whether the code is right.
hypothesis.settings.register_profile(
    "busy", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("busy")

PROGRESS = {}  # the settings of the connection on which jobs report


class Server:
    """The PostgreSQL that the tests use: embedded, or the one that `DATABASE_URL` names.

    Databases are made there by `TEST_ADMIN_URL`, or by the one account if it has all rights.
    """

    def __init__(self):
        self.cluster = settings.EMBEDDED

    def connect(self, database=None):
        """A connection with all rights, to the maintenance database unless another is named."""
        if self.cluster is not None:
            return self.cluster.connect(database or "postgres")
        if admin := os.environ.get("TEST_ADMIN_URL"):
            return psycopg.connect(admin, dbname=database or "postgres", autocommit=True)
        from apps.dcs import roles

        plain = roles._plain(settings.DATABASES["owner"])
        return psycopg.connect(**{**plain, "dbname": database or "postgres"}, autocommit=True)

    def create(self, name, template=None):
        with self.connect() as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )
            statement = sql.SQL("CREATE DATABASE {} OWNER dcs_owner").format(sql.Identifier(name))
            if template:
                statement += sql.SQL(" TEMPLATE {} STRATEGY file_copy").format(sql.Identifier(template))
            connection.execute(statement)

    def plain_reader(self):
        """The name of an account that may read what it is granted, and nothing else."""
        with self.connect() as connection:
            connection.execute(
                "DO $$ BEGIN CREATE ROLE shop_reader LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;"
                " END $$"
            )
        return "shop_reader"

    def drop(self, name):
        with self.connect() as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )

    def exists(self, name):
        with self.connect() as connection:
            return (
                connection.execute("SELECT FROM pg_database WHERE datname = %s", [name]).fetchone()
                is not None
            )


def schema_fingerprint():
    """Changes whenever a migration or what it runs changes."""
    digest = hashlib.sha256()
    for pattern in FINGERPRINTED:
        for path in sorted(ROOT.glob(pattern)):
            digest.update(path.read_bytes())
    # A database believes the contexts of one key ring.
    digest.update(keyring.ring().active("context").kid.encode())
    return digest.hexdigest()[:12]


def use(name):
    """Let every connection of this process speak to the database `name` from now on."""
    from django.db import connections

    for alias in connections:
        connection = connections[alias]
        connection.close()
        connection.settings_dict["NAME"] = settings.DATABASES[alias]["NAME"] = name


@pytest.fixture(scope="session")
def server():
    """The PostgreSQL server of this test run."""
    if settings.EMBEDDED is not None:
        settings.EMBEDDED.unsafe = True
        settings.EMBEDDED.attach()
    yield Server()
    if settings.EMBEDDED is not None:
        settings.EMBEDDED.detach()


@pytest.fixture(scope="session")
def template_database(server, tmp_path_factory, django_db_blocker):
    """The name of a migrated database without rows of ours; made once for every state of the migrations."""
    import fcntl

    from django.core.management import call_command
    from django.db import connections

    name = f"dcs_template_{schema_fingerprint()}"
    with (tmp_path_factory.getbasetemp().parent / "template.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not server.exists(name):
            from apps.dcs import roles

            half = f"{name}_half"
            with server.connect() as connection:
                connection.execute(roles.CREATE_ROLES)
                for (old,) in connection.execute(
                    "SELECT datname FROM pg_database WHERE datname LIKE 'dcs_template_%%' AND datname <> %s",
                    [name],
                ).fetchall():
                    server.drop(old)
            server.create(half)
            with server.connect(half) as connection:
                connection.execute(sql.SQL(roles.CREATE_SCHEMA).format(database=sql.Identifier(half)))
            with django_db_blocker.unblock():
                use(half)
                call_command("migrate", verbosity=0, interactive=False)
                call_command("sync_roles", verbosity=0)
                connections.close_all()
            with server.connect() as connection:
                connection.execute(
                    sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                        sql.Identifier(half), sql.Identifier(name)
                    )
                )
    return name


@pytest.fixture(scope="session")
def django_db_setup(server, template_database, django_db_blocker):
    """Give this worker its copy of the template."""
    name = f"dcs_test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}"
    server.create(name, template=template_database)
    with django_db_blocker.unblock():
        from django.db import connections

        use(name)
        # Progress is written on a connection of its own; inside a test's transaction it is the same one.
        PROGRESS.update(connections.databases.pop("progress"))
        connections["progress"] = connections["default"]
        yield
        for connection in connections.all(initialized_only=True):
            connection.close()
    server.drop(name)


@pytest.fixture
def own_database(server, template_database, django_db_setup, django_db_blocker):
    """A database for one test that commits: its name. Connections of the process speak to it meanwhile."""
    from django.db import connections

    before = settings.DATABASES["default"]["NAME"]
    name = f"dcs_own_{os.getpid()}_{os.urandom(4).hex()}"
    server.create(name, template=template_database)
    with django_db_blocker.unblock():
        use(name)
        # What commits is seen by other connections: here progress has its own again.
        with contextlib.suppress(AttributeError):
            del connections["progress"]
        connections.databases["progress"] = {**PROGRESS, "NAME": name}
        yield name
        for connection in connections.all(initialized_only=True):
            connection.close()
        del connections.databases["progress"]
        connections["progress"] = connections["default"]
        use(before)
    server.drop(name)


@pytest.fixture(scope="session")
def warehouse_port(server):
    """A port of this machine that leads to the tests' server, as if it were somebody's warehouse."""
    from tests.databases import bridge_to

    with server.connect() as connection:
        where = connection.info
        listener = bridge_to(where.host, where.port)
    yield listener.port
    listener.close()


@pytest.fixture
def warehouse(server, warehouse_port, settings):
    """An empty database at the other end of a network, and the facts by which a source system names it."""
    name = f"shop_{os.getpid()}_{os.urandom(3).hex()}"
    server.create(name)
    settings.CONNECT_INTERNAL, settings.CONNECT_PORTS = ["127.0.0.1/32"], [warehouse_port]
    facts = {"engine": "postgres", "host": "127.0.0.1", "port": warehouse_port, "user": server.plain_reader()}
    with server.connect(name) as connection:
        yield {**facts, "database": name, "sslmode": "disable"}, connection
    server.drop(name)

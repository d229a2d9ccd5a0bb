"""A database is opened to be read and nothing else, on a host that was looked at, with a secret that nobody sees."""

import re
import sqlite3

import duckdb
import psycopg
import pytest

from apps.catalog.models import SourceSystem
from apps.dcs import hosts
from apps.payload.sources import Unreadable, open_source, open_system
from apps.payload.sources import postgres as opening
from tests.databases import Listener, refusing, silent
from tests.factories import CapsuleFactory

pytestmark = pytest.mark.django_db
MARKER = "hunter2-Zx81-never-shown"


def system(**connection):
    return SourceSystem(name="warehouse", kind="postgres", connection=connection)


@pytest.fixture
def shop(warehouse):
    """A warehouse with one table of orders that the portal's account may read."""
    facts, connection = warehouse
    connection.execute(
        "CREATE TABLE orders (id int PRIMARY KEY, status text, placed date);"
        " INSERT INTO orders VALUES (1, 'completed', '2026-01-31'), (2, 'returned', NULL);"
        " CREATE TABLE salaries (amount int); GRANT SELECT ON orders TO shop_reader"
    )
    return facts


# ---------- reading ----------


def test_a_table_of_a_database_is_read_through_its_source_system(shop):
    orders = CapsuleFactory.build(name="orders", schema_name="public", source_system=system(**shop))

    with open_source(orders) as source:
        assert source.types() == {"id": "integer", "status": "text", "placed": "date"}
        assert source.held("status", ["completed", "eaten"]) == {"completed"}
        assert source.held("ID", ["1", "7", "one"]) == {"1"}
        assert source.held("placed", ["2026-01-31", "never"]) == {"2026-01-31"}
        assert source.fetch(f"SELECT count(*) FROM {source.relation}") == [(2,)]


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO orders VALUES (3)",
        "DELETE FROM orders RETURNING id",
        "CREATE TABLE mine (n int)",
        "SET default_transaction_read_only = off",
        "SELECT 1; DELETE FROM orders",
        "WITH gone AS (DELETE FROM orders RETURNING id) SELECT * FROM gone",
        "COPY orders TO PROGRAM 'true'",
        "SELECT * FROM salaries",
    ],
)
def test_nothing_is_written_and_nothing_read_that_the_account_may_not(shop, warehouse, statement):
    _facts, owner = warehouse
    owner.execute("GRANT ALL ON orders TO shop_reader; GRANT CREATE ON SCHEMA public TO shop_reader")

    with open_system(system(**shop)) as source, pytest.raises(Unreadable):
        source.fetch(statement)

    assert owner.execute("SELECT count(*) FROM orders").fetchone() == (2,)


def test_the_session_is_read_only_from_its_first_moment(shop):
    with open_system(system(**shop), deadline_s=7) as source:
        wanted = ["default_transaction_read_only", "transaction_read_only", "transaction_isolation"]
        wanted += ["statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"]
        found = [source.fetch("SELECT current_setting(%s)", [name])[0][0] for name in wanted]

    assert found == ["on", "on", "repeatable read", "7s", "2s", "1min"]


def test_all_queries_of_one_reading_see_one_state(shop, warehouse):
    with open_system(system(**shop)) as source:
        before = source.fetch("SELECT count(*) FROM public.orders")
        warehouse[1].execute("INSERT INTO orders VALUES (3)")

        assert source.fetch("SELECT count(*) FROM public.orders") == before


def test_a_query_ends_at_its_deadline_and_the_source_answers_on(shop):
    with open_system(system(**shop), deadline_s=0.2) as source:
        with pytest.raises(Unreadable, match=r"longer than 0\.2 seconds"):
            source.fetch("SELECT count(*) FROM generate_series(1, 1000000000)")
        assert source.fetch("SELECT 1") == [(1,)]


def test_a_query_brings_no_more_rows_than_allowed(shop):
    with open_system(system(**shop), rows=10) as source:
        assert len(source.fetch("SELECT generate_series(1, 10)")) == 10
        with pytest.raises(Unreadable, match="more than 10 rows"):
            source.fetch("SELECT generate_series(1, 1000000000)")


def test_an_error_of_the_source_repeats_none_of_its_values(shop):
    with open_system(system(**shop)) as source, pytest.raises(Unreadable) as refused:
        source.fetch("SELECT %s::text::int", [MARKER])

    assert MARKER not in str(refused.value.detail)


# ---------- where it leads ----------


def test_the_driver_goes_where_the_check_has_looked(shop, monkeypatch):
    asked = []

    def rebinding(name, port):
        asked.append(name)
        return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.99"]

    monkeypatch.setattr(hosts, "resolved", rebinding)
    monkeypatch.setattr("socket.getaddrinfo", lambda *_a, **_k: pytest.fail("a name was resolved again"))

    with open_system(system(**{**shop, "host": "warehouse.example.org"})) as source:
        assert source.connection.info.hostaddr == "127.0.0.1"
        assert source.connection.info.host == "warehouse.example.org"

    assert asked == ["warehouse.example.org"]


def test_the_next_address_of_a_host_is_tried_when_one_does_not_answer(shop, settings, monkeypatch):
    settings.CONNECT_INTERNAL = ["127.0.0.0/8"]
    monkeypatch.setattr(hosts, "resolved", lambda name, port: ["127.0.0.77", "127.0.0.1"])

    with open_system(system(**{**shop, "host": "warehouse.example.org"})) as source:
        assert source.connection.info.hostaddr == "127.0.0.1"


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "::ffff:127.0.0.1", "127.1", "0x7f000001", "2130706433"]
)
def test_a_host_that_the_operator_does_not_allow_is_never_called(settings, host):
    listener = Listener(lambda client: None)
    settings.CONNECT_INTERNAL, settings.CONNECT_PORTS = [], [listener.port]

    with pytest.raises(Unreadable):
        open_system(system(host=host, port=listener.port, database="d", user="u")).__enter__()

    listener.close()
    assert listener.accepted == 0


@pytest.mark.parametrize(
    ("connection", "words"),
    [
        ({"host": "/var/run/postgresql"}, "no path"),
        ({"host": "@abstract"}, "no path"),
        ({"host": "a,b"}, "one host"),
        ({"host": "h", "service": "prod"}, "service file"),
        ({"host": "h", "passfile": "/etc/passwd"}, "password file"),
        ({"host": "h", "options": "-c session_preload_libraries=x"}, "Options"),
        ({"host": "h", "hostaddr": "10.0.0.1"}, "host alone"),
        ({"url": "postgresql://u@h/d?options=-c%20x"}, "Options"),
        ({"url": "postgresql://u@h/d?service=x"}, "service file"),
        ({"url": "postgresql://u@h/d?hostaddr=10.0.0.1"}, "host alone"),
        ({"url": "postgresql://u@h/d?target_session_attrs=any"}, "more than is used"),
        ({"url": "postgresql:///d?host=/tmp&user=u"}, "no path"),
        ({"url": "no address = at all ="}, "address such as"),
        ({"host": "h", "port": "5432x"}, "port"),
        ({"host": "h", "sslmode": "allow"}, "Choose one of"),
    ],
)
def test_facts_that_lead_elsewhere_are_refused_before_anything_is_called(connection, words):
    with pytest.raises(Unreadable, match=words):
        open_system(system(**{"engine": "postgres", "database": "d", "user": "u", **connection}))


@pytest.mark.parametrize(
    ("code", "said", "words"),
    [
        ("28P01", "password authentication failed for user", "refused the sign-in"),
        ("3D000", 'database "shop" does not exist', "no database of this name"),
        ("53300", "sorry, too many clients already", "no more connections"),
        ("57P03", "the database system is starting up", "starting or stopping"),
        ("08P01", "unsupported startup parameter: options", "pooler"),
        ("XX000", "something else", "did not answer"),
    ],
)
def test_a_refusal_is_told_in_our_words_alone(settings, code, said, words):
    listener = refusing(code, f"{said} {MARKER} at 10.1.2.3")
    settings.CONNECT_INTERNAL, settings.CONNECT_PORTS = ["127.0.0.1"], [listener.port]

    with pytest.raises(Unreadable, match=words) as refused:
        open_system(system(host="127.0.0.1", port=listener.port, database="shop", user="u")).__enter__()

    listener.close()
    assert not any(
        word in refused.value.detail for word in (MARKER, "10.1.2.3", "127.0.0.1", str(listener.port))
    )


def test_a_server_that_is_silent_is_given_up(settings, monkeypatch):
    monkeypatch.setattr(opening, "CONNECT_SECONDS", 1)
    listener = silent()
    settings.CONNECT_INTERNAL, settings.CONNECT_PORTS = ["127.0.0.1"], [listener.port]

    with pytest.raises(Unreadable, match="did not answer"):
        open_system(system(host="127.0.0.1", port=listener.port, database="d", user="u")).__enter__()

    listener.close()


# ---------- secrets ----------


@pytest.mark.parametrize(
    "named",
    [
        {"password_env": "SHOP_PASSWORD"},
        {"password": "env:SHOP_PASSWORD"},
        {"secrets": {"password": "env:SHOP_PASSWORD"}},
        {"password": "file:shop/password"},
        {"secrets": {"password": "file:shop/password"}},
    ],
)
def test_a_secret_is_read_where_it_is_named_and_goes_to_the_driver_alone(
    shop, settings, monkeypatch, tmp_path, named
):
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "password").write_text(f"{MARKER}\n")
    settings.SECRETS_ROOT = str(tmp_path)
    monkeypatch.setenv("SHOP_PASSWORD", MARKER)
    given, connect = {}, psycopg.connect
    monkeypatch.setattr(psycopg, "connect", lambda *at, **facts: given.update(facts) or connect(*at, **facts))

    with open_system(system(**shop, **named)) as source:
        assert source.fetch("SELECT 1") == [(1,)]
        assert MARKER not in repr(vars(source))

    assert given["password"] == MARKER


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("vault:secret/shop", "No vault"),
        ("env:NOT_SET_ANYWHERE", "is not set"),
        ("env:SECRET_KEY", "none that a source may name"),
        ("env:MIGRATION_DATABASE_URL", "none that a source may name"),
        ("env:PGPASSWORD", "none that a source may name"),
        ("env:a b", "none that a source may name"),
        ("file:../outside", "No file of this name"),
        ("file:/etc/passwd", "No file of this name"),
        ("file:link", "No file of this name"),
        ("file:missing", "No file of this name"),
        ("file:a\0b", "No file of this name"),
        (MARKER, "named as env:NAME"),
    ],
)
def test_what_names_no_secret_of_a_source_is_refused_without_repeating_it(
    settings, monkeypatch, tmp_path, reference, words
):
    (tmp_path / "below").mkdir()
    (tmp_path / "outside").write_text(MARKER)
    (tmp_path / "below" / "link").symlink_to(tmp_path / "outside")
    settings.SECRETS_ROOT = str(tmp_path / "below")
    monkeypatch.setenv("SECRET_KEY", MARKER)

    with pytest.raises(Unreadable, match=words) as refused:
        open_system(
            system(host="127.0.0.1", port=5432, database="d", user="u", secrets={"password": reference})
        ).__enter__()

    assert MARKER not in refused.value.detail


# ---------- files ----------


@pytest.fixture
def root(tmp_path, settings):
    settings.PAYLOAD_ROOTS = [str(tmp_path)]
    with sqlite3.connect(tmp_path / "shop.sqlite") as made:
        made.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, status TEXT)")
        made.execute("INSERT INTO orders VALUES (1, 'completed')")
    made.close()
    return tmp_path


def sqlite_system(path="shop.sqlite"):
    return SourceSystem(name="till", kind="sqlite", connection={"engine": "sqlite", "path": path})


def test_a_table_of_a_sqlite_file_is_read(root):
    orders = CapsuleFactory.build(name="orders", source_system=sqlite_system())

    with open_source(orders) as source:
        assert source.types() == {"id": "INTEGER", "status": "TEXT"}
        assert source.held("STATUS", ["completed", "eaten"]) == {"completed"}
        assert source.held("id", ["1", "2"]) == {"1"}


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO orders VALUES (2, 'x')",
        "DROP TABLE orders",
        "ATTACH '/tmp/other.sqlite' AS other",
        "SELECT load_extension('x')",
        "PRAGMA journal_mode = DELETE",
        "PRAGMA query_only = OFF",
        "PRAGMA writable_schema = ON",
        "CREATE TEMP TABLE t (n)",
        "VACUUM INTO '/tmp/copy.sqlite'",
        "SELECT 1; DROP TABLE orders",
    ],
)
def test_a_sqlite_file_is_read_and_nothing_else(root, statement):
    with open_system(sqlite_system()) as source:
        with pytest.raises(Unreadable):
            source.fetch(statement)
        assert source.fetch("SELECT count(*) FROM orders") == [(1,)]


def test_a_query_on_a_sqlite_file_ends_at_its_deadline(root):
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"

    with (
        open_system(sqlite_system(), deadline_s=0.2) as source,
        pytest.raises(Unreadable, match="took longer"),
    ):
        source.fetch(endless)


def test_a_file_that_is_no_database_or_lies_elsewhere_is_named_without_its_folder(root):
    (root / "broken.sqlite").write_bytes(b"no database at all, but long enough to be one" * 9)

    with pytest.raises(Unreadable, match=r"broken\.sqlite cannot be read") as refused:
        open_system(sqlite_system("broken.sqlite")).__enter__()
    assert str(root) not in refused.value.detail
    with pytest.raises(Unreadable, match="No file of this name"):
        open_system(sqlite_system("../shop.sqlite"))


def test_a_database_of_a_newer_duckdb_says_which_version_it_has(root):
    duckdb.connect(str(root / "new.duckdb")).close()
    content = bytearray((root / "new.duckdb").read_bytes())
    assert content[8:12] == b"DUCK"
    content[12:20] = (163).to_bytes(8, "little")
    (root / "new.duckdb").write_bytes(content)
    with pytest.raises(duckdb.Error) as damaged:
        duckdb.connect(str(root / "new.duckdb"), read_only=True)
    # The engine tells what the head's checksum has to be.
    content[:8] = int(re.search(r"computed checksum (\d+)", str(damaged.value))[1]).to_bytes(8, "little")
    (root / "new.duckdb").write_bytes(content)

    with pytest.raises(Unreadable, match=r"storage version is 163, and \d+ is read here"):
        open_system(SourceSystem(connection={"engine": "duckdb", "path": "new.duckdb"})).__enter__()

"""A view on a platform shows each role what Python says: the definition is really run, in DuckDB and in PostgreSQL."""

import json
from datetime import date

import duckdb
import psycopg
import pytest
from django.core.management import CommandError, call_command

from apps.dcs.keyring import Key
from apps.policy.deciding import CLEAR, DENIED, Ruled, Viewer, decide
from apps.policy.effective import Stated, effective
from apps.policy.masking import Kind, Rule, keyed, masked
from apps.policy.masking.grammar import condition
from apps.policy.platform_views import KEYS, Seen, view
from tests.factories import CapsuleFactory, ColumnFactory
from tests.factories.policy import MaskingRuleFactory

KEY = Key("k1", "masking", "active", bytes(range(32)))
ROLES = ("mv_analyst", "mv_steward", "mv_blocked", "mv_stranger")
DAY = date(2026, 1, 1)
KINDS = {"id": Kind("integer"), "email": Kind("text"), "country": Kind("text"), "age": Kind("integer")}
ROWS = [
    (1, "ann@example.com", "DE", 34),
    (2, "x", "AT", 91),
    (3, None, None, None),
    (4, "", "DE", -5),
    (5, "Zoë O'Hara@é.org", "FR", 18),
]


def urn(name):
    return f"urn:dcs:column:shop.people.{name}"


def held(**values):
    stated = Stated("p", "P-1", "column", "people", {"sensitivity_level": "public", **values})
    return effective([stated], on=DAY)


def ruled(column, method, config, **about):
    where = about.pop("condition", "")
    plain = Rule(
        method, config, KINDS[column], column, urn(column), preserve_type=about.pop("preserve_type", True)
    )
    tree = condition(where, KINDS) if where else None
    return Ruled(about.pop("key", "r"), "r", plain, condition=where, tree=tree, **about)


CASES = {
    "hidden from all": {"email": [ruled("email", "partial_redaction", {"preserve_domain": True})]},
    "exempt": {"email": [ruled("email", "hashing", {}, exempt=frozenset({"mv_steward"}))]},
    "for some": {"email": [ruled("email", "pseudonymization", {}, applies_to=frozenset({"mv_analyst"}))]},
    "some rows": {"email": [ruled("email", "redaction", {}, condition="country = 'DE' OR age > 90")]},
    "in order": {
        "email": [
            ruled("email", "redaction", {}, priority=20, key="b"),
            ruled("email", "data_masking", {"mode": "scramble"}, priority=10, key="a", condition="country <> 'DE'", exempt=frozenset({"mv_steward", "mv_blocked"})),
        ],
        "age": [ruled("age", "noise_addition", {"scale": 5}), ruled("age", "redaction", {}, priority=200)],
    },
    "a label": {"age": [ruled("age", "generalization", {"step": 10, "top": 90}, preserve_type=False)]},
}  # fmt: skip
POLICIES = {
    "none": {},
    "masks": {
        "email": held(requires_masking=True, masking_method="data_masking"),
        "age": held(requires_masking=True),
    },
    "denies": {"email": held(denied_roles=["mv_blocked"]), "age": held(denied_roles=["mv_blocked"])},
    "allows": {"email": held(allowed_roles=["mv_analyst", "mv_steward"])},
}


@pytest.fixture(scope="module")
def platforms(server):
    """The same five people in DuckDB and in PostgreSQL, with the roles and the secret function."""
    duck = duckdb.connect()
    duck.execute("CREATE TABLE people (id INTEGER, email VARCHAR, country VARCHAR, age INTEGER)")
    duck.executemany("INSERT INTO people VALUES (?, ?, ?, ?)", ROWS)
    name = f"views_{psycopg.__name__}_{id(duck)}"
    server.create(name)
    with server.connect(name) as postgres:
        postgres.prepare_threshold = None  # the view changes its types from test to test
        for role in ROLES:
            postgres.execute(
                f"DO $$ BEGIN CREATE ROLE {role} LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
            )
        postgres.execute("CREATE TABLE people (id int, email text, country text, age int)")
        postgres.cursor().executemany("INSERT INTO people VALUES (%s, %s, %s, %s)", ROWS)
        postgres.execute("CREATE TABLE secret (name text, key text)")
        postgres.execute(
            f"CREATE FUNCTION {KEYS}(text) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS 'SELECT key FROM secret WHERE name = $1'"
        )
        yield duck, postgres
    server.drop(name)


def keys_of(infos):
    found = {}
    for info in infos:
        head, _mark, rest = info.partition(":")
        if head == "alphabet":
            found[info] = keyed.scrambled(keyed.key_text(KEY, rest.replace(":", "\0", 1)))
        else:
            found[info] = keyed.key_text(KEY, info.replace(":", "\0", 1))
    return found


def expected(seen, role):
    """What Python shows holders of a role."""
    viewer = Viewer(frozenset({role}), clearance=5)
    columns = []
    for column in seen:
        decision = decide(viewer, column.effective, column.rules, kind=column.kind, urn=column.urn)
        shown = []
        for row in ROWS:
            told = dict(zip(KINDS, row, strict=True))
            way, value = decision.of(told), told[column.name]
            if way.outcome != CLEAR:
                value = None if way.outcome == DENIED else masked([value], way.rule, KEY).values[0]
            shown.append(value)
        if any(not rule.rule.preserve_type for rule in column.rules):
            shown = [value if value is None else str(value) for value in shown]
        columns.append(shown)
    return [tuple(row) for row in zip(*columns, strict=True)]


@pytest.mark.parametrize("policies", POLICIES)
@pytest.mark.parametrize("rules", CASES)
def test_each_role_sees_through_the_view_what_python_shows_it(platforms, rules, policies):
    duck, postgres = platforms
    seen = [
        Seen(name, kind, urn(name), POLICIES[policies].get(name, held()), tuple(CASES[rules].get(name, ())))
        for name, kind in KINDS.items()
    ]
    by_duck, by_postgres = (
        view(dialect, "people_masked", "people", seen) for dialect in ("duckdb", "postgres")
    )
    keys = keys_of(by_postgres.infos)
    assert by_duck.infos == by_postgres.infos
    assert not any(key in text for key in keys.values() for text in (by_duck.sql, by_postgres.sql))

    cases = " ".join(f"WHEN '{name}' THEN '{key}'" for name, key in keys.items()) or "WHEN '' THEN ''"
    duck.execute("DROP VIEW IF EXISTS people_masked")
    duck.execute(f"CREATE OR REPLACE MACRO {KEYS}(x) AS (CASE x {cases} END)")
    duck.execute(by_duck.sql)
    postgres.execute("DROP VIEW IF EXISTS people_masked")
    postgres.execute("TRUNCATE secret")
    postgres.cursor().executemany("INSERT INTO secret VALUES (%s, %s)", list(keys.items()))
    postgres.execute(by_postgres.sql)
    postgres.execute(f"GRANT SELECT ON people_masked TO {', '.join(ROLES)}")

    for role in ROLES:
        duck.execute(f"SET VARIABLE dcs_roles = '{role}'")
        assert duck.execute("SELECT * FROM people_masked ORDER BY id").fetchall() == expected(seen, role), (
            role
        )
        postgres.execute(f"SET SESSION AUTHORIZATION {role}")
        try:
            assert postgres.execute("SELECT * FROM people_masked ORDER BY id").fetchall() == expected(
                seen, role
            ), role
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                postgres.execute("SELECT * FROM people")
        finally:
            postgres.execute("RESET SESSION AUTHORIZATION")


CONDITIONS = [
    "country = 'DE'", "country <> 'DE' AND age > 18", "NOT (age BETWEEN 0 AND 50)", "country IN ('AT', 'FR')", "email LIKE '%@%.c_m'",
    "email IS NULL OR age IS NOT NULL", "email < 'Zoë'", "age = 34.0", "age > -5.5", "NOT country LIKE 'D_'", "country >= email",
]  # fmt: skip


@pytest.mark.parametrize("text", CONDITIONS)
def test_a_condition_says_the_same_of_every_row_in_three_engines(platforms, text):
    from apps.policy.masking import WRITERS, written
    from apps.policy.masking.grammar import weigh

    duck, postgres = platforms
    tree = condition(text, KINDS)
    in_python = [weigh(tree, dict(zip(KINDS, row, strict=True))) for row in ROWS]

    for name, run in (("duckdb", duck), ("postgres", postgres)):
        to = WRITERS[name]()
        told = run.execute(f"SELECT {written.sql(tree, to, to.name_of)} FROM people ORDER BY id").fetchall()
        assert [row[0] for row in told] == in_python, name


def test_a_method_of_the_portal_alone_is_empty_on_the_platform_and_the_header_says_so():
    seen = [Seen("email", KINDS["email"], urn("email"), held(), (ruled("email", "encryption", {}),))]

    found = view("postgres", "v", "people", seen, readers='Re"ader')

    assert found.left_out == {"email": "encryption is carried out by the portal alone"}
    assert "-- email: encryption is carried out by the portal alone; it is empty here" in found.sql
    assert 'REVOKE ALL ON people FROM PUBLIC, "Re""ader";' in found.sql


def test_a_column_s_name_does_not_leave_its_quotes_or_its_comment():
    name = 'x"\n; DROP TABLE people; --'
    seen = [
        Seen(
            name,
            KINDS["email"],
            urn(name),
            held(),
            (ruled("email", "encryption", {}), ruled("email", "hashing", {}, key="s")),
        )
    ]

    found = view("duckdb", "v", "people", seen)

    statements = duckdb.extract_statements(found.sql)
    assert len(statements) == 1


@pytest.mark.django_db
def test_the_command_prints_the_view_and_writes_its_keys_once_for_nobody_else(tmp_path, capsys):
    capsule = CapsuleFactory(name="people", schema_name="shop")
    MaskingRuleFactory(
        column=ColumnFactory(capsule=capsule, name="email", data_type="VARCHAR"), method="hashing", config={}
    )
    keys = tmp_path / "keys.json"

    call_command("masking_view", capsule.urn, keys=str(keys))

    said = capsys.readouterr().out
    told = json.loads(keys.read_text())
    assert 'CREATE OR REPLACE VIEW "shop"."people_masked" WITH (security_barrier = true)' in said
    assert "-- key: pepper" in said
    assert len(told) == 2
    assert not any(key in said for key in told.values())
    assert keys.stat().st_mode & 0o777 == 0o600
    with pytest.raises(CommandError):
        call_command("masking_view", capsule.urn, keys=str(keys))
    with pytest.raises(CommandError):
        call_command("masking_view", "urn:dcs:dbt:model:nowhere:nothing")

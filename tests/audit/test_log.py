"""The database logs every change whichever way it is made, and nobody can rewrite the log."""

import json

import pytest
from django.contrib.auth.models import Group
from django.contrib.postgres.expressions import ArraySubquery
from django.db import DatabaseError, connection, connections, transaction

from apps.audit.context import acting
from apps.audit.models import Change
from apps.catalog.models import Capsule, Column, Tag
from apps.people import tokens
from apps.people.reader import system
from tests.architecture import departures
from tests.factories.catalog import CapsuleFactory, ColumnFactory, OwnerFactory, TagFactory
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db(databases=["default", "owner"])


def changes(table, **about):
    return Change.objects.filter(table_name=table, **about).order_by("seq")


def run(sql, parameters=(), using="default"):
    with connections[using].cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.rowcount


def refused(sql, parameters=(), using="default"):
    """The SQLSTATE with which the database refuses a statement."""
    with pytest.raises(DatabaseError) as error, transaction.atomic(using=using):
        run(sql, parameters, using=using)
    return error.value.__cause__.sqlstate


# ---------- every way in ----------


def test_saving_and_deleting_one_row_is_logged():
    tag = TagFactory(name="daily")
    tag.name = "nightly"
    tag.save()
    key = tag.pk
    tag.delete()

    assert [(c.operation, c.changed_fields) for c in changes("tags", record_id=key)] == [
        ("INSERT", []),
        ("UPDATE", ["name"]),
        ("DELETE", []),
    ]


def test_an_update_keeps_what_was_and_what_is():
    tag = TagFactory(name="daily")

    Tag.objects.filter(pk=tag.pk).update(name="nightly")

    change = changes("tags", operation="UPDATE").get()
    assert (change.old_values["name"], change.new_values["name"]) == ("daily", "nightly")


def test_rows_made_in_bulk_are_logged_one_by_one():
    Tag.objects.bulk_create(Tag(name=f"tag {number}", category="cadence") for number in range(50))

    assert changes("tags", operation="INSERT").count() == 50
    assert len(set(changes("tags").values_list("record_id", flat=True))) == 50


def test_rows_that_are_copied_in_are_logged():
    with connection.cursor() as cursor, cursor.copy("COPY dcs.tags (name) FROM STDIN") as copy:
        for number in range(20):
            copy.write_row([f"copied {number}"])

    assert changes("tags", operation="INSERT").count() == 20


def test_sql_by_hand_is_logged():
    run("INSERT INTO dcs.tags (name) VALUES ('by hand')")
    run("UPDATE dcs.tags SET name = 'by other hand'")
    run("DELETE FROM dcs.tags")

    assert [each.operation for each in changes("tags")] == ["INSERT", "UPDATE", "DELETE"]


def test_what_an_upsert_inserts_and_updates_is_told_apart():
    OwnerFactory(name="Finance data", email=None)

    run(
        "INSERT INTO dcs.owners (name, owner_type, email) VALUES"
        " ('Finance data', 'team', 'finance@example.org'), ('Orders data', 'team', 'orders@example.org')"
        " ON CONFLICT (name, owner_type) DO UPDATE SET email = excluded.email"
    )

    said = [(each.operation, each.new_values["name"]) for each in changes("owners")]
    assert sorted(said[1:]) == [("INSERT", "Orders data"), ("UPDATE", "Finance data")]


def test_rows_that_go_with_their_parent_are_logged_with_the_same_author():
    capsule = CapsuleFactory()
    ColumnFactory.create_batch(3, capsule=capsule)

    with acting(system("purge"), reason="Gone for good"):
        run("DELETE FROM dcs.capsules WHERE id = %s", [capsule.pk])

    gone = changes("columns", operation="DELETE")
    assert gone.count() == 3
    assert {(each.changed_by, each.change_reason) for each in gone} == {("system:purge", "Gone for good")}


def test_rows_that_lose_their_parent_are_logged():
    capsule = CapsuleFactory(complete=True)
    owner = capsule.owner_id

    run("DELETE FROM dcs.owners WHERE id = %s", [owner])

    change = changes("capsules", operation="UPDATE").last()
    assert change.changed_fields == ["owner_id"]
    assert (change.old_values["owner_id"], change.new_values["owner_id"]) == (str(owner), None)


def test_emptying_a_table_is_logged_for_each_table_it_reaches():
    with transaction.atomic(using="owner"):
        run("TRUNCATE dcs.tags CASCADE", using="owner")
        emptied = Change.objects.using("owner").filter(operation="TRUNCATE")

        assert {"tags", "capsule_tags", "column_tags"} <= set(emptied.values_list("table_name", flat=True))
        assert set(emptied.values_list("record_id", flat=True)) == {None}
        transaction.set_rollback(True, using="owner")


def test_a_changed_key_is_a_row_gone_and_a_row_come():
    tag = TagFactory()
    before = tag.pk

    run("UPDATE dcs.tags SET id = gen_random_uuid() WHERE id = %s", [before])

    after = Tag.objects.get().pk
    assert {
        (each.operation, each.record_id) for each in changes("tags").exclude(seq=changes("tags").first().seq)
    } == {
        ("DELETE", before),
        ("INSERT", after),
    }


# ---------- nothing happened ----------


def test_an_update_that_changes_nothing_is_not_logged():
    tag = TagFactory()
    before = Change.objects.count()

    run("UPDATE dcs.tags SET name = name")
    tag.save()
    Tag.objects.filter(name="no such tag").update(name="x")
    Tag.objects.filter(name="no such tag").delete()

    assert Change.objects.count() == before


def test_a_new_time_alone_is_no_change():
    capsule = CapsuleFactory()
    before = Change.objects.count()

    run("UPDATE dcs.capsules SET updated_at = now() - interval '1 day' WHERE id = %s", [capsule.pk])

    assert Change.objects.count() == before


def test_signing_in_or_using_a_token_is_no_change_of_metadata(client):
    ana = UserFactory(username="ana", role="producer")
    _row, secret = tokens.issue(ana, name="dbt", scopes=["read"], days=1)
    before = Change.objects.count()

    client.post("/sign-in/", {"username": "ana", "password": "correct horse battery"})
    tokens.authenticate(f"Bearer {secret}")

    assert Change.objects.count() == before


# ---------- secrets ----------


def test_passwords_and_tokens_never_reach_the_log():
    ana = UserFactory(role="producer")
    token, secret = tokens.issue(ana, name="dbt", scopes=["read"], days=1)
    first = ana.password
    ana.set_password("another horse battery")
    ana.save()

    logged = json.dumps(list(Change.objects.values("old_values", "new_values")))

    for hidden in (first, ana.password, "argon2", secret, token.digest, token.token_key):
        assert hidden not in logged


def test_a_changed_secret_shows_that_it_changed():
    ana = UserFactory()

    ana.set_password("another horse battery")
    ana.save()

    change = changes("users", operation="UPDATE").last()
    assert "password" in change.changed_fields
    assert change.old_values["password"]["$hash"] != change.new_values["password"]["$hash"]


def test_the_key_of_hidden_values_is_read_by_nobody_who_serves():
    assert refused("SELECT key FROM dcs.audit_key") == "42501"
    assert refused("SELECT dcs.loggable('{\"a\": 1}', '{a}') FROM dcs.audit_key") == "42501"


# ---------- append-only ----------


def log_tables():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 'dcs.metadata_audit_log' UNION ALL SELECT inhrelid::regclass::text FROM pg_inherits"
            " WHERE inhparent = 'dcs.metadata_audit_log'::regclass"
        )
        return [name for (name,) in cursor.fetchall()]


def test_those_who_serve_cannot_rewrite_the_log():
    TagFactory()

    for table in log_tables():
        for sql in (f"UPDATE {table} SET changed_by = 'me'", f"DELETE FROM {table}", f"TRUNCATE {table}"):
            assert refused(sql) == "42501", sql


def test_those_who_serve_cannot_invent_entries():
    insert = "(id, seq, table_name, record_id, operation) VALUES (gen_random_uuid(), 1, 'tags', gen_random_uuid(), 'INSERT')"

    for table in log_tables():
        assert refused(f"INSERT INTO {table} {insert}") == "42501"


def test_the_owner_of_the_tables_cannot_rewrite_the_log_either():
    with transaction.atomic(using="owner"):
        run("INSERT INTO dcs.tags (name) VALUES ('logged by the owner')", using="owner")

        for table in log_tables():
            assert refused(f"TRUNCATE {table}", using="owner") == "42501", table
        assert refused("UPDATE dcs.metadata_audit_log SET changed_by = 'me'", using="owner") == "42501"
        assert refused("DELETE FROM dcs.metadata_audit_log", using="owner") == "42501"
        month = Change.objects.using("owner").latest("seq")
        part = "SELECT tableoid::regclass::text FROM dcs.metadata_audit_log WHERE seq = %s"
        with connections["owner"].cursor() as cursor:
            cursor.execute(part, [month.seq])
            (partition,) = cursor.fetchone()
        assert refused(f"UPDATE {partition} SET changed_by = 'me'", using="owner") == "42501"
        assert refused(f"DELETE FROM {partition}", using="owner") == "42501"
        transaction.set_rollback(True, using="owner")


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE dcs.tags DISABLE TRIGGER audit_insert",
        "ALTER TABLE dcs.metadata_audit_log DISABLE TRIGGER append_only",
        "DROP TRIGGER audit_insert ON dcs.tags",
        "SET session_replication_role = replica",
        "SET ROLE dcs_owner",
        "DROP TABLE dcs.metadata_audit_log",
        "TRUNCATE dcs.tags",
        "CREATE TABLE dcs.mine (id int)",
    ],
)
def test_those_who_serve_cannot_switch_the_log_off(sql):
    assert refused(sql) in ("42501", "42704")


# ---------- the catalogue of the database ----------


def test_every_table_is_under_audit_whole_or_not_at_all():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, array_agg(t.tgname::text ORDER BY t.tgname) FROM pg_class c"
            " JOIN pg_trigger t ON t.tgrelid = c.oid AND t.tgname LIKE 'audit\\_%'"
            " WHERE c.relnamespace = 'dcs'::regnamespace GROUP BY c.relname"
        )
        logged = dict(cursor.fetchall())
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'dcs'::regnamespace AND relkind IN ('r', 'p')"
            " AND NOT relispartition"
        )
        tables = {name for (name,) in cursor.fetchall()}

    assert {tuple(triggers) for triggers in logged.values()} == {
        ("audit_delete", "audit_insert", "audit_truncate", "audit_update")
    }
    assert tables - logged.keys() == departures.NOT_LOGGED


def test_roles_and_their_rights_are_under_audit():
    auditor = Group.objects.get(name="auditor")

    auditor.permissions.clear()

    assert changes("auth_group_permissions", operation="DELETE").count() == 1


def test_months_ahead_have_their_partitions_and_guards():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(*) FILTER (WHERE EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = i.inhrelid"
            " AND t.tgname = 'append_only_truncate' AND t.tgenabled = 'A'))"
            " FROM pg_inherits i WHERE inhparent = 'dcs.metadata_audit_log'::regclass"
        )
        partitions, guarded = cursor.fetchone()

    assert partitions == guarded >= 5  # this month, three ahead, and the rest


def test_making_partitions_again_makes_none():
    with connection.cursor() as cursor:
        cursor.execute("SELECT dcs.make_audit_partitions()")
        assert cursor.fetchone() == (0,)


def test_the_log_hides_what_the_row_hides():
    CapsuleFactory(visibility_rank=5)
    Capsule.objects.update(description="Known to few.")

    seen = Change.objects.visible_to(system("test", clearance=4)).filter(table_name="capsules")

    assert changes("capsules").count() == 2
    assert not seen.exists()


def test_the_history_of_one_row_and_of_many_is_found():
    capsule, other = CapsuleFactory(), CapsuleFactory()
    column = ColumnFactory(capsule=capsule)
    Column.objects.filter(pk=column.pk).update(description="What the customer paid.")

    assert Change.objects.of(column).count() == 2
    found = Change.objects.of_any({"capsules": [capsule.pk], "columns": [column.pk]})
    assert {each.record_id for each in found} == {capsule.pk, column.pk}
    assert not Change.objects.of_any({}).exists()
    assert other.pk not in {each.record_id for each in found}


def test_keys_that_a_query_names_lead_to_their_entries_by_index():
    capsule = CapsuleFactory()
    column = ColumnFactory(capsule=capsule)
    ColumnFactory()
    columns = ArraySubquery(Column.objects.filter(capsule=capsule).values("pk"))

    found = Change.objects.of_any({"capsules": [capsule.pk], "columns": columns})

    assert {each.record_id for each in found} == {capsule.pk, column.pk}
    # As one of two alternatives `IN (SELECT …)` would be a filter over the history of every column.
    assert "= ANY (ARRAY(SELECT" in str(found.query)


def test_the_history_of_all_rows_of_a_table_is_found():
    column, other = ColumnFactory(), ColumnFactory()

    found = Change.objects.of_any({"columns": None})

    assert {column.pk, other.pk} <= {each.record_id for each in found}
    assert not found.exclude(table_name="columns").exists()


@pytest.mark.django_db
def test_the_log_compares_old_and_new_rows_without_nested_loops():
    with connection.cursor() as cursor:
        cursor.execute("SELECT proconfig FROM pg_proc WHERE oid = 'dcs.record_change'::regproc")
        (settings,) = cursor.fetchone()

    assert "enable_nestloop=off" in settings

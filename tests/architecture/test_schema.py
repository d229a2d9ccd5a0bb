"""The migrated schema is the reference schema, and what differs is explained."""

import re
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import models

from apps.dcs.models import Visible, empty_in_database

from . import departures
from .introspection import read_tables, read_view

DECISION = Path(settings.BASE_DIR) / "docs" / "decisions" / "002-schema-departures.md"
ON_DELETE = {models.CASCADE: "c", models.SET_NULL: "n", empty_in_database: "n", models.PROTECT: "r"}


@pytest.fixture(scope="module")
def reference(reference_database):
    return read_tables(reference_database)


@pytest.fixture(scope="module")
def ours(migrated_database):
    return read_tables(migrated_database)


def differences(reference, ours):
    """Everything by which `ours` differs from `reference`, as short sentences that `departures` can name."""
    for name in sorted(reference.keys() - ours.keys()):
        yield f"missing table {name}"
    for name in sorted(ours.keys() - reference.keys()):
        yield f"extra table {name}"
    for name in sorted(reference.keys() & ours.keys()):
        yield from _of_table(name, reference[name], ours[name])


def _of_table(table, wanted, found):
    if wanted.primary_key != found.primary_key:
        yield f"other primary key {table}"
    for column in sorted(wanted.columns.keys() - found.columns.keys()):
        yield f"missing column {table}.{column}"
    for column in sorted(found.columns.keys() - wanted.columns.keys()):
        yield f"extra column {table}.{column}"
    for column in sorted(wanted.columns.keys() & found.columns.keys()):
        if wanted.columns[column] != found.columns[column]:
            yield f"other column {table}.{column}: {found.columns[column]}, not {wanted.columns[column]}"
    for kind, of in (("check", "checks"), ("foreign key", "foreign_keys"), ("index", "indexes")):
        before, after = getattr(wanted, of), getattr(found, of)
        for definition in sorted(before.keys() - after.keys()):
            yield f"missing {kind} {table}.{before[definition]}: {definition}"
        for definition in sorted(after.keys() - before.keys()):
            yield _extra(kind, table, after[definition], definition, found)


def _extra(kind, table, name, definition, found):
    if kind == "foreign key":
        return f"extra foreign key {table}.{_column(definition)}"
    if single := re.fullmatch(r"CREATE( UNIQUE)? USING btree \(?(\w+)\)?", definition):
        unique, column = single.groups()
        if unique:
            return f"extra unique index {table} ({column})"
        if column in {_column(key) for key in found.foreign_keys}:
            return f"extra index of a foreign key {table}.{column}"
    return f"extra {kind} {table}.{name}"


def _column(foreign_key):
    return re.match(r"FOREIGN KEY \(?(\w+)", foreign_key)[1]


def test_every_difference_to_the_reference_is_explained(reference, ours):
    found = list(differences(reference, ours))

    unexplained = [difference for difference in found if departures.explanation(difference) is None]
    assert unexplained == []


def test_no_explanation_is_left_over(reference, ours):
    found = list(differences(reference, ours))

    assert sorted(departures.EXPLAINED.keys() - set(found)) == []


def test_the_decision_has_a_heading_for_every_explanation():
    headings = set(re.findall(r"^## (.+)$", DECISION.read_text(), re.MULTILINE))

    assert {*departures.EXPLAINED.values(), *departures.RULES.values()} <= headings


def test_the_comparison_notices_what_it_should(reference_database, reference):
    changes = {
        "DROP TABLE dcs.sla_measurements": "missing table sla_measurements",
        "ALTER TABLE dcs.tags DROP COLUMN color": "missing column tags.color",
        "ALTER TABLE dcs.tags ALTER COLUMN color TYPE varchar(8)": "other column tags.color",
        "ALTER TABLE dcs.tags ALTER COLUMN meta DROP NOT NULL": "other column tags.meta",
        "ALTER TABLE dcs.tags ALTER COLUMN meta SET DEFAULT '[]'": "other column tags.meta",
        "ALTER TABLE dcs.rules DROP CONSTRAINT rule_scope_valid": "missing check rules.rule_scope_valid",
        "ALTER TABLE dcs.columns DROP CONSTRAINT columns_capsule_id_fkey, ADD FOREIGN KEY (capsule_id)"
        " REFERENCES dcs.capsules (id) ON DELETE RESTRICT": "missing foreign key columns.",
        "ALTER TABLE dcs.capsule_tags DROP CONSTRAINT capsule_tag_unique": "missing index capsule_tags.",
        "DROP INDEX dcs.one_open_incident; CREATE UNIQUE INDEX ON dcs.sla_incidents (contract_id, incident_type)": (
            "missing index sla_incidents.one_open_incident"
        ),
        "DROP INDEX dcs.idx_capsules_tags; CREATE INDEX ON dcs.capsules (tags)": "missing index capsules.",
    }
    for statement, expected in changes.items():
        with reference_database.transaction(force_rollback=True):
            reference_database.execute(statement)

            found = list(differences(reference, read_tables(reference_database)))

        assert any(difference.startswith(expected) for difference in found), statement


def test_the_summary_view_is_the_reference_s(reference_database, migrated_database):
    wanted = read_view(reference_database, "catalog_capsule_summary")

    found = read_view(migrated_database, "catalog_capsule_summary")

    assert found == wanted


def test_every_foreign_key_has_an_index_that_begins_with_it(ours):
    for name, table in ours.items():
        keys = {_column(definition) for definition in table.foreign_keys}
        led = [*table.indexes, table.primary_key]
        first = {match[1] for text in led if (match := re.search(r"(?:btree|PRIMARY KEY) \(?(\w+)", text))}
        assert keys <= first, name


def test_the_database_deletes_what_the_models_say(migrated_database):
    stored = {
        (table, column): action
        for table, column, action in migrated_database.execute(
            "SELECT t.relname, a.attname, k.confdeltype::text FROM pg_constraint k"
            " JOIN pg_class t ON t.oid = k.conrelid"
            " JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.conkey[1]"
            " WHERE k.contype = 'f' AND t.relnamespace = 'dcs'::regnamespace"
        )
    }
    meant = {
        (model._meta.db_table, key.column): ON_DELETE[key.remote_field.on_delete]
        for model in governed_models()
        for key in model._meta.local_fields
        if key.remote_field
    }

    assert {key: stored[key] for key in meant} == meant


def test_every_change_time_is_kept_by_a_trigger(migrated_database, ours):
    kept = triggers(migrated_database, "keep_time")

    dated = {name for name, table in ours.items() if "updated_at" in table.columns}
    assert dated - departures.COPIES - kept == set()


def test_every_table_is_under_audit_or_says_why_not(migrated_database, ours):
    for event in ("insert", "update", "delete", "truncate"):
        logged = triggers(migrated_database, f"audit_{event}")

        assert ours.keys() - departures.NOT_LOGGED - logged == set()


def test_every_governed_model_hides_rows_from_readers_without_clearance():
    for model in governed_models():
        if issubclass(model, Visible):
            assert hasattr(model._default_manager, "visible_to"), model


def test_the_choices_of_a_field_are_those_of_its_check(ours):
    for model in governed_models():
        checks = " ".join(ours[model._meta.db_table].checks)
        for column in model._meta.local_fields:
            listed = re.search(rf"\(\(?{column.column} = ANY \(ARRAY\[(.*?)\]", checks)
            if listed and column.choices:
                words = re.findall(r"'([^']*)'", listed[1])
                assert {word for word, _title in column.choices} == set(words), column


def governed_models():
    return [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and model.__module__.startswith("apps.") and not model._meta.proxy
    ]


def triggers(connection, name):
    """The tables that have a trigger of that name."""
    rows = connection.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = %s", [name])
    return {table.removeprefix("dcs.") for (table,) in rows}

"""Reading OpenLineage events: times, names, digests; without a database."""

import json

import pytest

from apps.dcs.canonical import digest
from apps.deploy.readers import openlineage, openlineage_names

from .openlineage_fixtures import FOLDER, event, recorded


@pytest.mark.parametrize("name", ["dbt_ol_jaffle_classic_build.ndjson", "marquez_event_full.json"])
def test_the_digest_is_that_of_the_canonical_form(name):
    for told in recorded(name):
        found, _problems = openlineage.read(told)
        assert found[0][1].digest == digest(told)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"x": {"n": 1.0}}, {"x": {"n": 1}}),
        ({"x": {"a": 1, "b": '\u007f\u001f"/\\'}}, {"x": {"b": '\u007f\u001f"/\\', "a": 1}}),
        ({"x": {"word": "e\u0301"}}, {"x": {"word": "\u00e9"}}),
    ],
)
def test_two_spellings_of_one_event_are_one(one, other):
    digests = {openlineage.read(event(**facets))[0][0][1].digest for facets in (one, other)}

    assert len(digests) == 1
    assert digests == {digest(json.loads(json.dumps(event(**one))))}


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2026-11-23T12:00:00Z", "2026-11-23T13:00:00+01:00"),
        ("2026-11-23T12:00:00", "2026-11-23 12:00:00Z"),
        ("2026-11-23T12:00:00.5Z", "2026-11-23T12:00:00.500000000Z"),
        ("2026-11-23T12:00Z", "2026-11-23T12:00:00z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00+00:00"),
    ],
)
def test_spellings_of_one_time_are_one(text, same):
    assert openlineage.nanos_of(text) == openlineage.nanos_of(same)


@pytest.mark.parametrize(
    "text", ["", "now", "2026-13-01T00:00:00Z", "2026-11-23", "0001-01-01T00:00:00+05:00", 7, None]
)
def test_what_is_no_time_is_refused(text):
    with pytest.raises(ValueError, match=""):
        openlineage.nanos_of(text)


@pytest.mark.parametrize(
    ("namespace", "name", "parts"),
    [
        ("postgresql://db:5432", "Shop.Raw.Orders", ("postgres", "shop", "raw", "orders")),
        ("mysql://db", "shop.orders", ("mysql", "", "shop", "orders")),
        ("bigquery", "project.set.`table`", ("bigquery", "project", "set", "table")),
    ],
)
def test_a_name_of_a_table_has_its_parts(namespace, name, parts):
    found = openlineage_names.relation(namespace, name)

    assert (found.scheme, found.database, found.schema, found.table) == parts


@pytest.mark.parametrize("name", ["orders", "/data/a.b.c", "a..b", "a.b.c.d"])
def test_a_path_or_a_word_is_no_relation(name):
    assert openlineage_names.relation("file", name) is None


def test_addresses_of_datasets_are_short_enough_and_never_shared():
    names = [
        ("s3://lake", "a b"),
        ("s3://lake", "a%20b"),
        ("S3://lake", "a b"),
        ("s3:lake", "a b"),
        ("s3", "x" * 2000),
        ("s3-lake", "a b"),
        ("pg://db:1", "t"),
        ("pg://db-1", "t"),
    ]

    urns = {openlineage_names.urn(*name) for name in [*names, ("s3", "x" * 1999)]}

    assert len(urns) == 9
    assert max(map(len, urns)) <= 440


def test_a_password_in_an_address_is_not_kept():
    body = b'[{"a": "postgres://etl:secret@db:5432", "b": "user@host"}]'

    assert openlineage.decode(body) == [{"a": "postgres://***@db:5432", "b": "user@host"}]


def test_every_recorded_file_but_the_fragments_is_read_without_a_problem():
    names = [path.name for path in FOLDER.glob("*.ndjson")] + ["marquez_event_simple.json"]

    for name in names:
        for told in recorded(name):
            assert openlineage.read(told)[1] == {}

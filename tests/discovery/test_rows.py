"""The list of the catalogue: filtered, sorted, paged by key, counted, exported."""

import itertools

import pytest
from django.db import connection, transaction
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.catalog.models import Capsule
from apps.discovery import rows
from apps.discovery.filters import SORTS, Filters
from apps.people.reader import system
from apps.ui import paging
from tests.discovery.estate import asked, build, plans
from tests.factories import CapsuleFactory, ContractFactory, DomainFactory

pytestmark = pytest.mark.django_db
ANALYST = system("test", clearance=2)
COMPARED = {
    "name": lambda row: row.name.lower(),
    "updated": lambda row: row.updated_at,
    "layer": lambda row: {"raw": 1, "silver": 4, "gold": 6}.get(row.layer),
    "domain": lambda row: row.domain and row.domain.lower(),
    "columns": lambda row: row.columns,
    "quality": lambda row: row.quality_score,
    "sensitivity": lambda row: row.sensitivity_rank,
    "completeness": lambda row: row.completeness,
    "downstream": lambda row: row.downstream,
    "health": lambda row: {"broken": 1, "at_risk": 2, "unknown": 3, "kept": 4}.get(row.health),
    "freshness": lambda row: row.data_updated_at,
}
PROPERTY = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def listed(query, reader=ANALYST, **how):
    return rows.page(Filters.parse(QueryDict(query)), reader, **how)


def walked(filters, reader, limit):
    """All pages forwards, and all pages backwards from the last one, put in order."""
    pages = [rows.page(filters, reader, limit=limit)]
    while pages[-1].after:
        pages.append(rows.page(filters, reader, after=pages[-1].after, limit=limit))
    back = [pages[-1]]
    while back[-1].before:
        back.append(rows.page(filters, reader, before=back[-1].before, limit=limit))
    return [row for page in pages for row in page.rows], [row for page in reversed(back) for row in page.rows]


@PROPERTY
@given(
    plans=plans,
    query=asked,
    limit=st.integers(1, 5),
    sort=st.sampled_from(sorted(COMPARED)),
    down=st.booleans(),
)
def test_walking_the_pages_visits_each_visible_capsule_once_in_order(plans, query, limit, sort, down):
    with transaction.atomic():
        build(plans, timezone.now())
        filters = Filters.parse({**query, "sort": f"-{sort}" if down else sort})

        forwards, backwards = walked(filters, ANALYST, limit)

        exported = [row.id for row in rows.export(filters, ANALYST)]
        assert [row.id for row in forwards] == [row.id for row in backwards] == exported
        assert len(set(exported)) == len(exported) == rows.page(filters, ANALYST, limit=1).count
        visible = Capsule.objects.filter(visibility_rank__lte=2)
        if not query:
            assert set(exported) == set(visible.filter(retired_at=None).values_list("pk", flat=True))
        values = [COMPARED[sort](row) for row in forwards]
        known = [value for value in values if value is not None]
        assert known == sorted(known, reverse=down)
        assert values[: len(known)] == known, "what is unknown comes last"
        transaction.set_rollback(True)


@PROPERTY
@given(
    plans=plans,
    text=st.sampled_from(("order", "stg", "o", "customers", "Ünï", "zzz", "_")),
    limit=st.integers(1, 4),
)
def test_under_a_text_names_that_begin_with_it_come_first_and_nothing_twice(plans, text, limit):
    with transaction.atomic():
        build(plans, timezone.now())
        filters = Filters.parse({"q": text})

        forwards, backwards = walked(filters, ANALYST, limit)

        exported = [row.id for row in rows.export(filters, ANALYST)]
        assert [row.id for row in forwards] == [row.id for row in backwards] == exported
        assert len(set(exported)) == len(exported)
        begins = [row.name.lower().startswith(text.lower()) for row in forwards]
        assert begins == sorted(begins, reverse=True)
        transaction.set_rollback(True)


def test_a_page_costs_the_same_queries_whatever_it_holds(as_if_committed):
    CapsuleFactory.create_batch(3, complete=True)
    with CaptureQueriesContext(connection) as few:
        listed("sort=name", limit=50)
    CapsuleFactory.create_batch(12, complete=True, columns=["order_id"])

    with CaptureQueriesContext(connection) as many:
        listed("sort=name", limit=50)

    assert len(many) == len(few) == 1, "one page holds them all, so nothing is counted"
    listed("sort=name", limit=5)
    with CaptureQueriesContext(connection) as counted:
        listed("sort=name", limit=5)
    assert len(counted) == 2, "the rows, and whether what is counted from is as it was"


def test_a_row_has_what_the_list_shows():
    capsule = CapsuleFactory(name="orders", columns=["order_id"], complete=True, tags=["daily"])
    ContractFactory(capsule=capsule, active=True)

    (row,) = listed("").rows

    assert (row.id, row.urn, row.name, row.type, row.layer) == (
        capsule.pk, capsule.urn, "orders", "model", "silver")  # fmt: skip
    assert (row.domain, row.owner, row.source) == (
        capsule.domain.name, capsule.owner.name, capsule.source_system.name)  # fmt: skip
    assert (row.contract_status, row.freshness_sla, row.sensitivity) == ("active", "PT4H", "internal")
    assert row.tags == ["daily"]
    assert row.doc_coverage == 100
    assert [slug for slug, there in row.dimensions if there] == ["payload", "structure", "contract"]


def test_names_of_hidden_domains_are_not_shown():
    domain = DomainFactory(visibility_rank=5)
    CapsuleFactory(domain=domain)

    (row,) = listed("").rows

    assert row.domain is None


def test_every_sort_has_its_rows_and_nothing_else_does():
    assert set(SORTS) == set(rows.ORDERS)


@pytest.mark.parametrize("sort", sorted(rows.ORDERS))
def test_a_page_is_read_from_an_index_however_deep(sort):
    filters = (
        Filters.parse({"q": "orders", "sort": sort}) if sort == "match" else Filters.parse({"sort": sort})
    )
    CapsuleFactory.create_batch(4, complete=True)
    page = rows.page(filters, ANALYST, limit=2)
    listing = rows.Listing(filters, ANALYST)
    key, _position = paging.decode(listing, page.after)

    plans = []
    with connection.execute_wrapper(
        lambda run, sql, *rest: plans.append(explained(run, sql, *rest)) or run(sql, *rest)
    ):
        listing.slice(key, False, 2)

    assert not any("Sort Key: f" in plan for plan in plans if sort != "match"), plans


def explained(run, sql, params, many, context):
    with connection.cursor() as cursor:
        cursor.cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.cursor.execute("SET LOCAL enable_bitmapscan = off")
        cursor.cursor.execute(f"EXPLAIN {sql}", params)
        return "\n".join(line for (line,) in cursor.cursor.fetchall())


@pytest.mark.parametrize(
    "key", ["x", "WzFd.00000000", "é" * 400, "a.b.c", "%00", '[1,"a"]', "-1", "WzEsICIiXQ.ffffffff"]
)
def test_a_damaged_key_is_said_to_be_one(key):
    with pytest.raises(paging.DamagedKey):
        listed("sort=name", after=key)


@pytest.mark.parametrize(
    ("sort", "values"),
    [
        ("columns", [10**12, "a", 1]),
        ("columns", [1.5, "a", 1]),
        ("columns", [True, "a", 1]),
        ("quality", [float("inf"), "a", 1]),
        ("updated", ["2026-13-45", 1]),
        ("updated", ["2026-01-01", 1]),
        ("name", ["\x00", 1]),
        ("name", [None, 1]),
        ("columns", [None, "a", 1]),
        ("name", ["a"]),
    ],
)
def test_a_forged_key_reaches_no_query(sort, values):
    listing = rows.Listing(Filters.parse({"sort": sort}), ANALYST)

    with pytest.raises(paging.DamagedKey):
        listing.read(values)


def test_counts_stop_at_the_cap(monkeypatch):
    monkeypatch.setattr(rows, "CAP", 3)
    CapsuleFactory.create_batch(6)

    page = listed("", limit=2)

    assert (page.count, page.capped) == (3, True)


def test_an_export_reads_on_by_itself_when_the_request_is_over(own_database_rows):
    stream = rows.export(Filters.parse({}), own_database_rows, reason="export")

    assert len(list(itertools.islice(stream, 2))) == 2
    assert len(list(stream)) == 3


@pytest.fixture
def own_database_rows():
    CapsuleFactory.create_batch(5)
    return ANALYST

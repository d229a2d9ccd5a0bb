"""The list of the catalogue: any filter, any order, any depth; and what keeping its rows costs those who write."""

import random
import threading
import time

from django.core.paginator import Paginator
from django.db import connection, connections, transaction
from django.db.models import Count

from apps.audit.context import acting
from apps.catalog.models import Capsule
from apps.discovery import rows
from apps.discovery.filters import Filters
from apps.people.reader import system

from .measure import Timing, clock, record, tell

READER = system("benchmark", clearance=2)
QUERIES = [
    {},
    {"layer": "gold"},
    {"domain": "order"},
    {"layer": "raw", "pii": "yes"},
    {"domain": ["order", "customer"], "layer": "gold", "contract": "active"},
    {"owner": "Order team 0", "sensitivity": "restricted"},
    {"has": ["quality", "semantics"], "lacks": "contract"},
    {"tag": "order-0"},
    {"quality": "poor"},
    {"source": "shop", "type": "snapshot"},
]
PAGE_MS, CPU_MS = 50, 6


def run(small):
    chance = random.Random(1)
    deep(chance, small)
    filtered()
    together(chance)
    writing(small)


def deep(chance, small):
    """Pages at random depths, in every order, against OFFSET at the same depth and a page of model objects."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM dcs.capsule_facts WHERE visible_from <= 2 AND visible_to >= 2")
        (number,) = cursor.fetchone()
    places = [chance.randrange(number - 100) for _ in range(20 if small else 40)]
    for sort in ("name", "-updated", "layer", "domain", "-quality", "-sensitivity", "-downstream"):
        listing = rows.Listing(Filters.parse({"sort": sort}), READER)
        keys = [listing.key(row) for place in places[:10] for row in at(listing, place)]
        timing = clock(lambda key, listing=listing: listing.slice(key, False, 51), keys)
        tell(f"page of 50 by {sort}, random depth", timing, limit=PAGE_MS)
    listing = rows.Listing(Filters.parse({"sort": "name"}), READER)
    keys = [listing.key(row) for place in places for row in at(listing, place)]
    here = clock(lambda key: listing.slice(key, False, 51), keys)
    by_offset = clock(lambda place: at(listing, place, 51), places)
    tell("page of 50 by key, random depth", here, limit=PAGE_MS, instead=by_offset, of="the same by OFFSET")
    first = clock(lambda _: rows.page(Filters.parse({"sort": "name"}), READER), range(20))
    orm = clock(lambda place: stock(place), places[:8])
    tell(
        "first page with its count", first, limit=PAGE_MS, instead=orm, of="the ORM with count(*) and OFFSET"
    )
    verdict("page of 50, processor time", here.cpu, CPU_MS)


def at(listing, place, limit=1):
    """Rows at a position, the slow way."""
    query = rows.EXPORT.format(
        fields=f"{rows.FIELDS}, {listing._key()}",
        names=rows.NAMES,
        where=listing.where.sql,
        order=listing.export_order()[0],
    )
    with connection.cursor() as cursor:
        cursor.execute(f"{query} LIMIT {limit} OFFSET {place}", [*[2] * 3, *listing.where.params])
        width = len(rows.Row._fields) - 1
        return [rows.Row(*found[:width], key=found[width:]) for found in cursor]


def stock(place):
    """The page as Django's manual writes it: model objects, counts by join, count(*) and OFFSET."""
    found = (
        Capsule.objects.visible_to(READER).current().select_related("domain", "owner", "source_system")
        .annotate(columns_=Count("columns", distinct=True)).order_by("name", "pk")
    )  # fmt: skip
    page = Paginator(found, 50).page(place // 50 + 1)
    return [
        (row.name, row.domain and row.domain.name, row.owner and row.owner.name, row.columns_) for row in page
    ]


def filtered():
    """First pages with their counts under ten kinds of filters, each in three orders."""
    asked = [
        Filters.parse({**query, "sort": sort})
        for query in QUERIES
        for sort in ("name", "-quality", "-downstream")
    ]
    timing = clock(lambda filters: rows.page(filters, READER), asked * 3)
    tell("first page under a filter, with its count", timing, limit=PAGE_MS)


def together(chance):
    """The same from four connections at once."""
    asked = [Filters.parse(query) for query in QUERIES]
    walls, lock = [], threading.Lock()

    def client(seed):
        order = random.Random(seed)
        mine = []
        for _ in range(40):
            begun = time.perf_counter_ns()
            rows.page(order.choice(asked), READER)
            mine.append((time.perf_counter_ns() - begun) / 1e6)
        connections.close_all()
        with lock:
            walls.extend(mine[4:])

    threads = [threading.Thread(target=client, args=(chance.random(),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    walls.sort()
    timing = Timing(walls[len(walls) // 2], walls[int(len(walls) * 0.95)], walls[-1], 0, len(walls))
    tell("first page under a filter, four connections", timing, limit=PAGE_MS)


def writing(small):
    """What the triggers add to writes: the same statement with them and without, undone each time."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT array_agg(id) FROM (SELECT id FROM dcs.capsules ORDER BY id LIMIT %s) c",
            [250 if small else 5_000],
        )
        (many,) = cursor.fetchone()
        cursor.execute(
            "SELECT id, capsule_id FROM dcs.quality_rules WHERE capsule_id IS NOT NULL ORDER BY id LIMIT 1"
        )
        rule, capsule = cursor.fetchone()
    columns = (
        "INSERT INTO dcs.columns (id, urn, capsule_id, name) SELECT gen_random_uuid(), 'x:' || gen_random_uuid(), id, 'bench_' || n"
        " FROM unnest(%s::uuid[]) id, generate_series(1, 20) n"
    )
    check = (
        "INSERT INTO dcs.quality_checks (quality_rule_id, capsule_id, check_status) VALUES (%s, %s, 'failed')"
    )
    rename = "UPDATE dcs.capsules SET description = gen_random_uuid()::text WHERE id = %s"
    for name, statement, params, times in (
        (f"insert {20 * len(many):,} columns at once", columns, [many], 2),
        ("store one check", check, [rule, capsule], 20),
        ("describe one capsule", rename, [capsule], 20),
    ):
        timings = {}
        for bulk in (True, False):
            timings[bulk] = clock(
                lambda _, bulk=bulk, statement=statement, params=params: undone(statement, params, bulk),
                range(times),
            )
        added = (
            timings[False].cpu - timings[True].cpu
            if timings[True].cpu
            else timings[False].p50 - timings[True].p50
        )
        base = timings[True].cpu or timings[True].p50
        print(f"  {name}: {timings[False]}; keeping the catalogue adds {added:.2f} ms ({added / base:.0%})")
        record(
            name,
            p50=timings[False].p50,
            p95=timings[False].p95,
            cpu=timings[False].cpu,
            added_ms=added,
            added_share=added / base,
        )
    refreshed = clock(
        lambda _: undone("SELECT dcs.refresh_capsule_facts(%s::uuid[])", [many], True), range(1), warm=False
    )
    print(
        f"  refresh {len(many):,} capsules after a bulk load: {refreshed.p50 / 1000:.2f} s, {1000 * refreshed.p50 / len(many):.0f} µs each"
    )
    record("refresh after a bulk load", seconds=refreshed.p50 / 1000, capsules=len(many))


def undone(statement, params, bulk):
    with acting(READER, bulk=bulk):
        with connection.cursor() as cursor:
            cursor.execute(statement, params)
        transaction.set_rollback(True)


def verdict(name, value, limit):
    if value:
        print(f"  {name}: {value:.2f} ms, {value / limit:.0%} of the {limit} ms allowed")
        record(name, value=value, limit=limit)

"""Counts beside the filters: one pass for all facets, kept while nothing changes."""

import contextlib

from django.core.cache import cache
from django.db import connection

from apps.discovery import facets
from apps.discovery.conditions import all_of, conditions
from apps.discovery.filters import Filters

from .catalogue import QUERIES, READER
from .measure import clock, tell

PAGE_MS = 50


def run(small):
    asked = [Filters.parse(query) for query in QUERIES]
    times = 5 if small else 3
    for filters, query in zip(asked, QUERIES, strict=True):
        one = clock(lambda filters: anew(filters), [filters] * times, warm=False)
        name = ", ".join(f"{key}={value}" for key, value in query.items()) or "no filter"
        apart = clock(lambda filters: group_bys(filters), [filters] * times, warm=False)
        tell(f"facets counted anew: {name}", one, instead=apart, of="a GROUP BY for each facet")
    cache.clear()
    for filters in asked:
        facets.facets(filters, READER)
    tell(
        "facets, any of these filters, kept",
        clock(lambda filters: facets.facets(filters, READER), asked * 5),
        limit=PAGE_MS,
    )


def anew(filters):
    """Without what is kept."""
    cache.clear()
    return facets.facets(filters, READER)


def group_bys(filters):
    """The same counts, a query a facet."""
    found = conditions(filters, READER)
    with connection.cursor() as cursor, contextlib.suppress(StopIteration):
        for slug, column in facets.VALUES.items():
            where = all_of(found, but=slug)
            cursor.execute(facets.ONE.format(column=column, where=where.sql), where.params)
            cursor.fetchall()
        for slug, column in facets.LISTS.items():
            where = all_of(found, but=slug)
            cursor.execute(facets.LISTED.format(column=column, where=where.sql), where.params)
            cursor.fetchall()

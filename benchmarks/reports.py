"""Reports on compliance: the first page of each with its figures, over the whole estate and in one domain."""

from functools import partial

from django.test import RequestFactory

from apps.audit.context import acting
from apps.discovery.filters import Filters
from apps.discovery.reports import compliance
from apps.people.reader import system
from apps.ui import paging

from .measure import clock, tell

READER = system("benchmark", clearance=4)
ASKED = (
    compliance.COMPLIANCE,
    compliance.EXPOSED,
    compliance.UNSETTLED,
    compliance.WITHOUT_POLICY,
    compliance.RETENTION,
    compliance.FRAMEWORKS,
)


def run(small):
    with acting(READER):
        for report in ASKED:
            for query in ({}, {"domain": "order"}):
                asked = [Filters.parse(query)] * (5 if small else 3)
                tell(f"{report.slug}, {query or 'everything'}", clock(partial(page, report), asked))


def page(report, filters):
    choice = report.choice.read({})[0] if report.choice else ""
    rows = report.rows(filters, READER, choice)
    found = paging.page(rows, RequestFactory().get("/"), size=100)
    return found, report.figures(rows, filters, READER, choice)

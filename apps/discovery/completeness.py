"""How complete the catalogue is, part by part, and the list behind every number that is missing."""

from collections import Counter
from dataclasses import dataclass, replace

from django.db import connection
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import ngettext_lazy

from apps.ui import charts

from .conditions import all_of, conditions
from .filters import PRESENT, WORDS, Filters

# Most useful first: without an owner nobody can mend the rest.
PARTS = ("owner", "domain", "description", "semantics", "quality", "policy", "contract", "provenance")
PARTS += ("structure", "payload")
LACKING = {
    "owner": ngettext_lazy("%(n)s capsule without an owner", "%(n)s capsules without an owner", "n"),
    "domain": ngettext_lazy("%(n)s capsule in no domain", "%(n)s capsules in no domain", "n"),
    "description": ngettext_lazy(
        "%(n)s capsule without a description", "%(n)s capsules without a description", "n"
    ),
    "semantics": ngettext_lazy(
        "%(n)s capsule that no term explains", "%(n)s capsules that no term explains", "n"
    ),
    "quality": ngettext_lazy(
        "%(n)s capsule without a quality rule", "%(n)s capsules without a quality rule", "n"
    ),
    "policy": ngettext_lazy("%(n)s capsule without a policy", "%(n)s capsules without a policy", "n"),
    "contract": ngettext_lazy("%(n)s capsule without a contract", "%(n)s capsules without a contract", "n"),
    "provenance": ngettext_lazy("%(n)s capsule without lineage", "%(n)s capsules without lineage", "n"),
    "structure": ngettext_lazy("%(n)s capsule without columns", "%(n)s capsules without columns", "n"),
    "payload": ngettext_lazy("%(n)s capsule with no known place", "%(n)s capsules with no known place", "n"),
}
BY_PRESENT = """
SELECT f.present, count(*), sum(f.column_count - f.described_columns), f.health
FROM dcs.capsule_facts f WHERE {where} GROUP BY f.present, f.health
"""
BY_DOMAIN = """
SELECT f.domain_id, count(*), avg(f.completeness) FROM dcs.capsule_facts f WHERE {where} GROUP BY f.domain_id
"""


@dataclass(frozen=True)
class Part:
    """One part that capsules have or lack: how many do, and the list of those that lack it."""

    slug: str
    title: str
    present: int
    lacking: int
    url: str

    @property
    def total(self):
        return self.present + self.lacking

    @property
    def share(self):
        """Percent 0–100 of the capsules that have it."""
        return 100 * self.present / self.total if self.total else 0

    @property
    def bar(self):
        return charts.meter(self.share, width=64)

    @property
    def sentence(self):
        return LACKING[self.slug] % {"n": self.lacking}


@dataclass(frozen=True)
class Counted:
    """The capsules that some filters leave, counted by what they have; made by `counted`."""

    filters: Filters
    found: tuple  # of (bits of what is there, capsules, columns without a description, whether promises are kept)

    @property
    def total(self):
        """How many capsules there are."""
        return sum(number for _bits, number, _columns, _health in self.found)

    @property
    def undescribed_columns(self):
        """How many of their columns have no description."""
        return sum(columns for _bits, _number, columns, _health in self.found)

    def parts(self, only=PARTS):
        """A `Part` for each of `only`."""
        return [self.part(slug, self.total) for slug in only]

    def part(self, slug, total):
        present = sum(number for bits, number, *_rest in self.found if bits & PRESENT[slug])
        return Part(slug, capfirst(str(WORDS[slug])), present, total - present, listed(self.filters, slug))

    def promises(self):
        """[(health, how many capsules, the list of them)] of the promises that are not kept, the worst first."""
        numbers = Counter()
        for _bits, number, _columns, health in self.found:
            numbers[health] += number
        return [
            (health, numbers[health], catalogue(replace(self.filters, health=(health,))))
            for health in ("broken", "at_risk")
            if numbers[health]
        ]

    def gaps(self, only=PARTS):
        """The parts that some of them lack, those that most lack first."""
        return sorted((part for part in self.parts(only) if part.lacking), key=lambda part: -part.lacking)


def counted(filters, reader):
    """What the capsules have that `filters` leave to `reader`; one query."""
    where = all_of(conditions(filters, reader))
    with connection.cursor() as cursor:
        cursor.execute(BY_PRESENT.format(where=where.sql), where.params)
        return Counted(filters, tuple(cursor.fetchall()))


def listed(filters, slug):
    """The address of the catalogue under these filters and without that part."""
    return catalogue(replace(filters, lacks=(*filters.lacks, slug)))


def catalogue(filters):
    return f"{reverse('discovery:catalog')}?{filters.query()}"


def by_domain(reader):
    """{domain id or None: (capsules, mean number of the seven dimensions that they have)}."""
    where = all_of(conditions(Filters(), reader))
    with connection.cursor() as cursor:
        cursor.execute(BY_DOMAIN.format(where=where.sql), where.params)
        return {domain: (number, float(mean)) for domain, number, mean in cursor}

"""Counts are kept while nothing changes, and only then."""

from apps.audit.context import acting
from apps.catalog.models import Capsule
from apps.discovery import facets
from apps.discovery.filters import Filters
from apps.people.reader import system
from tests.factories import CapsuleFactory

ANALYST = system("test", clearance=2)


def layers():
    (layer,) = (facet for facet in facets.facets(Filters.parse({}), ANALYST) if facet.slug == "layer")
    return {value.value: value.count for value in layer.values}


def test_counts_that_were_kept_are_dropped_by_the_next_change(own_database, django_assert_num_queries):
    with acting(system("test")):
        capsule = CapsuleFactory(layer="silver")
    first = layers()
    with django_assert_num_queries(2):  # the counter, and the names
        assert layers() == first == {"silver": 1}

    with acting(system("test")):
        Capsule.objects.filter(pk=capsule.pk).update(layer="gold")

    assert layers() == {"gold": 1}


def test_what_is_undone_is_not_kept(own_database):
    with acting(system("test")):
        CapsuleFactory(layer="silver")
    assert layers() == {"silver": 1}

    try:
        with acting(system("test")):
            CapsuleFactory(layer="gold")
            assert layers() == {"silver": 1, "gold": 1}
            raise RuntimeError
    except RuntimeError:
        pass
    with acting(system("test")):
        CapsuleFactory(layer="raw")

    assert layers() == {"silver": 1, "raw": 1}

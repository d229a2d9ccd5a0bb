"""Counts are kept while nothing changes, and only then."""

from datetime import timedelta

import time_machine
from django.http import QueryDict
from django.utils import timezone

from apps.audit.context import acting
from apps.catalog.models import Capsule, Domain
from apps.discovery import counting, facets
from apps.discovery.filters import Filters
from apps.people.reader import system
from tests.factories import CapsuleFactory, DomainFactory

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


def total(asked, clearance=2):
    return counting.counted(Filters.parse(QueryDict(asked)), system("test", clearance=clearance)).total


def test_an_answer_is_kept_for_those_who_see_as_far(own_database):
    with acting(system("test")):
        CapsuleFactory(layer="silver")
        CapsuleFactory(layer="silver", visibility_rank=5)

    assert [total("layer=silver", clearance) for clearance in (5, 2, 5, 2)] == [2, 1, 2, 1]


def test_what_changed_today_is_counted_anew_tomorrow(own_database):
    with acting(system("test")):
        CapsuleFactory()
    assert total("changed=today") == 1

    with time_machine.travel(timezone.now() + timedelta(days=1), tick=False):
        assert total("changed=today") == 0
        assert total("changed=week") == 1


def test_a_domain_that_took_the_name_of_another_is_counted_by_it(own_database):
    with acting(system("test")):
        sales, spare = DomainFactory(name="Sales"), DomainFactory(name="Spare")
        CapsuleFactory(domain=sales)
    assert total("domain=Sales") == 1

    with acting(system("test")):
        Domain.objects.filter(pk=sales.pk).update(name="Commerce")
        Domain.objects.filter(pk=spare.pk).update(name="Sales")

    assert total("domain=Sales") == 0
    assert total("domain=Commerce") == 1

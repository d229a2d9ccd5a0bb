from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from django.contrib.auth import get_user_model
from django.db.models import F, Q
from django.test import RequestFactory

from apps.ui import paging


@dataclass(frozen=True)
class Run:
    name: str
    rows: int | None


RUNS = [Run("b", 2), Run("a", 1), Run("e", None), Run("c", 2), Run("d", 9)]


def asked(url="/runs/"):
    return RequestFactory().get(url)


def walk(source, order, size, direction="next", start="/runs/"):
    """The rows of every page, following the links from the first page on."""
    url, pages = start, []
    while url:
        page = paging.page(source, asked(url), order=order, size=size)
        pages.append(page)
        url = getattr(page, direction)
    return pages


def test_a_short_list_has_no_neighbours():
    page = paging.page(RUNS, asked(), size=10)

    assert list(page) == RUNS
    assert (page.first, page.last, page.total) == (1, 5, 5)
    assert (page.next, page.previous) == ("", "")


def test_an_empty_list_is_a_page_without_rows():
    page = paging.page([], asked())

    assert not page
    assert (page.first, page.last, page.total) == (0, 0, 0)


def test_pages_follow_each_other_without_a_gap():
    pages = walk(RUNS, ("name",), 2)

    assert [run.name for page in pages for run in page] == list("abcde")
    assert [(page.first, page.last) for page in pages] == [(1, 2), (3, 4), (5, 5)]


def test_unknown_values_come_last_in_both_directions():
    up = walk(RUNS, ("rows", "name"), 2)
    down = walk(RUNS, ("-rows", "name"), 2)

    assert [run.name for page in up for run in page] == ["a", "b", "c", "d", "e"]
    assert [run.name for page in down for run in page] == ["d", "b", "c", "a", "e"]


def test_the_way_back_shows_the_same_pages():
    forth = walk(RUNS, ("-rows", "name"), 2)
    last = forth[-2].next

    back = walk(RUNS, ("-rows", "name"), 2, "previous", start=last)

    # The first page is whole again, whatever the way back began with.
    assert back[0].rows == forth[-1].rows
    assert back[-1].rows == forth[0].rows
    assert (back[-1].first, back[-1].previous) == (1, "")


def test_the_rest_of_the_query_stays_in_the_links():
    page = paging.page(RUNS, asked("/runs/?domain=finance&empty="), size=2)

    assert page.next.startswith("/runs/?after=")
    assert page.next.endswith("&domain=finance")


@pytest.mark.parametrize("damage", ["x", "!!!", "W10.00000000", "eyJ4IjoxfQ.0", "%00", "1" * 5000])
def test_a_damaged_key_is_told_and_the_list_still_shown(damage):
    page = paging.page(RUNS, asked(f"/runs/?after={damage}"), order=("name",), size=2)

    assert "damaged" in page.error
    assert [run.name for run in page] == ["a", "b"]


def test_a_key_of_another_order_is_not_taken():
    link = paging.page(RUNS, asked(), order=("name",), size=2).next

    page = paging.page(RUNS, asked(link), order=("-rows",), size=2)

    assert page.error


def test_counting_stops_at_the_cap():
    page = paging.page(RUNS, asked(), size=2, cap=3)

    assert (page.total, page.capped) == (3, True)
    assert paging.page(RUNS, asked(), size=2, count=False).total is None


@pytest.mark.parametrize(
    "value",
    [
        None,
        "Größe, “x”",
        -3,
        1.1,
        True,
        Decimal("10.50"),
        date(2026, 3, 1),
        datetime(2026, 3, 1, 14, 0, 0, 123456, tzinfo=UTC),
        UUID("9e0b4c1d-0000-4000-8000-000000000001"),
        timedelta(days=2, microseconds=5),
    ],
)
def test_every_kind_of_value_survives_the_journey_through_a_url(value):
    class Order:
        name = "x"

        def key(self, row):
            return [row]

        def read(self, values):
            return values

    values, position = paging.decode(Order(), paging.encode(Order(), value, 7))

    assert position == 7
    assert str(values[0]) == str(value) or datetime.fromisoformat(values[0]) == value


User = get_user_model()


@pytest.fixture
def people(db):
    """Seven people; some never signed in, two at the same moment."""
    noon = datetime(2026, 11, 23, 12, 0, 0, 250_000, tzinfo=UTC)
    seen = [noon, None, noon - timedelta(days=1), noon, None, noon + timedelta(microseconds=1), noon]
    for number, last_login in enumerate(seen):
        User.objects.create(username=f"p{number}", last_login=last_login)
    return User.objects.filter(username__startswith="p")


@pytest.mark.django_db
@pytest.mark.parametrize("size", [1, 2, 3, 6, 7])
@pytest.mark.parametrize(
    "order", [("-last_login", "username"), ("last_login", "-username"), ("-username",), ("-last_login",)]
)
def test_a_queryset_pages_as_its_whole_order_says(people, order, size):
    expressions = [
        (F(name[1:]).desc(nulls_last=True) if name.startswith("-") else F(name).asc(nulls_last=True))
        for name in order
    ]
    whole = list(people.order_by(*expressions, "pk"))

    forth = walk(people, order, size)
    back = walk(people, order, size, "previous", start=forth[-2].next if len(forth) > 1 else "/runs/")

    assert [person for page in forth for person in page] == whole
    assert back[-1].rows == whole[:size]
    assert forth[0].total == 7


@pytest.mark.django_db
def test_a_row_that_appears_meanwhile_moves_nobody(people):
    first = paging.page(people, asked(), order=("username",), size=3)
    User.objects.create(username="p0-new")

    second = paging.page(people, asked(first.next), order=("username",), size=3)

    assert [person.username for person in second] == ["p3", "p4", "p5"]


@pytest.mark.django_db
def test_an_annotation_can_be_the_order(people):
    counted = people.annotate(late=Q(last_login__isnull=False))

    pages = walk(counted, ("-late", "username"), 2)

    assert [person.username for page in pages for person in page] == [
        "p0",
        "p2",
        "p3",
        "p5",
        "p6",
        "p1",
        "p4",
    ]


@pytest.mark.django_db
def test_a_page_costs_two_queries(people, django_assert_num_queries):
    with django_assert_num_queries(2):
        paging.page(people, asked(), order=("username",), size=3)
    with django_assert_num_queries(1):
        paging.page(people, asked(), order=("username",), size=50)


@pytest.mark.django_db
def test_a_key_with_a_foreign_value_is_damaged(people):
    class Forged:
        name = "last_login,pk"

        def key(self, row):
            return row

    key = paging.encode(Forged(), ["yesterday", "x"], 1)

    page = paging.page(people, asked(f"/?after={key}"), order=("last_login",), size=2)

    assert page.error
    assert len(page) == 2


def test_a_page_is_only_what_it_says():
    page = paging.Page(rows=[1])

    assert len(page) == 1
    assert replace(page, rows=[]).rows == []
